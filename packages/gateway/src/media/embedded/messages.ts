import type {
  Codec,
  LegSource,
  LegStats,
  LocalAnswer,
  LocalOfferRequest,
  MediaErrorCode,
  MediaEvent,
  MediaLegRef,
  RemoteCandidate,
  RemoteOffer,
  Speech,
} from '../media-plane.ts';
import type { Thresholds } from './context.ts';
import type { LegLimitOptions, Refusals } from './leg-limits.ts';
import type { Reach } from './reach.ts';

/** What the plane's thread and a worker say to each other. Plain data: it is cloned on the way. */

export interface WorkerSettings {
  /** Which of the media threads it is. */
  readonly place: number;
  /** Where it is reached, to begin with. */
  readonly reach: Reach;
  /** An address that is not there is an error; else it is left out until it comes. */
  readonly mustBindAll: boolean;
  /** Only what comes from our own addresses is looked at. */
  readonly localOnly: boolean;
  /** What the process that carries media over TCP is known by. */
  readonly relayToken: Uint8Array;
  /** UDP ports to try, in this order; `[0]` lets the system choose. */
  readonly ports: readonly number[];
  readonly thresholds: Thresholds;
  readonly limits: LegLimitOptions;
}

/** The verbs of the media plane, as they reach a worker, with what they answer. */
export interface Verbs {
  offer: { request: RemoteOffer; result: LocalAnswer };
  createOffer: { request: LocalOfferRequest; result: { readonly sdp: string } };
  answer: {
    request: MediaLegRef & { readonly sdp: string };
    result: { readonly codec: Codec };
  };
  sendDigits: { request: MediaLegRef & { readonly digits: string }; result: null };
  candidate: { request: MediaLegRef & { readonly candidate: RemoteCandidate }; result: null };
  connect: {
    request: { readonly call: string; readonly a: string; readonly b: string };
    result: null;
  };
  play: { request: MediaLegRef & { readonly source: LegSource | null }; result: null };
  speak: { request: Speech; result: null };
  hush: { request: MediaLegRef; result: null };
  hold: { request: MediaLegRef & { readonly on: boolean }; result: null };
  delete: { request: { readonly call: string; readonly leg?: string }; result: null };
  query: { request: { readonly call: string }; result: readonly LegStats[] };
}
export type Verb = keyof Verbs;

export type Request = {
  [V in Verb]: {
    readonly type: 'request';
    readonly id: number;
    readonly verb: V;
    readonly request: Verbs[V]['request'];
  };
}[Verb];

export type ToWorker =
  | Request
  /** Does the thread live? It answers with a beat. */
  | { readonly type: 'ask' }
  /** Where it is reached from now on; comes again and again, so that what failed is tried again. */
  | { readonly type: 'reach'; readonly reach: Reach }
  | { readonly type: 'close' };

export type FromWorker =
  /** `ports`: `192.0.2.7 20000`. `relayPort`: its loopback UDP port for the process that carries media over TCP. */
  | { readonly type: 'ready'; readonly ports: readonly string[]; readonly relayPort: number }
  /** The worker cannot start, and says why. */
  | { readonly type: 'unusable'; readonly message: string }
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | {
      readonly type: 'error';
      readonly id: number;
      readonly code: MediaErrorCode;
      readonly message: string;
    }
  | { readonly type: 'event'; readonly event: MediaEvent }
  /** Every second: the thread lives. `lagMs`: how late its event loop was on average; what its limits refused since the last beat. */
  | { readonly type: 'beat'; readonly lagMs: number; readonly refusals: Refusals | null }
  | { readonly type: 'log'; readonly level: 'info' | 'error'; readonly message: string };
