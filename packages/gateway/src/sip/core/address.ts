/** SIP URIs and the header values that hold one (RFC 3261, 19.1 and 25.1). */

export interface SipUri {
  readonly scheme: 'sip' | 'sips' | 'tel';
  /** Without escapes; empty when there is none. */
  readonly user: string;
  /** Lower case, without the brackets of IPv6; empty for `tel:`. */
  readonly host: string;
  readonly port: number | undefined;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Undefined for what is none of the three. */
export function parseUri(text: string): SipUri | undefined {
  const scheme = /^(sips?|tel):/i.exec(text)?.[1]?.toLowerCase() as SipUri['scheme'] | undefined;
  if (scheme === undefined) {
    return undefined;
  }
  const rest = text.slice(scheme.length + 1).split('?', 1)[0] ?? '';
  if (scheme === 'tel') {
    const [number = '', ...parts] = rest.split(';');
    // Visual separators mean nothing (RFC 3966, 3).
    const user = number.replace(/[-.()]/g, '');
    return { scheme, user, host: '', port: undefined, parameters: readParameters(parts) };
  }
  const at = rest.lastIndexOf('@');
  // Parameters of the user part (`;phone-context=`) say nothing to us, and neither does a password.
  const user =
    at === -1 ? '' : unescape((rest.slice(0, at).split(';', 1)[0] ?? '').split(':', 1)[0] ?? '');
  const [place = '', ...parts] = rest.slice(at + 1).split(';');
  const [, bracketed, plain, port] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(place.trim()) ?? [];
  const host = (bracketed ?? plain ?? '').toLowerCase();
  if (host === '' || (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))) {
    return undefined;
  }
  return {
    scheme,
    user,
    host,
    port: port === undefined ? undefined : Number(port),
    parameters: readParameters(parts),
  };
}

/** `host` with the brackets that IPv6 needs before a port. */
export function bracket(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** `sip:user@host:port`; what a user part may not hold is escaped. */
export function formatUri(user: string, host: string, port?: number, parameters = ''): string {
  const place = bracket(host) + (port === undefined ? '' : `:${String(port)}`);
  const escaped = user
    // Half of a pair of surrogates has no escape.
    .replace(/\p{Cs}/gu, '\ufffd')
    .replace(/[^A-Za-z0-9\-_.!~*'()&=+$,;?/#]/gu, (character) => encodeURIComponent(character))
    .replace(/#/g, '%23');
  return `sip:${escaped === '' ? '' : `${escaped}@`}${place}${parameters}`;
}

/** A From, To, Contact, Route or Refer-To: `"name" <uri>;parameters` or a bare URI with parameters. */
export interface NameAddress {
  /** Empty when there is none. */
  readonly name: string;
  /** As it stands. */
  readonly uri: string;
  readonly parameters: ReadonlyMap<string, string>;
}

export function parseNameAddress(value: string): NameAddress | undefined {
  const text = value.trim();
  const quoted = /^"((?:[^"\\]|\\.)*)"\s*/.exec(text);
  const rest = quoted ? text.slice(quoted[0].length) : text;
  const open = rest.indexOf('<');
  if (open === -1) {
    if (quoted) {
      return undefined;
    }
    const [uri = '', ...parts] = text.split(';');
    return uri === ''
      ? undefined
      : { name: '', uri: uri.trim(), parameters: readParameters(parts) };
  }
  const close = rest.indexOf('>', open);
  if (close === -1) {
    return undefined;
  }
  const name = quoted ? (quoted[1] ?? '').replace(/\\(.)/g, '$1') : rest.slice(0, open).trim();
  const parts = rest
    .slice(close + 1)
    .split(';')
    .slice(1);
  return { name, uri: rest.slice(open + 1, close), parameters: readParameters(parts) };
}

/** The tag of a From or To; undefined when there is none. */
export function tagOf(value: string | undefined): string | undefined {
  return value === undefined ? undefined : parseNameAddress(value)?.parameters.get('tag');
}

/** `"name" <uri>`: what a quoted string may not hold is left out or escaped. */
export function formatNameAddress(name: string, uri: string): string {
  const clean = name.replace(/\p{C}+/gu, ' ').trim();
  return clean === '' ? `<${uri}>` : `"${clean.replace(/["\\]/g, '\\$&')}" <${uri}>`;
}

export interface Via {
  readonly protocol: string;
  readonly host: string;
  readonly port: number | undefined;
  readonly parameters: ReadonlyMap<string, string>;
}

export function parseVia(value: string): Via | undefined {
  const [, protocol, place, rest = ''] =
    /^SIP\s*\/\s*2\.0\s*\/\s*([A-Za-z]+)\s+([^;\s]+)\s*(;.*)?$/.exec(value.trim()) ?? [];
  if (protocol === undefined || place === undefined) {
    return undefined;
  }
  const [, bracketed, plain, port] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(place) ?? [];
  const host = (bracketed ?? plain ?? '').toLowerCase();
  if (host === '') {
    return undefined;
  }
  return {
    protocol: protocol.toUpperCase(),
    host,
    port: port === undefined ? undefined : Number(port),
    parameters: readParameters(rest.split(';').slice(1)),
  };
}

function readParameters(parts: readonly string[]): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const part of parts) {
    const equals = part.indexOf('=');
    const name = (equals === -1 ? part : part.slice(0, equals)).trim().toLowerCase();
    const value =
      equals === -1
        ? ''
        : part
            .slice(equals + 1)
            .trim()
            .replace(/^"(.*)"$/, '$1');
    if (name !== '') {
      parameters.set(name, value);
    }
  }
  return parameters;
}

function unescape(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
