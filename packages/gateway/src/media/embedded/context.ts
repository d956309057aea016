import type { Certificate } from './dtls/certificate.ts';
import type { LegLimitOptions, RefusalCounts } from './leg-limits.ts';
import type { IceHub } from './net/ice-hub.ts';
import type { SoundBanks } from './sounds/sound-bank.ts';

/** Quiet times, in milliseconds. */
export interface Thresholds {
  /** Nothing authentic from a party (RTP, RTCP or ICE) for this long: `disconnected`. */
  readonly disconnectedMs: number;
  /** The same, or no connection since the descriptions were exchanged: `failed`. */
  readonly failedMs: number;
  /** A connected party that sends nothing for this long is replaced by silence towards the other one. */
  readonly fillMs: number;
}

/** What everything in one worker shares. */
export interface EngineContext {
  readonly hub: IceHub;
  readonly certificate: Certificate;
  /** `candidate:...` values of the addresses that we have now. */
  readonly candidates: () => readonly string[];
  readonly sounds: SoundBanks;
  readonly thresholds: Thresholds;
  readonly limits: LegLimitOptions;
  readonly refusals: RefusalCounts;
  /** Canonical name in RTCP; the same for all, and says nothing (RFC 7022). */
  readonly cname: string;
  /** A line for the log, without addresses and SDP. */
  readonly log: (message: string) => void;
}
