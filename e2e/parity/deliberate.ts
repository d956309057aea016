/** A difference that we want, and the defect of the reference that it mends. */
export interface Improvement {
  /** What is better, with the row of `docs/compatibility.md` that it belongs to. */
  readonly mends: string;
  /** Fits the lines that `differences()` writes. */
  readonly line: RegExp;
  /** Only in these scenarios; everywhere when absent. */
  readonly scenarios?: RegExp;
}

export const deliberate: readonly Improvement[] = [
  {
    mends:
      'On purpose: host candidates only are worth warning 33005 where a configured server gave nothing, and not where none is configured',
    line: /^(warnings: - 33005|payloads: - warning 33005: .*)$/,
  },
  {
    mends: 'Extension: a client tells a gateway that announced itself which frames it understands',
    line: /^members: [-+] telnyx_rtc\.gatewayState: (offhook)?$/,
  },
  {
    mends:
      'Extension: signing in again tells such a gateway which calls live, so that it leaves them alone',
    line: /^members: [-+] login: User-Agent loginParams login_token (offhook )?reconnection sessid userVariables$/,
    scenarios: /^a token is refreshed on the live socket$|^lose the socket/,
  },
  {
    mends:
      'Wire 24: in a call a gateway that announced it is asked for a sign of life every few seconds',
    line: /^(sent|members): \+ telnyx_rtc\.ping(: )?$/,
  },
  {
    mends:
      'API 12: cancelling an own call says that the caller cancelled, not that anybody was busy',
    line: /^sent: [-+] telnyx_rtc\.bye (USER_BUSY\/17|ORIGINATOR_CANCEL\/487)$/,
    scenarios: /^cancel while it rings$/,
  },
  {
    mends:
      'API 24: keepConnectionAliveOnSocketClose does what its documentation says: the call goes on untouched, on the same peer',
    line: /^(calls: - .* → recovering → .*|calls: \+ new → requesting → trying → active → hangup → destroy|(sent|acknowledged): - telnyx_rtc\.attach|members: - telnyx_rtc\.attach: .*)$/,
    scenarios: /^lose the socket in a call that is kept alive$/,
  },
  {
    mends: 'Wire 9, API 32: a session ends with disconnect(); the next sign-in resumes nothing',
    line: /^(sent|members): (order: .*|[-+] login .*|[-+] login: .*)$/,
    scenarios: /^sign out and in again$/,
  },
];

/** The improvement that explains a line; undefined when none does. */
export function explain(scenario: string, line: string): Improvement | undefined {
  return deliberate.find(
    (improvement) => improvement.line.test(line) && (improvement.scenarios?.test(scenario) ?? true),
  );
}
