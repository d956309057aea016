import type { Config } from '../config.ts';

/** What an operator should know of the tokens that sign in here; empty: nothing. One sentence each. */
export function tokenAdvice({
  publicKeys,
  jwksUrl,
  issuer,
  audience,
}: Config['auth']['jwt']): string[] {
  if (publicKeys.length === 0 && jwksUrl === undefined) {
    return [];
  }
  const advice: string[] = [];
  if (audience.length === 0) {
    advice.push(
      'auth.jwt.audience is not set: every token signed with these keys signs in here, whatever it was made for',
    );
  }
  if (issuer.length === 0) {
    advice.push('auth.jwt.issuer is not set: it does not matter here who issued a token');
  }
  return advice;
}
