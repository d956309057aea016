import type { Codec } from '../../media-plane.ts';

/** One frame is 20 ms everywhere: it is what browsers send, and the beat of everything that we play. */
export const FRAME_MS = 20;

export interface CodecFacts {
  /** As in `a=rtpmap`, in lower case. */
  readonly name: string;
  /** RTP clock, in hertz. */
  readonly clockRate: number;
  readonly channels: number;
  /** The payload type that RFC 3551 fixes, or the one that our offers use. */
  readonly payloadType: number;
  /** Timestamp units of one 20 ms frame. */
  readonly frameSamples: number;
  /** Clock rates of telephone-event that go with it, the preferred one first. */
  readonly eventRates: readonly number[];
}

export const CODECS: Readonly<Record<Codec, CodecFacts>> = {
  opus: {
    name: 'opus',
    clockRate: 48_000,
    channels: 2,
    payloadType: 111,
    frameSamples: 960,
    // Browsers send the 8 kHz events beside Opus, others the 48 kHz ones.
    eventRates: [48_000, 8_000],
  },
  PCMU: {
    name: 'pcmu',
    clockRate: 8_000,
    channels: 1,
    payloadType: 0,
    frameSamples: 160,
    eventRates: [8_000],
  },
  PCMA: {
    name: 'pcma',
    clockRate: 8_000,
    channels: 1,
    payloadType: 8,
    frameSamples: 160,
    eventRates: [8_000],
  },
};

/** Payload types of telephone-event in our offers, by clock rate. */
export const OFFERED_EVENT_TYPES: ReadonlyMap<number, number> = new Map([
  [48_000, 110],
  [8_000, 126],
]);

/** Payload type of RED over Opus in our offers; Chromium's. */
export const OFFERED_RED_TYPE = 63;

export const DEFAULT_CODECS: readonly Codec[] = ['opus', 'PCMU', 'PCMA'];
