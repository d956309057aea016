import type { Page } from '@playwright/test';
import type { Hearing } from '../pages/ear.ts';
import { SILENCE_DBFS } from '../pages/spectrum.ts';

export type { Hearing } from '../pages/ear.ts';

/** What arrives at the page now. @param peer index of the page's peer connection; default: the last that receives */
export function hear(page: Page, ms = 500, peer?: number): Promise<Hearing> {
  return page.evaluate(([time, index]) => window.ear.hear(time, index), [ms, peer] as const);
}

/** A person's tone as it should arrive: the microphone files have -9 dBFS; a codec and a resampler may move it a little. */
export const HEARD = { hz: 10, minDbfs: -15, maxDbfs: -5, purity: 0.9 } as const;

/** Why this is not the tone at its level; undefined when it is. */
export function notTone(hearing: Hearing, frequency: number): string | undefined {
  const peak = hearing.peaks[0];
  if (!peak || hearing.dbfs < HEARD.minDbfs || hearing.dbfs > HEARD.maxDbfs) {
    return `level ${String(hearing.dbfs)} dBFS, wanted ${String(HEARD.minDbfs)} to ${String(HEARD.maxDbfs)}`;
  }
  if (Math.abs(peak.hz - frequency) > HEARD.hz) {
    return `${String(peak.hz)} Hz, wanted ${String(frequency)} ± ${String(HEARD.hz)}`;
  }
  if (hearing.purity < HEARD.purity) {
    return `only ${String(Math.round(hearing.purity * 100))} % of the sound is at ${String(peak.hz)} Hz`;
  }
  if (!hearing.playing) {
    return 'it arrives, but no element of the page plays it';
  }
  return undefined;
}

export const isSilent = (hearing: Hearing): boolean => hearing.dbfs < SILENCE_DBFS;

/**
 * Listens until `enough` says so, and returns what it heard then; after `timeout` ms returns the last hearing, for the
 * caller to judge. Audio takes its time through buffers; a fixed pause would be a guess.
 */
export async function hearUntil(
  page: Page,
  enough: (hearing: Hearing) => boolean,
  { ms = 500, timeout = 10_000, peer }: { ms?: number; timeout?: number; peer?: number } = {},
): Promise<Hearing> {
  const until = Date.now() + timeout;
  for (;;) {
    const late = Date.now() > until;
    try {
      const hearing = await hear(page, ms, peer);
      if (late || enough(hearing)) {
        return hearing;
      }
    } catch (error) {
      // No packet has arrived yet, or no peer is there yet; whether that comes is what the time is for.
      if (late || !/no audio at all|receives audio/.test(String(error))) {
        throw error;
      }
    }
  }
}

export const hearTone = (page: Page, frequency: number, peer?: number): Promise<Hearing> =>
  hearUntil(page, (hearing) => notTone(hearing, frequency) === undefined, peerOption(peer));

export const hearSilence = (page: Page, peer?: number): Promise<Hearing> =>
  hearUntil(page, isSilent, peerOption(peer));

const peerOption = (peer: number | undefined) => (peer === undefined ? {} : { peer });

/** `440.1 Hz at -9.1 dBFS` */
export const describe = (hearing: Hearing): string =>
  isSilent(hearing)
    ? `silence (${String(hearing.dbfs)} dBFS)`
    : `${String(hearing.peaks[0]?.hz ?? 0)} Hz at ${String(hearing.dbfs)} dBFS`;
