import type { MediaEvent } from '../../media-plane.ts';
import type { EngineContext, Thresholds } from '../context.ts';
import { createCertificate } from '../dtls/certificate.ts';
import { MediaEngine } from '../engine.ts';
import { LEG_LIMITS, RefusalCounts } from '../leg-limits.ts';
import type { LegLimitOptions } from '../leg-limits.ts';
import type { Request, Verb, Verbs } from '../messages.ts';
import { IceHub } from '../net/ice-hub.ts';
import { MediaSockets } from '../sockets.ts';
import { loadSounds } from '../sounds/sound-bank.ts';

export const THRESHOLDS: Thresholds = { disconnectedMs: 5_000, failedMs: 30_000, fillMs: 500 };

/** What a worker holds, in this thread, so that a test can look inside and damage its packets. */
export class LocalEngine {
  readonly events: MediaEvent[] = [];
  readonly logs: string[] = [];
  readonly hub = new IceHub();
  readonly refusals = new RefusalCounts();
  /** What the engine shares; there once it started. */
  context!: EngineContext;
  /** Whether a datagram is lost, either way; `to`: the party's port, for one that we send. */
  drop: (data: Buffer, to?: number) => boolean = () => false;
  #engine: MediaEngine | null = null;
  #sockets: MediaSockets | null = null;
  #nextId = 1;

  static async start(
    thresholds: Partial<Thresholds> = {},
    limits: Partial<LegLimitOptions> = {},
  ): Promise<LocalEngine> {
    const local = new LocalEngine();
    await local.#start({ ...THRESHOLDS, ...thresholds }, { ...LEG_LIMITS, ...limits });
    return local;
  }

  async #start(thresholds: Thresholds, limits: LegLimitOptions): Promise<void> {
    const settings = {
      place: 0,
      reach: { own: ['127.0.0.1'], public: [], tcp: null },
      mustBindAll: true,
      localOnly: false,
      relayToken: Buffer.alloc(0),
      ports: [0],
      thresholds,
      limits,
    };
    const sockets = await MediaSockets.open(this.hub, settings, {
      datagram: (socket, data, from, key) => {
        if (!this.drop(data)) {
          this.hub.datagram(socket, data, from, key);
        }
      },
      trouble: (message) => this.logs.push(message),
      unsent: () => {
        this.refusals.add('unsent');
      },
    });
    this.#sockets = sockets;
    for (const socket of this.hub.sockets) {
      const send = socket.send.bind(socket);
      socket.send = (data, port, address) => {
        if (!this.drop(data, port)) {
          send(data, port, address);
        }
      };
    }
    this.context = {
      hub: this.hub,
      certificate: createCertificate(),
      candidates: () => sockets.candidates,
      sounds: loadSounds(),
      thresholds,
      limits,
      refusals: this.refusals,
      cname: 'test',
      log: (message: string) => this.logs.push(message),
    };
    this.#engine = new MediaEngine(this.context, (event) => this.events.push(event));
  }

  get legCount(): number {
    return this.#engine?.legCount ?? 0;
  }

  run<V extends Verb>(verb: V, request: Verbs[V]['request']): Verbs[V]['result'] {
    const id = this.#nextId++;
    const message = { type: 'request', id, verb, request } as Request;
    return this.#engine?.run(message) as Verbs[V]['result'];
  }

  states(leg: string): string[] {
    return this.events.flatMap((event) =>
      event.type === 'state' && event.leg === leg ? [event.state] : [],
    );
  }

  async close(): Promise<void> {
    this.#engine?.close();
    this.hub.close();
    await this.#sockets?.close();
  }
}
