import type { SignalingPort } from './calls/ports.ts';
import type { Callback } from './options.ts';

/** What was published on a channel, as it stood on the wire. */
export interface ChannelEvent {
  eventChannel?: string | undefined;
  data?: unknown;
  eventSerno?: number | undefined;
  eventType?: string | undefined;
  [more: string]: unknown;
}
export type ChannelHandler = (event: ChannelEvent) => void;

export interface SubscribeResult {
  subscribedChannels?: readonly string[] | undefined;
  alreadySubscribedChannels?: readonly string[] | undefined;
  unauthorizedChannels?: readonly string[] | undefined;
}
export interface UnsubscribeResult {
  unsubscribedChannels?: readonly string[] | undefined;
  notSubscribedChannels?: readonly string[] | undefined;
}

export interface SubscribeParams {
  channels?: string[];
  handler?: Callback<ChannelHandler>;
  protocol?: string;
  nodeId?: string;
}

export interface BroadcastParams {
  channel?: string;
  data?: object;
  protocol?: string;
  nodeId?: string;
}

/** The gateway's event channels (wire spec 8.13, 8.14). A subscription lives as long as its socket. Loaded when first used. */
export class Channels {
  readonly #signaling: SignalingPort;
  readonly #report: (error: unknown) => void;
  /** `client.subscriptions`. */
  readonly subscriptions: Record<string, ChannelHandler> = {};

  constructor(signaling: SignalingPort, report: (error: unknown) => void) {
    this.#signaling = signaling;
    this.#report = report;
  }

  /** Asks for those that are new. Resolves with what the gateway granted; `{}` when there was nothing to ask. */
  async subscribe({ channels = [], handler }: SubscribeParams): Promise<SubscribeResult> {
    const wanted = channels.filter((channel) => !Object.hasOwn(this.subscriptions, channel));
    if (!wanted.length) return {};
    const result = await this.#signaling.request('subscribe', { eventChannel: wanted });
    const refused = result.unauthorizedChannels ?? [];
    for (const channel of wanted) {
      if (!refused.includes(channel)) {
        this.subscriptions[channel] = (handler as ChannelHandler | undefined) ?? (() => undefined);
      }
    }
    return result;
  }

  async unsubscribe({ channels = [] }: SubscribeParams): Promise<UnsubscribeResult> {
    const known = channels.filter((channel) => Object.hasOwn(this.subscriptions, channel));
    if (!known.length) return {};
    for (const channel of known) Reflect.deleteProperty(this.subscriptions, channel);
    return this.#signaling.request('unsubscribe', { eventChannel: known });
  }

  /** True when somebody subscribed to this channel, or to the part of its name before the first dot. */
  deliver(event: ChannelEvent): boolean {
    const name = event.eventChannel ?? '';
    const handler = [name, name.split('.', 1)[0] ?? '']
      .filter((channel) => Object.hasOwn(this.subscriptions, channel))
      .map((channel) => this.subscriptions[channel])[0];
    if (!handler) return false;
    try {
      handler(event);
    } catch (error) {
      this.#report(error);
    }
    return true;
  }

  /** The socket is gone, and with it what the gateway knew. */
  clear(): void {
    for (const channel of Object.keys(this.subscriptions)) {
      Reflect.deleteProperty(this.subscriptions, channel);
    }
  }
}
