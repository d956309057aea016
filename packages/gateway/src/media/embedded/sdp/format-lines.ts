import { CODECS } from '../rtp/codecs.ts';
import type { Format } from './negotiate.ts';

/** The lines that say what a payload type means. `fmtp`: for Opus alone. */
export function codecLines(format: Format, fmtp: string): string[] {
  const { name, clockRate, channels } = CODECS[format.codec];
  const type = String(format.payloadType);
  const shown = format.codec === 'opus' ? name : name.toUpperCase();
  const suffix = channels > 1 ? `/${String(channels)}` : '';
  const lines = [`a=rtpmap:${type} ${shown}/${String(clockRate)}${suffix}`];
  if (format.codec === 'opus') {
    lines.push(`a=fmtp:${type} ${fmtp}`);
  }
  return lines;
}

/** Those of `telephone-event` (RFC 4733), by clock rate. */
export function eventLines(events: ReadonlyMap<number, number>): string[] {
  return [...events].flatMap(([rate, type]) => [
    `a=rtpmap:${String(type)} telephone-event/${String(rate)}`,
    `a=fmtp:${String(type)} 0-15`,
  ]);
}
