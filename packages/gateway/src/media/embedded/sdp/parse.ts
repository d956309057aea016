import { MediaError } from '../../media-plane.ts';
import type { Fingerprint } from '../dtls/certificate.ts';
import type { IceCandidate } from '../net/ice-path.ts';
import { parseCandidate } from '../net/ice-path.ts';

/** SDP (RFC 8866) as far as a call needs it. Everything is optional here; what must be there is checked where it is used. */

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface SdpFormat {
  readonly payloadType: number;
  /** Lower case. */
  readonly name: string;
  readonly clockRate: number;
  readonly fmtp: string | undefined;
  readonly feedback: readonly string[];
}

/** ICE and DTLS attributes, of one section or of the session. */
export interface SdpTransport {
  readonly ufrag: string | undefined;
  readonly password: string | undefined;
  readonly setup: string | undefined;
  readonly fingerprints: readonly Fingerprint[];
}

export interface SdpSection extends SdpTransport {
  readonly kind: string;
  readonly port: number;
  readonly protocol: string;
  readonly formatList: string;
  readonly mid: string | undefined;
  readonly direction: Direction;
  readonly formats: readonly SdpFormat[];
  readonly extensions: readonly { readonly id: number; readonly uri: string }[];
  readonly candidates: readonly IceCandidate[];
  readonly rtcpMux: boolean;
  readonly bundleOnly: boolean;
}

export interface SessionDescription {
  readonly session: SdpTransport & { readonly iceLite: boolean };
  readonly bundles: readonly (readonly string[])[];
  readonly sections: readonly SdpSection[];
}

const MAX_BYTES = 65_536;
const MAX_LINES = 2_000;
const MAX_SECTIONS = 16;

const DIRECTIONS: readonly Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

/** @throws MediaError `bad_sdp` */
export function parseSdp(text: string): SessionDescription {
  if (text.length > MAX_BYTES) throw new MediaError('bad_sdp', 'The SDP is too long.');
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line !== '');
  if (lines.length > MAX_LINES) throw new MediaError('bad_sdp', 'The SDP has too many lines.');
  if (lines[0]?.trim() !== 'v=0') throw new MediaError('bad_sdp', 'This is not an SDP.');
  const blocks: string[][] = [[]];
  for (const line of lines) {
    if (!/^[a-z]=/.test(line)) throw new MediaError('bad_sdp', 'The SDP has a line that is none.');
    if (line.startsWith('m=')) blocks.push([]);
    blocks.at(-1)?.push(line);
  }
  const [head = [], ...media] = blocks;
  if (media.length > MAX_SECTIONS) throw new MediaError('bad_sdp', 'The SDP has too many media.');
  const session = attributesOf(head);
  const inherited = directionOf(session) ?? 'sendrecv';
  return {
    session: { ...transportOf(session), iceLite: session.some(([name]) => name === 'ice-lite') },
    bundles: valuesOf(session, 'group')
      .map((value) => value.split(' '))
      .filter(([semantics]) => semantics === 'BUNDLE')
      .map(([, ...mids]) => mids),
    sections: media.map((block) => sectionOf(block, inherited)),
  };
}

type Attributes = readonly (readonly [name: string, value: string])[];

function attributesOf(lines: readonly string[]): Attributes {
  return lines
    .filter((line) => line.startsWith('a='))
    .map((line) => {
      const at = line.indexOf(':');
      return at < 0
        ? ([line.slice(2), ''] as const)
        : ([line.slice(2, at), line.slice(at + 1)] as const);
    });
}

function valuesOf(attributes: Attributes, name: string): string[] {
  return attributes.filter(([key]) => key === name).map(([, value]) => value.trim());
}

function valueOf(attributes: Attributes, name: string): string | undefined {
  return attributes.find(([key]) => key === name)?.[1].trim();
}

function directionOf(attributes: Attributes): Direction | undefined {
  const names = new Set(attributes.map(([name]) => name));
  return DIRECTIONS.find((direction) => names.has(direction));
}

function transportOf(attributes: Attributes): SdpTransport {
  return {
    ufrag: valueOf(attributes, 'ice-ufrag'),
    password: valueOf(attributes, 'ice-pwd'),
    setup: valueOf(attributes, 'setup'),
    fingerprints: valuesOf(attributes, 'fingerprint').flatMap((value) => {
      const [algorithm, hex] = value.split(/\s+/);
      return algorithm && hex
        ? [{ algorithm: algorithm.toLowerCase(), value: hex.toUpperCase() }]
        : [];
    }),
  };
}

function sectionOf(block: readonly string[], inherited: Direction): SdpSection {
  const match = /^m=(\S+) (\d+)(?:\/\d+)? (\S+) ?(.*)$/.exec(block[0]?.trim() ?? '');
  const [, kind, port, protocol, formatList] = match ?? [];
  if (!kind || !port || !protocol || formatList === undefined) {
    throw new MediaError('bad_sdp', 'The SDP has a media line that is none.');
  }
  const attributes = attributesOf(block);
  return {
    ...transportOf(attributes),
    kind,
    port: Number(port),
    protocol,
    formatList,
    mid: valueOf(attributes, 'mid'),
    direction: directionOf(attributes) ?? inherited,
    formats: formatsOf(formatList, attributes),
    extensions: valuesOf(attributes, 'extmap').flatMap((value) => {
      const parts = /^(\d+)(?:\/\w+)? (\S+)/.exec(value);
      return parts?.[1] && parts[2] ? [{ id: Number(parts[1]), uri: parts[2] }] : [];
    }),
    candidates: valuesOf(attributes, 'candidate').flatMap((value) => {
      const candidate = parseCandidate(`candidate:${value}`);
      return candidate ? [candidate] : [];
    }),
    rtcpMux: attributes.some(([name]) => name === 'rtcp-mux'),
    bundleOnly: attributes.some(([name]) => name === 'bundle-only'),
  };
}

/** RFC 3551 names for payload types that need no rtpmap. */
const STATIC_FORMATS: ReadonlyMap<number, string> = new Map([
  [0, 'pcmu'],
  [8, 'pcma'],
]);

function formatsOf(list: string, attributes: Attributes): SdpFormat[] {
  const maps = new Map(valuesOf(attributes, 'rtpmap').map(splitFormat));
  const parameters = new Map(valuesOf(attributes, 'fmtp').map(splitFormat));
  const feedback = valuesOf(attributes, 'rtcp-fb').map(splitFormat);
  return list.split(' ').flatMap((format) => {
    const payloadType = Number(format);
    if (!Number.isInteger(payloadType) || payloadType < 0 || payloadType > 127) return [];
    const [name, clock] = maps.get(format)?.split('/') ?? [];
    return [
      {
        payloadType,
        name: name?.toLowerCase() ?? STATIC_FORMATS.get(payloadType) ?? '',
        clockRate: Number(clock ?? 8_000),
        fmtp: parameters.get(format),
        feedback: feedback.filter(([id]) => id === format || id === '*').map(([, value]) => value),
      },
    ];
  });
}

function splitFormat(value: string): readonly [string, string] {
  const at = value.indexOf(' ');
  return at < 0 ? [value, ''] : [value.slice(0, at), value.slice(at + 1).trim()];
}
