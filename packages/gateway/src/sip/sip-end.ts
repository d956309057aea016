import type { Codec, RtpTransport } from '../media/media-plane.ts';
import type { Endpoint } from './core/flow.ts';

/** Servers that stand in for each other. */
export interface StandIns {
  /** Whether there is another one. */
  readonly hasSpare: boolean;
  /** The one in use; null before the first. */
  readonly place: Endpoint | null;
  /** A server does not do its work. */
  failover(place: Endpoint, why: string): void;
  /** A server says for how long nothing more should be sent to it; `retryAfter` as it stands in its answer. */
  rest(place: Endpoint, retryAfter: string | undefined): void;
  /** Calls back once, in a task of its own at the earliest, when one works. Returns its undo. */
  onceUp(listener: () => void): () => void;
}

/** Who is at the other end of calls by SIP, as the calls floor needs to know it: a trunk, or a device of a user. */
export interface SipEnd {
  readonly kind: 'trunk' | 'device';
  readonly user: string;
  readonly displayName: string;
  readonly address: string;
  /** Undefined: as many as every user. */
  readonly callsAtOnce: number | undefined;
  /** Codecs that it may be offered, best first. */
  readonly codecs: readonly Codec[];
  readonly rtp: RtpTransport;
  /** What we offer to it is a browser's, by ICE and DTLS, and not by RTP. Its own offers are answered as they come. */
  readonly isWebRtc: boolean;
  /** Null: there is this one way. */
  readonly standIns: StandIns | null;
}
