import type { IceServer } from '@offhook/protocol';

const LIFE_MS = 12 * 3_600_000;
const LEAD_MS = 600_000;

/** The gateway's ICE servers, and when their credentials end. */
export class GatewayIceServers {
  #list: RTCIceServer[] | null = null;
  #expiresAt = 0;

  get list(): RTCIceServer[] | null {
    return this.#list;
  }

  take(list: readonly IceServer[] | undefined, now: number): void {
    if (!list) return;
    this.#list = list.map((server) => ({ ...server }));
    // TURN REST user names begin with their end in seconds (`1767225600:alice`).
    const ends = list
      .map(({ username }) => Number(/^(\d{9,11})(:|$)/.exec(username ?? '')?.[1]) * 1000)
      .filter((end) => end > now);
    this.#expiresAt = Math.min(now + LIFE_MS, ...ends);
  }

  /** Less than 10 minutes are left. */
  stale(now: number): boolean {
    return this.#list !== null && this.#expiresAt - now < LEAD_MS;
  }

  clear(): void {
    this.#list = null;
  }
}
