import type { Identity } from '../calls/dialog.ts';
import { formatNameAddress, formatUri, parseNameAddress, parseUri } from './core/address.ts';
import type { Headers } from './core/headers.ts';
import type { TrunkConfig } from './trunk-schema.ts';

/** Who calls by a trunk, as its messages say it. */
export interface CallerIdentity {
  /** Of From. */
  readonly from: { readonly name: string; readonly uri: string };
  /** What the network alone hears (RFC 3325, RFC 3323). */
  readonly headers: readonly (readonly [string, string])[];
}

/**
 * @param number that the caller is shown with
 * @param domain the trunk's
 */
export function identityFor(
  { identity, privacy, username }: Pick<TrunkConfig, 'identity' | 'privacy' | 'username'>,
  name: string,
  number: string,
  domain: string,
): CallerIdentity {
  const uri = formatUri(number, domain);
  if (privacy) {
    // RFC 3323, 4.1.1.3: of nobody and from nowhere; RFC 3325, 9.3: who is vouched for goes no further than the network.
    const from = { name: 'Anonymous', uri: 'sip:anonymous@anonymous.invalid' };
    return { from, headers: assertedBy(name, uri, privacy) };
  }
  if (identity === 'from') {
    return { from: { name, uri }, headers: [] };
  }
  // The account calls, and vouches for the number.
  return {
    from: { name, uri: username === undefined ? uri : formatUri(username, domain) },
    headers: assertedBy(name, uri, privacy),
  };
}

/** Who talks, for whom the gateway vouches (RFC 3325); with `privacy` for the network alone. */
export function assertedBy(
  name: string,
  uri: string,
  privacy = false,
): readonly (readonly [string, string])[] {
  const asserted = ['P-Asserted-Identity', formatNameAddress(name, uri)] as const;
  return privacy ? [asserted, ['Privacy', 'id']] : [asserted];
}

/** Who calls: whom the network vouches for, else who he says he is. */
export function callerIn(headers: Headers): Identity {
  return shown(assertedValue(headers) ?? headers.get('From') ?? '', headers);
}

/** For whom a network vouches; null: for nobody. */
export function assertedIn(headers: Headers): Identity | null {
  const asserted = assertedValue(headers);
  return asserted === undefined ? null : shown(asserted, headers);
}

function assertedValue(headers: Headers): string | undefined {
  return headers.get('P-Asserted-Identity')?.split(/,(?=\s*[<"])/, 1)[0];
}

function shown(value: string, headers: Headers): Identity {
  const hidden = /\bid\b/i.test(headers.get('Privacy') ?? '');
  const address = parseNameAddress(value);
  if (hidden || !address) {
    return { name: '', number: 'anonymous' };
  }
  return {
    name: clean(address.name),
    number: clean(parseUri(address.uri)?.user ?? '') || 'anonymous',
  };
}

function clean(text: string): string {
  return text
    .replace(/\p{C}+/gu, ' ')
    .trim()
    .slice(0, 64);
}
