import { LocalEngine } from '../../packages/gateway/src/media/embedded/testing/local-engine.ts';
import type { MediaFloor } from './floor.ts';

const MOST_DELAYS = 200_000;

/** The gateway's media engine in this thread, driven directly. */
export class EngineFloor implements MediaFloor {
  readonly #engine: LocalEngine;
  #delays: number[] = [];
  #receivedAt = 0;

  static async start(): Promise<EngineFloor> {
    return new EngineFloor(await LocalEngine.start());
  }

  private constructor(engine: LocalEngine) {
    this.#engine = engine;
    const hub = engine.hub;
    const datagram = hub.datagram.bind(hub);
    hub.datagram = (...args) => {
      this.#receivedAt = performance.now();
      datagram(...args);
      this.#receivedAt = 0;
    };
    // Asked for every packet on its way in and out; what leaves while one is looked at is that one.
    engine.drop = (data) => {
      const first = data[0] ?? 0;
      const type = (data[1] ?? 0) & 0x7f;
      const isRtp = first >= 128 && first < 192 && (type < 64 || type > 95);
      if (isRtp && this.#receivedAt > 0 && this.#delays.length < MOST_DELAYS) {
        this.#delays.push(performance.now() - this.#receivedAt);
      }
      return false;
    };
  }

  begin(call: string, sdp: string): Promise<{ answer: string; offer: string }> {
    const { sdp: answer, codec } = this.#engine.run('offer', { call, leg: `${call}-a`, sdp });
    const offer = this.#engine.run('createOffer', { call, leg: `${call}-b`, codecs: [codec] });
    return Promise.resolve({ answer, offer: offer.sdp });
  }

  join(call: string, sdp: string): Promise<void> {
    this.#engine.run('answer', { call, leg: `${call}-b`, sdp });
    this.#engine.run('connect', { call, a: `${call}-a`, b: `${call}-b` });
    return Promise.resolve();
  }

  end(call: string): Promise<void> {
    this.#engine.run('delete', { call });
    return Promise.resolve();
  }

  delays(): number[] {
    const delays = this.#delays;
    this.#delays = [];
    return delays;
  }
}
