import { formatNameAddress, formatUri } from './core/address.ts';
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
  const asserted = ['P-Asserted-Identity', formatNameAddress(name, uri)] as const;
  if (privacy) {
    // RFC 3323, 4.1.1.3: of nobody and from nowhere; RFC 3325, 9.3: who is vouched for goes no further than the network.
    const from = { name: 'Anonymous', uri: 'sip:anonymous@anonymous.invalid' };
    return { from, headers: [asserted, ['Privacy', 'id']] };
  }
  if (identity === 'from') {
    return { from: { name, uri }, headers: [] };
  }
  // The account calls, and vouches for the number.
  return {
    from: { name, uri: username === undefined ? uri : formatUri(username, domain) },
    headers: [asserted],
  };
}
