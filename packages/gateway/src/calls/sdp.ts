import type { Codec } from '../media/media-plane.ts';

/** RFC 3551, table 4: payload types that need no rtpmap. */
const STATIC: Readonly<Record<string, Codec>> = { '0': 'PCMU', '8': 'PCMA' };
const BY_NAME: Readonly<Record<string, Codec>> = { opus: 'opus', pcmu: 'PCMU', pcma: 'PCMA' };
const CLOCK: Readonly<Record<Codec, string>> = { opus: '48000', PCMU: '8000', PCMA: '8000' };

/**
 * What signalling reads of an offer, so that both legs can be set up at the same time: our codecs in its first audio
 * section, in the order in which the offer prefers them (RFC 8866, 5.14). Null when this is no description with audio.
 * The media plane parses the rest, and has the last word.
 */
export function offeredCodecs(sdp: string): readonly Codec[] | null {
  if (!sdp.startsWith('v=0')) {
    return null;
  }
  const start = /^m=audio [1-9]\d{0,4}(?:\/\d+)? \S+ ([\d ]+)\r?$/m.exec(sdp);
  const formats = start?.[1];
  if (!start || formats === undefined) {
    return null;
  }
  const from = start.index + start[0].length;
  const until = sdp.indexOf('\nm=', from);
  const section = until === -1 ? sdp.slice(from) : sdp.slice(from, until);
  const mapped = new Map<string, Codec | null>();
  for (const match of section.matchAll(/^a=rtpmap:(\d{1,3}) ([\w-]+)\/(\d+)/gm)) {
    const [, payload = '', name = '', clock = ''] = match;
    const codec = BY_NAME[name.toLowerCase()] ?? null;
    mapped.set(payload, codec !== null && CLOCK[codec] === clock ? codec : null);
  }
  const codecs: Codec[] = [];
  for (const payload of formats.trim().split(' ')) {
    const codec = mapped.has(payload) ? mapped.get(payload) : STATIC[payload];
    if (codec !== undefined && codec !== null && !codecs.includes(codec)) {
      codecs.push(codec);
    }
  }
  return codecs;
}
