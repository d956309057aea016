import type { Codec } from '../../media-plane.ts';
import type { IceCredentials } from '../net/ice-agent.ts';
import { CODECS, OFFERED_EVENT_TYPES, OFFERED_RED_TYPE } from '../rtp/codecs.ts';
import { codecLines, eventLines } from './format-lines.ts';
import type { Format, RemoteDescription } from './negotiate.ts';
import { LEVEL_EXTENSION } from './parse.ts';
import type { Direction, SdpSection } from './parse.ts';

/** Everything about our side that a description needs. */
export interface LocalSide {
  /** Numeric id of the `o=` line, the same for the life of a peer, and its version, one more with each description. */
  readonly sessionId: string;
  readonly version: number;
  readonly ice: IceCredentials;
  readonly fingerprint: string;
  /** Complete `candidate:...` values. */
  readonly candidates: readonly string[];
  readonly streamId: string;
  readonly trackId: string;
  /** Null: unknown, so that it is left out. */
  readonly ssrc: number | null;
  readonly cname: string;
  /** Opus parameters for what the party shall send us. */
  readonly fmtp: string;
  /** We answer checks and send none (RFC 8445, 2.5). */
  readonly isIceLite?: boolean;
}

/** `useinbandfec` lets the party's encoder protect what it sends; the far party's browser makes use of it. */
export const DEFAULT_OPUS_PARAMETERS = 'minptime=10;useinbandfec=1';

/** The Opus parameters that speak of what a party likes to hear, fit to be handed to whoever talks to it. */
export function passableOpusParameters(fmtp: string | undefined): string {
  const passable =
    /^(minptime|useinbandfec|usedtx|stereo|maxplaybackrate|maxaveragebitrate|cbr)=\d{1,6}$/;
  const kept = (fmtp ?? '')
    .split(';')
    .map((parameter) => parameter.trim())
    .filter((parameter) => passable.test(parameter));
  return kept.length > 0 ? kept.join(';') : DEFAULT_OPUS_PARAMETERS;
}

/** A direction as the other end sees it (RFC 3264, 6.1). */
export const REVERSED: Readonly<Record<Direction, Direction>> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
};

function head(side: LocalSide): string[] {
  return [
    'v=0',
    `o=- ${side.sessionId} ${String(side.version)} IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    ...(side.isIceLite === true ? ['a=ice-lite'] : []),
  ];
}

function transportLines(side: LocalSide, setup: string): string[] {
  return [
    `a=ice-ufrag:${side.ice.ufrag}`,
    `a=ice-pwd:${side.ice.password}`,
    'a=ice-options:trickle',
    `a=fingerprint:sha-256 ${side.fingerprint}`,
    `a=setup:${setup}`,
    ...side.candidates.map((candidate) => `a=${candidate}`),
    'a=end-of-candidates',
  ];
}

function formatLines(format: Format, fmtp: string): string[] {
  const lines = codecLines(format, fmtp);
  const type = String(format.payloadType);
  if (format.nack) {
    lines.push(`a=rtcp-fb:${type} nack`);
  }
  if (format.redType !== undefined) {
    const { clockRate, channels } = CODECS[format.codec];
    const red = String(format.redType);
    lines.push(
      `a=rtpmap:${red} red/${String(clockRate)}${channels > 1 ? `/${String(channels)}` : ''}`,
      `a=fmtp:${red} ${type}/${type}`,
    );
  }
  return [...lines, ...eventLines(format.events)];
}

function audioLines(
  side: LocalSide,
  mid: string | undefined,
  format: Format,
  direction: Direction,
  setup: string,
): string[] {
  // In the party's order: browsers send the first one.
  const audio = format.redType === undefined ? [] : [format.redType];
  if (format.prefersRed) {
    audio.push(format.payloadType);
  } else {
    audio.unshift(format.payloadType);
  }
  const types = [...audio, ...format.events.values()].join(' ');
  const source = [
    `a=msid:${side.streamId} ${side.trackId}`,
    ...(side.ssrc === null ? [] : [`a=ssrc:${String(side.ssrc)} cname:${side.cname}`]),
  ];
  return [
    `m=audio 9 UDP/TLS/RTP/SAVPF ${types}`,
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    ...(mid === undefined ? [] : [`a=mid:${mid}`]),
    `a=${direction}`,
    'a=rtcp-mux',
    ...transportLines(side, setup),
    ...formatLines(format, side.fmtp),
    ...(format.levelId > 0 ? [`a=extmap:${String(format.levelId)} ${LEVEL_EXTENSION}`] : []),
    // The stream stays named even while it is silent: some clients attach sound by it only (wire spec 12).
    ...source,
  ];
}

/** A section that is taken for its transport: one of its formats, and nothing either way. */
function inactiveLines(side: LocalSide, section: SdpSection): string[] {
  const format = section.formats.find(({ name }) => name !== '');
  if (!format) {
    throw new RangeError('The section has no format.');
  }
  const type = String(format.payloadType);
  return [
    `m=${section.kind} 9 UDP/TLS/RTP/SAVPF ${type}`,
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    ...(section.mid === undefined ? [] : [`a=mid:${section.mid}`]),
    'a=inactive',
    'a=rtcp-mux',
    ...transportLines(side, 'passive'),
    `a=rtpmap:${type} ${format.name}/${String(format.clockRate)}`,
  ];
}

const CRLF = '\r\n';

export function writeAnswer(side: LocalSide, remote: RemoteDescription, format: Format): string {
  const mid = remote.audio.mid;
  const lines = head(side);
  // No group may be answered that was not offered (RFC 9143, 7.3).
  const lead = remote.sections[remote.leadAt];
  if (mid !== undefined && remote.isBundled) {
    lines.push(`a=group:BUNDLE ${lead ? `${lead.mid ?? ''} ` : ''}${mid}`);
  }
  lines.push('a=msid-semantic: WMS *');
  remote.sections.forEach((section, index) => {
    if (index === remote.audioAt) {
      lines.push(...audioLines(side, mid, format, REVERSED[format.direction], 'passive'));
      return;
    }
    if (index === remote.leadAt) {
      lines.push(...inactiveLines(side, section));
      return;
    }
    // A media line is refused by port 0; it keeps its place (RFC 3264, 6).
    lines.push(
      `m=${section.kind} 0 ${section.protocol} ${section.formatList}`.trimEnd(),
      'c=IN IP4 0.0.0.0',
      ...(section.mid === undefined ? [] : [`a=mid:${section.mid}`]),
      'a=inactive',
    );
  });
  return lines.join(CRLF) + CRLF;
}

/** What our offer holds: one codec, its events, and nothing that a browser would have to refuse. */
export function offeredFormat(codec: Codec): Format {
  const facts = CODECS[codec];
  const events = new Map<number, number>();
  for (const rate of facts.eventRates) {
    const type = OFFERED_EVENT_TYPES.get(rate);
    if (type !== undefined) {
      events.set(rate, type);
    }
  }
  return {
    codec,
    payloadType: facts.payloadType,
    redType: codec === 'opus' ? OFFERED_RED_TYPE : undefined,
    prefersRed: false,
    fmtp: undefined,
    events,
    nack: true,
    levelId: 1,
    direction: 'sendrecv',
  };
}

export function writeOffer(side: LocalSide, format: Format): string {
  const lines = [
    ...head(side),
    'a=group:BUNDLE 0',
    'a=msid-semantic: WMS *',
    ...audioLines(side, '0', format, 'sendrecv', 'actpass'),
  ];
  return lines.join(CRLF) + CRLF;
}
