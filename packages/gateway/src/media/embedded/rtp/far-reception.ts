import type { FarStats } from '../../media-plane.ts';
import type { HeardBlock } from './rtcp.ts';

/** Seconds between 1900 and 1970, of which the middle of an NTP timestamp keeps 16 bits. */
const NTP_EPOCH = 2_208_988_800;
/** A longer round trip is a party whose report makes no sense. */
const MAX_ROUND_TRIP = 10;

/** The middle 32 bits of the NTP timestamp of a time, in 1/65536 s (RFC 3550, 4). */
export function ntpMiddle(wallMs: number): number {
  const seconds = wallMs / 1000 + NTP_EPOCH;
  return Math.floor((seconds % 65_536) * 65_536) >>> 0;
}

/** What a party says that it heard of what it was sent: the last word counts. */
export class FarReception {
  #last: FarStats | null = null;

  get stats(): FarStats | null {
    return this.#last;
  }

  /** @param wallMs when it came, by the clock that our sender reports have */
  take(block: HeardBlock, clockRate: number, wallMs: number): void {
    this.#last = {
      packetsLost: Math.max(0, block.packetsLost),
      jitter: block.jitter / clockRate,
      roundTrip: roundTripOf(block, wallMs) ?? this.#last?.roundTrip ?? null,
    };
  }
}

/** RFC 3550, 6.4.1: the time of arrival, less that of our report, less what the party kept it. */
function roundTripOf({ lastReport, sinceLastReport }: HeardBlock, wallMs: number): number | null {
  if (lastReport === 0) {
    return null;
  }
  const units = (ntpMiddle(wallMs) - lastReport - sinceLastReport) | 0;
  const seconds = Math.max(0, units) / 65_536;
  return seconds > MAX_ROUND_TRIP ? null : seconds;
}
