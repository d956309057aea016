import { MediaError } from '../media-plane.ts';
import type { IceCredentials } from '../embedded/net/ice-agent.ts';
import { codecLines, eventLines } from '../embedded/sdp/format-lines.ts';
import type { Format, RemoteDescription } from '../embedded/sdp/negotiate.ts';
import { parseSdp } from '../embedded/sdp/parse.ts';
import { DEFAULT_OPUS_PARAMETERS } from '../embedded/sdp/write.ts';

/** What rtpengine says of the side that a browser reaches. */
export interface PageTransport {
  readonly ice: IceCredentials;
  readonly fingerprint: string;
  readonly candidates: readonly string[];
}

const MAX_CANDIDATES = 16;
/**
 * Where the browser is until ICE says it, from the network for examples (RFC 5737): zeros, as browsers write, would mean hold to who has
 * the plain side (RFC 3264, 8.4).
 */
const NOWHERE = '192.0.2.1';
const CRLF = '\r\n';

/** What rtpengine passes on unchanged: no RED, no repeats of packets, no header extensions. */
export function plainFormat(format: Format): Format {
  return { ...format, redType: undefined, prefersRed: false, nack: false, levelId: 0 };
}

/** A browser's description with nothing in it but what rtpengine needs of it. */
export function describePage(
  { ice, fingerprints }: RemoteDescription,
  format: Format,
  setup: 'actpass' | 'active',
): string {
  const types = [format.payloadType, ...format.events.values()].join(' ');
  return (
    [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=-',
      't=0 0',
      `m=audio 9 UDP/TLS/RTP/SAVPF ${types}`,
      `c=IN IP4 ${NOWHERE}`,
      'a=mid:0',
      `a=${format.direction}`,
      'a=rtcp-mux',
      `a=ice-ufrag:${ice.ufrag}`,
      `a=ice-pwd:${ice.password}`,
      ...fingerprints.map(({ algorithm, value }) => `a=fingerprint:${algorithm} ${value}`),
      `a=setup:${setup}`,
      ...codecLines(format, format.fmtp ?? DEFAULT_OPUS_PARAMETERS),
      ...eventLines(format.events),
    ].join(CRLF) + CRLF
  );
}

/** @throws MediaError `lost` when rtpengine's description lacks something */
export function readTransport(sdp: string): PageTransport {
  const audio = parseSdp(sdp).sections.find(({ kind }) => kind === 'audio');
  const fingerprint = audio?.fingerprints.find(({ algorithm }) => algorithm === 'sha-256');
  const candidates = [...sdp.matchAll(/^a=(candidate:[^\r\n]{1,200})/gm)]
    .slice(0, MAX_CANDIDATES)
    .map(([, candidate = '']) => candidate.trim());
  if (!audio?.ufrag || !audio.password || !fingerprint || candidates.length === 0) {
    throw new MediaError('lost', "rtpengine's description has no ICE, DTLS or address.");
  }
  return {
    ice: { ufrag: audio.ufrag, password: audio.password },
    fingerprint: fingerprint.value,
    candidates,
  };
}

/** Opus parameters that a description asks for. */
export function opusParametersOf(sdp: string): string {
  const type = /^a=rtpmap:(\d{1,3}) opus\//m.exec(sdp)?.[1];
  if (type === undefined) {
    return DEFAULT_OPUS_PARAMETERS;
  }
  const found = new RegExp(`^a=fmtp:${type} ([^\\r\\n]{1,500})`, 'm').exec(sdp)?.[1];
  return found?.trim() ?? DEFAULT_OPUS_PARAMETERS;
}
