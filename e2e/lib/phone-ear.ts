import type { Spectrum } from '../pages/spectrum.ts';
import { HEARD } from './audio.ts';

/** What phone 2001 says. */
export const PHONE_HZ = 1250;

/** Why this is not the tone at its level; undefined when it is. */
export function notTone(heard: Spectrum, frequency: number): string | undefined {
  const { dbfs, purity, peaks } = heard;
  const hz = peaks[0]?.hz ?? 0;
  if (dbfs < HEARD.minDbfs || dbfs > HEARD.maxDbfs) {
    return `level ${String(dbfs)} dBFS`;
  }
  if (Math.abs(hz - frequency) > HEARD.hz) {
    return `${String(hz)} Hz, wanted ${String(frequency)}`;
  }
  return purity < HEARD.purity ? `purity ${String(purity)}` : undefined;
}
