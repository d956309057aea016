import type { SignalingPort } from '../calls/ports.ts';
import type { Callback } from '../options.ts';

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

/** The gateway's event channels (wire spec 8.13, 8.14). A subscription lives as long as its socket. */
export class Channels {
  readonly #signaling: Pick<SignalingPort, 'request'>;
  readonly #report: (error: unknown) => void;
  /** `client.subscriptions`. */
  readonly subscriptions: Record<string, ChannelHandler> = {};

  constructor(signaling: Pick<SignalingPort, 'request'>, report: (error: unknown) => void) {
    this.#signaling = signaling;
    this.#report = report;
  }

  /** Asks for those that are new. Resolves with what the gateway granted; `{}` when there was nothing to ask. */
  async subscribe(params: SubscribeParams | null | undefined): Promise<SubscribeResult> {
    const { handler } = params ?? {};
    const wanted = namesIn(params).filter((channel) => !Object.hasOwn(this.subscriptions, channel));
    if (!wanted.length) {
      return {};
    }
    const result = await this.#signaling.request('subscribe', { eventChannel: wanted });
    const refused = result.unauthorizedChannels ?? [];
    for (const channel of wanted) {
      if (!refused.includes(channel)) {
        this.subscriptions[channel] =
          typeof handler === 'function' ? (handler as ChannelHandler) : () => undefined;
      }
    }
    return result;
  }

  async unsubscribe(params: SubscribeParams | null | undefined): Promise<UnsubscribeResult> {
    const known = namesIn(params).filter((channel) => Object.hasOwn(this.subscriptions, channel));
    if (!known.length) {
      return {};
    }
    for (const channel of known) {
      Reflect.deleteProperty(this.subscriptions, channel);
    }
    return this.#signaling.request('unsubscribe', { eventChannel: known });
  }

  /** To everybody who subscribed to the channel. What goes wrong is reported. */
  broadcast(params: BroadcastParams | null | undefined): void {
    const { channel, data } = params ?? {};
    if (typeof channel !== 'string' || !channel) {
      this.#report(new TypeError('broadcast() needs a channel'));
      return;
    }
    this.#signaling.request('broadcast', { eventChannel: channel, data }).catch(this.#report);
  }

  /** True when somebody subscribed to this channel, or to the part of its name before the first dot. */
  deliver(event: ChannelEvent): boolean {
    const name = event.eventChannel ?? '';
    const handler = [name, name.split('.', 1)[0] ?? '']
      .filter((channel) => Object.hasOwn(this.subscriptions, channel))
      .map((channel) => this.subscriptions[channel])[0];
    if (!handler) {
      return false;
    }
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

function namesIn(params: SubscribeParams | null | undefined): readonly string[] {
  const channels: unknown = params?.channels;
  return Array.isArray(channels) ? channels.filter((name) => typeof name === 'string') : [];
}
