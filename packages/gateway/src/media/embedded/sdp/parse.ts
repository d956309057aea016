import { MediaError } from '../../media-plane.ts';
import type { Fingerprint } from '../dtls/certificate.ts';

/** SDP (RFC 8866) as far as a call needs it. Everything is optional here; what must be there is checked where it is used. */

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface SdpFormat {
  readonly payloadType: number;
  /** Lower case. */
  readonly name: string;
  readonly clockRate: number;
  readonly fmtp: string | undefined;
  /** The party asks for lost packets again (RFC 4585). */
  readonly nack: boolean;
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
  /** The formats as the media line lists them, also those that are no numbers. */
  readonly formatList: string;
  readonly mid: string | undefined;
  readonly direction: Direction;
  readonly formats: readonly SdpFormat[];
  /** Id of the audio level extension (RFC 6464); 0 without one that fits a one-byte element. */
  readonly levelId: number;
  readonly bundleOnly: boolean;
}

export interface SessionDescription {
  readonly session: SdpTransport & { readonly iceLite: boolean };
  readonly bundles: readonly (readonly string[])[];
  readonly sections: readonly SdpSection[];
}

export const LEVEL_EXTENSION = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';

/** The last port of UDP and TCP. */
export const MAX_PORT = 65_535;

const MAX_LENGTH = 65_536;
const MAX_LINES = 2_000;
const MAX_SECTION_LINES = 600;
const MAX_SECTIONS = 16;
/** As many as there are payload types. */
const MAX_FORMATS = 128;
const MAX_FINGERPRINTS = 8;
const MAX_BUNDLES = 16;
/** Characters of a value that is kept. */
const MAX_VALUE = 1_000;
const MAX_NAME = 64;
/** One-byte elements have ids up to 14 (RFC 8285, 4.2). */
const MAX_EXTENSION_ID = 14;

const bad = (message: string): MediaError => new MediaError('bad_sdp', message);

/**
 * A string of its own. Part of a longer one keeps the whole of it alive in V8, so a name of one line would keep 64 KiB.
 *
 * @throws MediaError for one that is longer than `most`
 */
function own(text: string, most: number): string {
  if (text.length > most) {
    throw bad('The SDP has a value that is too long.');
  }
  return Buffer.from(text, 'utf8').toString('utf8');
}

/**
 * Reads a description. Whatever is in it, the work is one pass over at most 65,536 characters in 2,000 lines (600 a section), and what is
 * kept is at most 128 formats a section, each different, with one value of 1,000 characters each, in 16 sections; of the text itself
 * nothing is kept.
 *
 * @throws MediaError `bad_sdp`
 */
export function parseSdp(text: string): SessionDescription {
  if (text.length > MAX_LENGTH) {
    throw bad('The SDP is too long.');
  }
  const lines = text.split(/\r\n|\n|\r/, MAX_LINES + 1).filter((line) => line !== '');
  if (lines.length > MAX_LINES) {
    throw bad('The SDP has too many lines.');
  }
  if (lines[0]?.trim() !== 'v=0') {
    throw bad('This is not an SDP.');
  }
  const session = new Part();
  const sections: Section[] = [];
  let part: Part = session;
  let count = 0;
  for (const line of lines) {
    if (!/^[a-z]=/.test(line)) {
      throw bad('The SDP has a line that is none.');
    }
    if (line.startsWith('m=')) {
      if (sections.length >= MAX_SECTIONS) {
        throw bad('The SDP has too many media.');
      }
      const section = new Section(line);
      sections.push(section);
      part = section;
      count = 0;
    }
    count += 1;
    if (count > MAX_SECTION_LINES) {
      throw bad('The SDP has too many lines in one section.');
    }
    if (line.startsWith('a=')) {
      part.attribute(line);
    }
  }
  const inherited = session.direction ?? 'sendrecv';
  return {
    session: { ...session.transport(), iceLite: session.iceLite },
    bundles: session.bundles,
    sections: sections.map((section) => section.finish(inherited)),
  };
}

/** What stands before the first media line, or the base of what follows one. Of an attribute that is repeated the first one counts. */
class Part {
  #direction: Direction | undefined;
  #iceLite = false;
  readonly bundles: string[][] = [];
  #ufrag: string | undefined;
  #password: string | undefined;
  #setup: string | undefined;
  readonly #fingerprints: Fingerprint[] = [];

  get direction(): Direction | undefined {
    return this.#direction;
  }

  get iceLite(): boolean {
    return this.#iceLite;
  }

  attribute(line: string): void {
    const at = line.indexOf(':');
    if (at < 0) {
      this.flag(line.slice(2));
    } else {
      this.value(line.slice(2, at), line.slice(at + 1).trim());
    }
  }

  protected flag(name: string): void {
    switch (name) {
      case 'sendrecv':
      case 'sendonly':
      case 'recvonly':
      case 'inactive':
        this.#direction ??= name;
        return;
      case 'ice-lite':
        this.#iceLite = true;
        return;
    }
  }

  protected value(name: string, value: string): void {
    switch (name) {
      case 'ice-ufrag':
        this.#ufrag ??= own(value, MAX_VALUE);
        return;
      case 'ice-pwd':
        this.#password ??= own(value, MAX_VALUE);
        return;
      case 'setup':
        this.#setup ??= own(value, MAX_NAME);
        return;
      case 'fingerprint':
        this.#fingerprint(value);
        return;
      case 'group':
        this.#group(value);
        return;
    }
  }

  #fingerprint(value: string): void {
    const [algorithm, hex] = value.split(/\s+/, 2);
    if (!algorithm || !hex) {
      return;
    }
    if (this.#fingerprints.length >= MAX_FINGERPRINTS) {
      throw bad('The SDP has too many fingerprints.');
    }
    this.#fingerprints.push({
      algorithm: own(algorithm.toLowerCase(), MAX_NAME),
      value: own(hex.toUpperCase(), MAX_VALUE),
    });
  }

  #group(value: string): void {
    const [semantics, ...mids] = value.split(' ', MAX_SECTIONS + 2);
    if (semantics !== 'BUNDLE') {
      return;
    }
    if (this.bundles.length >= MAX_BUNDLES || mids.length > MAX_SECTIONS) {
      throw bad('The SDP has too many groups.');
    }
    this.bundles.push(mids.map((mid) => own(mid, MAX_NAME)));
  }

  transport(): SdpTransport {
    return {
      ufrag: this.#ufrag,
      password: this.#password,
      setup: this.#setup,
      fingerprints: this.#fingerprints,
    };
  }
}

/** RFC 3551 names for payload types that need no rtpmap. */
const STATIC_FORMATS: ReadonlyMap<number, string> = new Map([
  [0, 'pcmu'],
  [8, 'pcma'],
]);

/** A media line and what follows it. */
class Section extends Part {
  readonly #kind: string;
  readonly #port: number;
  readonly #protocol: string;
  readonly #formatList: string;
  readonly #payloadTypes: readonly number[];
  readonly #maps = new Map<number, { readonly name: string; readonly clockRate: number }>();
  readonly #parameters = new Map<number, string>();
  readonly #nacks = new Set<number | '*'>();
  #mid: string | undefined;
  #levelId = 0;
  #bundleOnly = false;

  constructor(line: string) {
    super();
    const fields = line
      .slice(2)
      .trim()
      .split(' ', 4 + MAX_FORMATS);
    const [kind, port, protocol, ...formats] = fields;
    if (!kind || !port || !protocol || !/^\d{1,5}(\/\d{1,5})?$/.test(port)) {
      throw bad('The SDP has a media line that is none.');
    }
    if (formats.length > MAX_FORMATS) {
      throw bad('The SDP has too many formats.');
    }
    if (new Set(formats).size < formats.length) {
      throw bad('The SDP names a format twice.');
    }
    this.#kind = own(kind, MAX_NAME);
    this.#port = Number.parseInt(port, 10);
    if (this.#port > MAX_PORT) {
      throw bad('The SDP names a port beyond 65535.');
    }
    this.#protocol = own(protocol, MAX_NAME);
    this.#formatList = formats.map((format) => own(format, MAX_NAME)).join(' ');
    this.#payloadTypes = formats.map(payloadTypeOf).filter((type) => type !== undefined);
  }

  protected override flag(name: string): void {
    if (name === 'bundle-only') {
      this.#bundleOnly = true;
    } else {
      super.flag(name);
    }
  }

  protected override value(name: string, value: string): void {
    switch (name) {
      case 'mid':
        this.#mid ??= own(value, MAX_NAME);
        return;
      case 'extmap':
        this.#extension(value);
        return;
      case 'rtpmap':
      case 'fmtp':
      case 'rtcp-fb':
        this.#format(name, value);
        return;
      default:
        super.value(name, value);
    }
  }

  #extension(value: string): void {
    const [id = '', uri] = value.split(' ', 2);
    if (uri !== LEVEL_EXTENSION || this.#levelId > 0) {
      return;
    }
    const number = Number.parseInt(id, 10);
    if (number > 0 && number <= MAX_EXTENSION_ID) {
      this.#levelId = number;
    }
  }

  #format(name: 'rtpmap' | 'fmtp' | 'rtcp-fb', value: string): void {
    const at = value.indexOf(' ');
    if (at < 0) {
      return;
    }
    const which = value.slice(0, at);
    const rest = value.slice(at + 1).trim();
    if (name === 'rtcp-fb' && which === '*') {
      if (rest === 'nack') {
        this.#nacks.add('*');
      }
      return;
    }
    const type = payloadTypeOf(which);
    if (type === undefined) {
      return;
    }
    if (name === 'rtcp-fb') {
      if (rest === 'nack') {
        this.#nacks.add(type);
      }
    } else if (name === 'fmtp') {
      this.#parameters.set(type, own(rest, MAX_VALUE));
    } else {
      const [codec = '', clock] = rest.split('/', 2);
      const clockRate = Number(clock ?? 8_000);
      this.#maps.set(type, { name: own(codec.toLowerCase(), MAX_NAME), clockRate });
    }
  }

  finish(inherited: Direction): SdpSection {
    return {
      ...this.transport(),
      kind: this.#kind,
      port: this.#port,
      protocol: this.#protocol,
      formatList: this.#formatList,
      mid: this.#mid,
      direction: this.direction ?? inherited,
      formats: this.#payloadTypes.map((payloadType) => ({
        payloadType,
        name: this.#maps.get(payloadType)?.name ?? STATIC_FORMATS.get(payloadType) ?? '',
        clockRate: this.#maps.get(payloadType)?.clockRate ?? 8_000,
        fmtp: this.#parameters.get(payloadType),
        nack: this.#nacks.has('*') || this.#nacks.has(payloadType),
      })),
      levelId: this.#levelId,
      bundleOnly: this.#bundleOnly,
    };
  }
}

/** Undefined for what is no payload type: other protocols have names for formats. */
function payloadTypeOf(text: string): number | undefined {
  if (!/^\d{1,3}$/.test(text)) {
    return undefined;
  }
  const type = Number(text);
  return type < MAX_FORMATS ? type : undefined;
}
