import * as v from 'valibot';
import type { DiallingGrant } from '../calls/dialling-grant.ts';

/** The claim of a login token that says what its user may dial. Under a name of ours: others have `routes` of their own. */
export const DIALLING_CLAIM = 'offhook';

const list = (pattern: RegExp) =>
  v.pipe(v.array(v.pipe(v.string(), v.regex(pattern))), v.maxLength(64));
const whole = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most));

/** The same bounds as in the configuration (`sip.callers`). */
const Claim = v.strictObject({
  routes: v.exactOptional(list(/^\+?[0-9*#]{0,32}$/)),
  callerIds: v.exactOptional(list(/^\+?[0-9*#]{1,32}$/)),
  callsAtOnce: v.exactOptional(whole(1_000)),
  minutesADay: v.exactOptional(whole(1_440_000)),
});

/**
 * What a token says of calls outside; undefined: nothing. A claim that is not understood is no claim that says nothing: it may have been
 * meant to forbid.
 */
export function readDialling(
  claim: unknown,
): { readonly ok: true; readonly dialling: DiallingGrant | undefined } | { readonly ok: false } {
  if (claim === undefined) {
    return { ok: true, dialling: undefined };
  }
  const result = v.safeParse(Claim, claim);
  return result.success ? { ok: true, dialling: result.output } : { ok: false };
}
