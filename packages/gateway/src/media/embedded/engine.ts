import { MediaError } from '../media-plane.ts';
import type { MediaEvent, MediaLegRef, RtpTransport } from '../media-plane.ts';
import type { EngineContext } from './context.ts';
import { BrowserLeg } from './browser-leg.ts';
import type { Leg, LegHandlers } from './leg.ts';
import type { Request, Verb, Verbs } from './messages.ts';
import { RtpLeg } from './rtp-leg/rtp-leg.ts';
import type { RtpPorts } from './rtp-leg/rtp-ports.ts';
import { DEFAULT_OPUS_PARAMETERS, passableOpusParameters } from './sdp/write.ts';
import { Ticker } from './ticker.ts';

type Handlers = { readonly [V in Verb]: (request: Verbs[V]['request']) => Verbs[V]['result'] };

/** The verbs of the media plane over the legs of one worker. Every verb is done when it returns. */
export class MediaEngine {
  readonly #context: EngineContext;
  readonly #emit: (event: MediaEvent) => void;
  readonly #legs = new Map<string, Leg>();
  readonly #calls = new Map<string, Set<Leg>>();
  readonly #ticker: Ticker;
  readonly #handlers: Handlers;
  /** For the leg that the request at hand makes. */
  #ports: RtpPorts | null = null;

  constructor(context: EngineContext, emit: (event: MediaEvent) => void) {
    this.#context = context;
    this.#emit = emit;
    this.#ticker = new Ticker((now) => {
      for (const leg of this.#legs.values()) {
        try {
          leg.tick(now);
        } catch (error) {
          this.#fail(leg, error);
        }
      }
    });
    this.#handlers = {
      offer: ({ sdp, codecs, rtp, ...ref }) => {
        const made = this.#open(ref, rtp);
        try {
          const answer = made.leg.offer(sdp, codecs);
          const codec = made.leg.codec ?? 'opus';
          return { ...answer, codec };
        } catch (error) {
          if (made.isNew) {
            this.#close(made.leg);
          }
          throw error;
        }
      },
      createOffer: ({ codecs, replacePeer, rtp, ...ref }) => {
        const { leg } = this.#open(ref, rtp);
        return { sdp: leg.createOffer(codecs, replacePeer === true) };
      },
      answer: ({ sdp, ...ref }) => {
        const leg = this.#leg(ref.call, ref.leg);
        leg.answer(sdp);
        return { codec: leg.codec ?? 'opus' };
      },
      sendDigits: ({ digits, ...ref }) => {
        this.#leg(ref.call, ref.leg).sendDigits(digits);
        return null;
      },
      // The party finds us; where it is, its checks say (IceAgent).
      candidate: ({ call, leg }) => {
        this.#leg(call, leg);
        return null;
      },
      connect: ({ call, a, b }) => {
        this.#connect(this.#leg(call, a), this.#leg(call, b));
        return null;
      },
      play: ({ source, ...ref }) => {
        const leg = this.#leg(ref.call, ref.leg);
        const { far } = leg;
        leg.play(source);
        far?.forget(leg);
        return null;
      },
      speak: ({ call, leg, ...speech }) => {
        this.#leg(call, leg).voice.speak(speech);
        return null;
      },
      hush: ({ call, leg }) => {
        this.#leg(call, leg).voice.hush();
        return null;
      },
      hold: ({ on, ...ref }) => {
        this.#leg(ref.call, ref.leg).hold(on);
        return null;
      },
      delete: ({ call, leg }) => {
        for (const known of [...(this.#calls.get(call) ?? [])]) {
          if (leg === undefined || known.ref.leg === leg) {
            this.#close(known);
          }
        }
        return null;
      },
      query: ({ call }) => [...(this.#calls.get(call) ?? [])].map((leg) => leg.stats()),
    };
  }

  /** Whether a request makes a leg that needs ports of its own, and our address on the way to its party then. */
  needsPorts({ verb, request }: Request): string | null {
    if ((verb !== 'offer' && verb !== 'createOffer') || this.#legs.has(request.leg)) {
      return null;
    }
    return request.rtp?.localAddress ?? null;
  }

  /**
   * @param ports for a request that {@link needsPorts}; closed with the leg, or at once when there is none
   * @throws MediaError
   */
  run(request: Request, ports: RtpPorts | null = null): unknown {
    this.#ports = ports;
    try {
      const handler = this.#handlers[request.verb] as (request: Request['request']) => unknown;
      return handler(request.request);
    } finally {
      this.#ports?.close();
      this.#ports = null;
    }
  }

  get legCount(): number {
    return this.#legs.size;
  }

  close(): void {
    for (const leg of [...this.#legs.values()]) {
      this.#close(leg);
    }
    this.#ticker.stop();
  }

  #leg(call: string, id: string): Leg {
    const leg = this.#legs.get(id);
    if (leg?.ref.call !== call) {
      throw new MediaError('unknown_leg', 'There is no such leg.');
    }
    return leg;
  }

  #open(ref: MediaLegRef, rtp: RtpTransport | undefined): { leg: Leg; isNew: boolean } {
    const known = this.#legs.get(ref.leg);
    if (known) {
      return { leg: this.#leg(ref.call, ref.leg), isNew: false };
    }
    const handlers: LegHandlers = {
      state: ({ ref: { call, leg: id } }, state) => {
        this.#emit({ type: 'state', call, leg: id, state });
      },
      digit: ({ ref: { call, leg: id } }, digit) => {
        this.#emit({ type: 'dtmf', call, leg: id, digit });
      },
      voice: ({ ref: { call, leg: id } }, voice) => {
        this.#emit({ type: 'voice', call, leg: id, voice });
      },
      failed: (failed, error) => {
        this.#fail(failed, error);
      },
      opusParameters: (asking) => this.#opusParameters(asking),
    };
    const leg = rtp
      ? new RtpLeg(this.#context, ref, handlers, rtp, this.#takePorts())
      : new BrowserLeg(this.#context, ref, handlers);
    this.#legs.set(ref.leg, leg);
    const call = this.#calls.get(ref.call) ?? new Set();
    this.#calls.set(ref.call, call.add(leg));
    this.#ticker.start();
    return { leg, isNew: true };
  }

  #takePorts(): RtpPorts {
    const ports = this.#ports;
    this.#ports = null;
    if (!ports) {
      throw new MediaError('no_capacity', 'No ports were opened for this leg.');
    }
    return ports;
  }

  #connect(a: Leg, b: Leg): void {
    if (a === b) {
      throw new MediaError('wrong_state', 'A leg cannot be connected to itself.');
    }
    const former = [a.far, b.far];
    a.connect(b);
    b.connect(a);
    former[0]?.forget(a);
    former[1]?.forget(b);
  }

  #opusParameters(asking: Leg): string {
    for (const leg of this.#calls.get(asking.ref.call) ?? []) {
      if (leg !== asking && leg.wishes !== undefined) {
        return passableOpusParameters(leg.wishes);
      }
    }
    return DEFAULT_OPUS_PARAMETERS;
  }

  /** A fault of ours costs the leg that it came up in; the other legs of the thread go on. */
  #fail(leg: Leg, error: unknown): void {
    const { call, leg: id } = leg.ref;
    if (this.#legs.get(id) !== leg) {
      return;
    }
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#emit({ type: 'lost', call, leg: id, cause });
    try {
      this.#close(leg);
    } catch {
      // What throws at its end as well is forgotten all the same.
    }
  }

  #close(leg: Leg): void {
    this.#legs.delete(leg.ref.leg);
    const call = this.#calls.get(leg.ref.call);
    call?.delete(leg);
    if (call?.size === 0) {
      this.#calls.delete(leg.ref.call);
    }
    if (this.#legs.size === 0) {
      this.#ticker.stop();
    }
    for (const other of call ?? []) {
      other.forget(leg);
    }
    leg.close();
  }
}
