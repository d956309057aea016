import type { ClientOptions } from '../options.ts';
import { endpointOf, socketUrl } from './endpoint.ts';
import type { SessionMemory } from './memory.ts';

/** The addresses in `host` and `hosts`. An unset variable may be null: as one it would mean the default service, which gets the password. */
export function hostsOf({ host, hosts }: ClientOptions): readonly string[] {
  const all: unknown[] = [host, ...(Array.isArray(hosts) ? (hosts as unknown[]) : [])];
  return all.filter((each): each is string => typeof each === 'string' && each !== '');
}

/** The hosts where the session may be (`host` and `hosts`), and the one where it is. */
export class Hosts {
  readonly #options: ClientOptions;
  readonly #memory: SessionMemory;
  #index = 0;
  #avoidLast = false;
  #canaryReached = false;
  #detour: string | undefined;

  constructor(options: ClientOptions, memory: SessionMemory) {
    this.#options = options;
    this.#memory = memory;
  }

  /** The options, with the host that is in use. */
  get current(): ClientOptions {
    const hosts = this.#detour ? [this.#detour] : this.#all;
    const host = hosts[this.#index % hosts.length];
    return host ? { ...this.#options, host } : this.#options;
  }

  get #all(): readonly string[] {
    return hostsOf(this.#options);
  }

  /** The URL of the next socket. @throws TypeError when the options make none */
  get url(): string {
    return socketUrl(this.current, {
      voiceSdkId: this.#memory.voiceSdkId,
      avoidLast: this.#avoidLast,
      canaryReached: this.#canaryReached,
    });
  }

  /** A connection begins: at the first host. @throws TypeError that names the first address that is none */
  begin(): void {
    this.#index = 0;
    const all = this.#all;
    for (const host of all) {
      endpointOf({ ...this.#options, host });
    }
    if (all.length === 0) {
      endpointOf(this.#options);
    }
  }

  /** Where the session was before the page was reloaded. */
  prefer(host: string | undefined): void {
    this.#index = Math.max(host === undefined ? -1 : this.#all.indexOf(host), 0);
  }

  /** The host in use is down. */
  next(): void {
    this.#index++;
  }

  /** The gateway registered the user. */
  registered(): void {
    this.#canaryReached = true;
    this.#avoidLast = false;
  }

  /** The gateway behind the front end failed: it is asked for another one. */
  failed(): void {
    this.#avoidLast = true;
  }

  /** For `client.simulate()`: the host that stands in for all; undefined: none does. */
  divert(host: string | undefined): void {
    this.#detour = host;
  }
}
