import type { IClientOptions } from '../options.ts';
import type { SignalingContext } from './context.ts';
import { socketUrl } from './endpoint.ts';
import type { SessionMemory } from './memory.ts';

/** Where the session is, of the places where it may be. */
export class Place {
  readonly #context: SignalingContext;
  readonly #memory: SessionMemory;
  #index = 0;
  /** After a gateway failure: ask the front end for another back end. */
  avoidLast = false;
  canaryReached = false;
  /** For `client.simulate()`: the host that stands in for all. */
  detour: string | undefined;

  constructor(context: SignalingContext, memory: SessionMemory) {
    this.#context = context;
    this.#memory = memory;
  }

  /** The options, with the host that is in use. */
  get options(): IClientOptions {
    const options = this.#context.options();
    const hosts = this.detour ? [this.detour] : this.#hosts;
    return hosts.length ? { ...options, host: hosts[this.#index % hosts.length] } : options;
  }

  get #hosts(): (string | undefined)[] {
    const { host, hosts = [] } = this.#context.options();
    return [host, ...hosts].filter((each) => each);
  }

  /** @throws TypeError when the options make no URL */
  get url(): string {
    const { avoidLast, canaryReached } = this;
    const { voiceSdkId } = this.#memory;
    return socketUrl(this.options, { voiceSdkId, avoidLast, canaryReached });
  }

  /** Where the session was before the page was reloaded. */
  prefer(host: string | undefined): void {
    this.#index = Math.max(this.#hosts.indexOf(host), 0);
  }

  first(): void {
    this.#index = 0;
  }

  /** This one is down. */
  next(): void {
    this.#index++;
  }
}
