import { isIP, isIPv6 } from 'node:net';
import { MediaError } from '../../media-plane.ts';
import type { Codec } from '../../media-plane.ts';
import { CODECS, OFFERED_EVENT_TYPES } from '../rtp/codecs.ts';
import type { Format } from '../sdp/negotiate.ts';
import { codecLines, eventLines } from '../sdp/format-lines.ts';
import { MAX_PORT, parseSdp } from '../sdp/parse.ts';
import type { Direction, SdpSection } from '../sdp/parse.ts';
import { REVERSED } from '../sdp/write.ts';

/** Key and salt as they stand in `a=crypto` (RFC 4568, 6.1), for the one suite that we speak. */
export interface SdesKey {
  readonly tag: string;
  readonly key: Buffer;
}

/** What a party's description says of its RTP. */
export interface RtpRemote {
  readonly address: string;
  readonly port: number;
  readonly rtcpAddress: string;
  /** Null: the party takes no RTCP. */
  readonly rtcpPort: number | null;
  readonly rtcpMux: boolean;
  /** Null: RTP is not protected. */
  readonly sdes: SdesKey | null;
  readonly audio: SdpSection;
  readonly sections: readonly SdpSection[];
  readonly audioAt: number;
}

export interface RtpLocal {
  readonly address: string;
  readonly port: number;
  readonly rtcpPort: number;
  readonly sessionId: string;
  readonly version: number;
  /** Null: plain RTP. */
  readonly sdes: SdesKey | null;
  /** Opus parameters for what the party shall send us. */
  readonly fmtp: string;
  /** Events in the audio are offered. */
  readonly events: boolean;
}

const SUITE = 'AES_CM_128_HMAC_SHA1_80';
export const SDES_KEY_LENGTH = 30;

/** @throws MediaError `bad_sdp` */
export function readRtpRemote(sdp: string): RtpRemote {
  const { sections } = parseSdp(sdp);
  const audioAt = sections.findIndex(
    ({ kind, protocol, port }) => kind === 'audio' && /^RTP\/S?AVPF?$/.test(protocol) && port !== 0,
  );
  const audio = sections[audioAt];
  if (!audio) {
    throw new MediaError('bad_sdp', 'The SDP holds no audio over RTP.');
  }
  const [session = '', ...blocks] = sdp.split(/^(?=m=)/m);
  const block = blocks[audioAt] ?? '';
  const address = connectionOf(block) ?? connectionOf(session);
  if (address === undefined) {
    throw new MediaError('bad_sdp', 'The SDP names no address.');
  }
  const [, rtcpPort, rtcpAddress] =
    /^a=rtcp:(\d{1,64})(?: IN IP[46] (\S{1,64}))?\s*$/m.exec(block) ?? [];
  const rtcpMux = /^a=rtcp-mux\s*$/m.test(block);
  const sdes = keyOf(block);
  const secured = audio.protocol.startsWith('RTP/SAVP');
  if (secured && !sdes) {
    throw new MediaError('bad_sdp', 'The SDP holds no key that we can use.');
  }
  return {
    address,
    port: audio.port,
    rtcpAddress: rtcpAddress !== undefined && isIP(rtcpAddress) > 0 ? rtcpAddress : address,
    rtcpPort: rtcpMux ? audio.port : rtcpPortOf(audio.port, rtcpPort),
    rtcpMux,
    sdes: secured ? sdes : null,
    audio,
    sections,
    audioAt,
  };
}

/** The port that `a=rtcp` names (RFC 3605), or the next one. After the last port comes none. */
function rtcpPortOf(rtpPort: number, named: string | undefined): number | null {
  if (named === undefined) {
    return rtpPort < MAX_PORT ? rtpPort + 1 : null;
  }
  const port = Number(named);
  if (port === 0 || port > MAX_PORT) {
    throw new MediaError('bad_sdp', 'a=rtcp names no UDP port.');
  }
  return port;
}

/** The address of `c=`; hold of old phones names 0.0.0.0 (RFC 3264, 8.4). */
function connectionOf(block: string): string | undefined {
  const address = /^c=IN IP[46] ([0-9A-Fa-f:.]{1,64})(?:\/\S*)?\s*$/m.exec(block)?.[1];
  return address !== undefined && isIP(address) > 0 ? address : undefined;
}

function keyOf(block: string): SdesKey | null {
  for (const match of block.matchAll(
    /^a=crypto:(\d{1,9}) (\S{1,64}) inline:([A-Za-z0-9+/=]{1,64})(\S*)/gm,
  )) {
    const [, tag = '', suite, encoded = '', rest = ''] = match;
    const key = Buffer.from(encoded, 'base64');
    // A key with an MKI would put it into each packet.
    const hasMki = rest.split('|').some((part) => part.includes(':'));
    if (suite === SUITE && key.length === SDES_KEY_LENGTH && !hasMki) {
      return { tag, key };
    }
  }
  return null;
}

/** The direction that the party asks for; an address of zeros is hold, as phones before RFC 3264 said it. */
export function directionOf(remote: RtpRemote): Direction {
  const nowhere = remote.address === '0.0.0.0' || remote.address === '::';
  return nowhere && remote.audio.direction === 'sendrecv' ? 'sendonly' : remote.audio.direction;
}

function head(local: RtpLocal): string[] {
  const { sessionId, version } = local;
  const where = addressOf(local);
  return ['v=0', `o=- ${sessionId} ${String(version)} ${where}`, 's=-', `c=${where}`, 't=0 0'];
}

function addressOf({ address }: RtpLocal): string {
  return `IN IP${isIPv6(address) ? '6' : '4'} ${address}`;
}

function tail(local: RtpLocal, direction: Direction): string[] {
  const { sdes } = local;
  return [
    'a=ptime:20',
    `a=rtcp:${String(local.rtcpPort)}`,
    ...(sdes ? [`a=crypto:${sdes.tag} ${SUITE} inline:${sdes.key.toString('base64')}`] : []),
    `a=${direction}`,
  ];
}

const CRLF = '\r\n';

export function writeRtpAnswer(local: RtpLocal, remote: RtpRemote, format: Format): string {
  const lines = head(local);
  remote.sections.forEach((section, index) => {
    if (index !== remote.audioAt) {
      // Refused; it keeps its place (RFC 3264, 6).
      lines.push(`m=${section.kind} 0 ${section.protocol} ${section.formatList}`.trimEnd());
      return;
    }
    const types = [format.payloadType, ...format.events.values()].join(' ');
    lines.push(
      `m=audio ${String(local.port)} ${section.protocol} ${types}`,
      ...codecLines(format, local.fmtp),
      ...eventLines(format.events),
      ...tail(local, REVERSED[format.direction]),
      ...(remote.rtcpMux ? ['a=rtcp-mux'] : []),
    );
  });
  return lines.join(CRLF) + CRLF;
}

/** @param codecs best first */
export function writeRtpOffer(
  local: RtpLocal,
  codecs: readonly Codec[],
  direction: Direction,
): string {
  const formats = codecs.map((codec) => offeredFormat(codec));
  const events = new Map(local.events ? formats.flatMap((format) => [...format.events]) : []);
  const types = [...formats.map(({ payloadType }) => payloadType), ...events.values()].join(' ');
  const lines = [
    ...head(local),
    `m=audio ${String(local.port)} RTP/${local.sdes ? 'SAVP' : 'AVP'} ${types}`,
    ...formats.flatMap((format) => codecLines(format, local.fmtp)),
    ...eventLines(events),
    ...tail(local, direction),
  ];
  return lines.join(CRLF) + CRLF;
}

/**
 * Payload types that a party sends who answers our offer with others: the offer's, for which the answer's stand here (RFC 3264, 6.1: each
 * side names what it wants to receive).
 */
export function offeredTypes(format: Format): ReadonlyMap<number, number> {
  const offered = offeredFormat(format.codec);
  const types = new Map([[offered.payloadType, format.payloadType]]);
  for (const [rate, type] of offered.events) {
    const theirs = format.events.get(rate);
    if (theirs !== undefined) {
      types.set(type, theirs);
    }
  }
  return types;
}

/** What our offer to a party by RTP holds of a codec. */
export function offeredFormat(codec: Codec): Format {
  const { payloadType, eventRates } = CODECS[codec];
  const events = new Map<number, number>();
  for (const rate of eventRates) {
    const type = OFFERED_EVENT_TYPES.get(rate);
    // 101 is what the telephone network has always used for it, and some take nothing else.
    if (type !== undefined) {
      events.set(rate, rate === 8_000 ? 101 : type);
    }
  }
  return {
    codec,
    payloadType,
    redType: undefined,
    prefersRed: false,
    fmtp: undefined,
    events,
    nack: false,
    levelId: 0,
    direction: 'sendrecv',
  };
}
