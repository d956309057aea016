/**
 * The seam between signalling and media.
 *
 * A leg is one party's media session: one peer connection that ends here, never at the other party. The verbs are shaped
 * as rtpengine's (`offer`, `answer`, `delete`, `query`), so that a pool of daemons can stand in for the embedded plane.
 * Every method settles; a failure is a {@link MediaError} with a code. Legs are named by the caller (`LegId`, unique for
 * the life of the plane); a leg belongs to exactly one call (`CallId`), for statistics and clean-up.
 */
import type { Socket } from 'node:net';

export type LegId = string;
export type MediaCallId = string;

/** Codecs that the plane passes through. One codec a call (design decision "Identity"). */
export type Codec = 'opus' | 'PCMU' | 'PCMA';

export interface MediaLegRef {
  readonly call: MediaCallId;
  readonly leg: LegId;
}

/**
 * A party that is reached by plain RTP at the address that its description names, not by ICE and DTLS: a phone, a trunk. Given with a
 * leg's first description.
 */
export interface RtpTransport {
  /** Our address on the way to the party. */
  readonly localAddress: string;
  /** What descriptions name in its place: behind a one-to-one NAT. */
  readonly publicAddress?: string | undefined;
  /** Our offers ask for SRTP with keys in the descriptions (RFC 4568). Offers of the party are answered as they are made. */
  readonly srtp: boolean;
  /** Who sends from another address than the party names, within the first seconds, is taken for it. */
  readonly latch: boolean;
  /** With `latch`: only who sends from there, where the party signs in from. Default: anybody. */
  readonly latchFrom?: string | undefined;
  /** Digits as events in the audio (RFC 4733). */
  readonly events: boolean;
}

/** The remote party offers: a new leg, a re-offer, an ICE restart, or a new page taking over an old leg. */
export interface RemoteOffer extends MediaLegRef {
  readonly sdp: string;
  /**
   * Codecs we may answer with, best first; the first one that the offer holds is taken and kept for the leg.
   * Default: opus, PCMU, PCMA. On a leg that already has a codec this is ignored.
   */
  readonly codecs?: readonly Codec[];
  /** Default: a browser. */
  readonly rtp?: RtpTransport | undefined;
}

export interface LocalAnswer {
  /** Complete: holds all our candidates and an msid stream, so non-trickle clients need nothing more. */
  readonly sdp: string;
  readonly codec: Codec;
  /** True when the offer replaced the peer (new ufrag and fingerprint: another page), false for a re-offer or ICE restart. */
  readonly replacedPeer: boolean;
}

export interface LocalOfferRequest extends MediaLegRef {
  /** The offer holds these (and telephone-event) and nothing else. To a browser the first one alone: the call's. */
  readonly codecs: readonly [Codec, ...Codec[]];
  /** A fresh peer for a leg that exists (attach after a page reload). The old peer is dropped once the new one connects. */
  readonly replacePeer?: boolean;
  /** Default: a browser. */
  readonly rtp?: RtpTransport | undefined;
}

export type LegState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

/** What a leg plays to its party when it is not connected to another leg. `null` sends nothing until something is connected. */
export type LegSource =
  | { readonly kind: 'silence' }
  /** Sends the party's own audio back, unchanged. */
  | { readonly kind: 'echo' }
  /** A continuous tone (destination `tone`): 1000 Hz. */
  | { readonly kind: 'tone' }
  /** Ringback cadence as early media. */
  | { readonly kind: 'ringback' }
  /** Dual tones for the given digits, once, then silence. Digits 0-9, A-D, *, #. */
  | { readonly kind: 'dtmf'; readonly digits: string }
  | VoiceSource;

/** Samples a second of the voices that a plane takes and gives: 16 bits, mono. */
export type VoiceRate = 8_000 | 16_000 | 24_000 | 48_000;

/**
 * Somebody who listens and talks in samples. What the party says comes as `voice` events; what is said to it goes in by `speak`.
 * Silence is sent in between.
 */
export interface VoiceSource {
  readonly kind: 'voice';
  readonly rate: VoiceRate;
  /** The party's voice cuts off what is being said to it, at once. */
  readonly bargeIn: boolean;
  /** A pause of the party that ends its turn, in milliseconds. */
  readonly pauseMs: number;
}

/** A piece of what is said to the party. Pieces may come faster than they are heard; they are paced. */
export interface Speech extends MediaLegRef {
  /** Pieces of one turn have one name. Those of a turn that was cut off are dropped. */
  readonly turn: string;
  readonly pcm: Int16Array;
  /** Samples a second of `pcm`. Default: the voice's. */
  readonly rate?: number;
  /** Nothing follows in this turn. */
  readonly last: boolean;
}

/** Times are epoch milliseconds. */
export type VoiceEvent =
  | { readonly kind: 'heard'; readonly pcm: Int16Array; readonly at: number }
  /** The plane cannot do it: nothing will be heard, and nothing played. */
  | { readonly kind: 'failed' }
  /** The party began to speak or stopped; `at`: its first or last voiced moment, which is earlier than the event. */
  | { readonly kind: 'speech'; readonly on: boolean; readonly at: number }
  /** A turn's first packet left. `sinceSpeechMs`: since the party's last voiced moment, when this is the first thing it hears after that. */
  | {
      readonly kind: 'started';
      readonly turn: string;
      readonly at: number;
      readonly sinceSpeechMs: number | null;
    }
  /** A turn's last packet left, or with `cut` the last one that will. */
  | {
      readonly kind: 'stopped';
      readonly turn: string;
      readonly at: number;
      readonly playedMs: number;
      readonly cut: 'speech' | 'hush' | null;
    };

/** By a receiver report (RFC 3550, 6.4.1). */
export interface FarStats {
  /** Since the beginning. */
  readonly packetsLost: number;
  /** Seconds. */
  readonly jitter: number;
  /** Seconds, to the party and back; null before it answered a report of ours. */
  readonly roundTrip: number | null;
}

export interface LegStats {
  readonly leg: LegId;
  readonly state: LegState;
  readonly codec: Codec | null;
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  /** Estimated from RTP sequence numbers (RFC 3550, A.3). */
  readonly packetsLost: number;
  /** Seconds (RFC 3550, A.8). */
  readonly jitter: number;
  readonly packetsSent: number;
  readonly bytesSent: number;
  /** Milliseconds since the last RTP packet from the party; null before the first. */
  readonly silentForMs: number | null;
  /** What the party's last RTCP report says of what it heard; absent where none came. */
  readonly far?: FarStats;
}

export type MediaEvent =
  | {
      readonly type: 'state';
      readonly call: MediaCallId;
      readonly leg: LegId;
      readonly state: LegState;
    }
  /** An RFC 4733 telephone-event ended. */
  | {
      readonly type: 'dtmf';
      readonly call: MediaCallId;
      readonly leg: LegId;
      readonly digit: string;
    }
  | {
      readonly type: 'voice';
      readonly call: MediaCallId;
      readonly leg: LegId;
      readonly voice: VoiceEvent;
    }
  /** The leg is gone: its worker died, or a fault of ours came up in it. `cause`: of such a fault, for the log. */
  | {
      readonly type: 'lost';
      readonly call: MediaCallId;
      readonly leg: LegId;
      readonly cause?: string;
    };

export type MediaErrorCode =
  /** The SDP does not parse, holds no audio, or breaks a limit. */
  | 'bad_sdp'
  /** No codec in common (cause 88). */
  | 'no_codec'
  | 'unknown_leg'
  /** The verb does not fit the leg's negotiation state (for example an answer without an offer). */
  | 'wrong_state'
  /** No worker, port or memory left (cause 34). */
  | 'no_capacity'
  /** What carried the call's media died or hung while the verb waited; the legs are reported as lost. */
  | 'lost'
  | 'closed';

export class MediaError extends Error {
  readonly code: MediaErrorCode;
  constructor(code: MediaErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MediaError';
    this.code = code;
  }
}

export interface RemoteCandidate {
  /** The attribute's value, `candidate:...`; empty string or null ends the candidates (RFC 8838). */
  readonly candidate: string | null;
  readonly sdpMid?: string | null;
  readonly sdpMLineIndex?: number | null;
}

/** Where parties find the gateway's own TCP port. */
export interface TcpDoor {
  readonly port: number;
  /** Own addresses that it is reached at: those that media is received on, of them the IPv4 ones, or these. Public ones come beside. */
  readonly own: 'all' | 'ipv4' | readonly string[];
}

export interface TcpEntranceCounts {
  /** Connections now. */
  readonly open: number;
  /** Since the start: connections taken and refused, packets dropped for parties that read too slowly. */
  readonly taken: number;
  readonly refused: number;
  readonly dropped: number;
}

/** Media over TCP (ICE, RFC 6544), on a port whose owner tells its connections from others by their first byte. */
export interface TcpEntrance {
  /** From now on descriptions name it. */
  open(door: TcpDoor): void;
  /** @param first what was read from the connection already; nothing more may be read */
  take(socket: Socket, first: Buffer): void;
  counts(): TcpEntranceCounts;
}

export interface MediaPlane {
  /** Absent from a plane that does not do it. */
  readonly tcp?: TcpEntrance;
  start(): Promise<void>;
  /** Ends every leg and worker. Idempotent. */
  close(): Promise<void>;
  /** The party offers; creates the leg when it is new. */
  offer(request: RemoteOffer): Promise<LocalAnswer>;
  /** We offer to the party; creates the leg when it is new. Complete with candidates. */
  createOffer(request: LocalOfferRequest): Promise<{ readonly sdp: string }>;
  /** The party answers our offer; one by RTP may answer twice, after early media. Returns the codec that it chose. */
  answer(request: MediaLegRef & { readonly sdp: string }): Promise<{ readonly codec: Codec }>;
  /** A trickled candidate; may come before or after the description it belongs to. */
  candidate(request: MediaLegRef & { readonly candidate: RemoteCandidate }): Promise<void>;
  /** Joins two legs of one call, both ways. Replaces what either was connected to or playing. */
  connect(call: MediaCallId, a: LegId, b: LegId): Promise<void>;
  /** Connects a leg to a source instead of another leg. */
  play(request: MediaLegRef & { readonly source: LegSource | null }): Promise<void>;
  /** Sends digits as events in the audio. @throws MediaError `wrong_state`: the party takes none, as no browser does */
  sendDigits(request: MediaLegRef & { readonly digits: string }): Promise<void>;
  /** Says more to the party of a leg that plays a voice. @throws MediaError `no_capacity`: minutes wait already */
  speak(request: Speech): Promise<void>;
  /** Cuts off what is being said, and forgets what waits. */
  hush(request: MediaLegRef): Promise<void>;
  /**
   * Hold or parking: while any leg of a connected pair is held, media stops both ways and each connected party gets a
   * silence frame every 20 ms with the same SSRC and continuous sequence and timestamps.
   */
  hold(request: MediaLegRef & { readonly on: boolean }): Promise<void>;
  /** Frees a leg, or with `leg` absent every leg of the call. Unknown ones are ignored. */
  delete(request: { readonly call: MediaCallId; readonly leg?: LegId }): Promise<void>;
  query(call: MediaCallId): Promise<readonly LegStats[]>;
  /** Returns its undo. */
  subscribe(listener: (event: MediaEvent) => void): () => void;
}
