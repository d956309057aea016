import {
  TELNYX_ERROR_CODES,
  TELNYX_WARNING_CODES,
  type OwnWarningCode,
  type SdkErrorCode,
  type SdkWarningCode,
} from './codes.ts';

/** What an application can show or log about a warning. */
export interface ITelnyxWarning {
  readonly code: SdkWarningCode | OwnWarningCode;
  readonly name: string;
  /** Short text for a user interface. */
  readonly message: string;
  readonly description: string;
  readonly causes: string[];
  readonly solutions: string[];
}

export type SdkWarningEntry = Omit<ITelnyxWarning, 'code'>;
/** `fatal`: the call or the session does not go on by itself. */
export type SdkErrorEntry = SdkWarningEntry & { readonly fatal: boolean };

// One line an entry: message|cause|solution, `*` first where the error is not fatal. Every byte here is loaded at start.
const ERRORS: Record<SdkErrorCode, string> = {
  40001: 'No offer could be made|Browser refused to make an offer|Check codecs and tracks; retry',
  40002: 'No answer could be made|Browser refused to make an answer|Check codecs and tracks; retry',
  40003: 'Local description refused|Browser refused its own SDP|Retry; try another browser',
  40004: 'Remote description refused|Bad SDP, or no common codec|Check the codecs of both sides',
  40005:
    'Call could not be sent|Gateway refused it, or gave no reply|See originalError; call again',
  42001: 'Microphone not allowed|Permission denied|Allow the microphone for this site',
  42002: 'Microphone not found|Device is missing|Connect a device or choose another',
  42003: 'Microphone did not start|Device is busy or capture failed|Close other programs; retry',
  44001: '*Hold did not change|Gateway refused it, or gave no reply|Try again',
  44002: 'Call options not valid|destinationNumber is missing|Give destinationNumber',
  44003: '*Hangup not confirmed|Gateway gave no reply|None needed; the call has ended here',
  44004: '*Subscription failed|Gateway refused the channel|Check channel and permission',
  44005: 'Call ended during setup|Hung up while it was being set up|Call again',
  45001: 'No socket could be made|Bad URL or blocked by page policy|Check host and CSP',
  45002: '*Socket failed|Network or gateway down|None needed; the SDK reconnects',
  45003: 'Reconnecting given up|All attempts used|Check the network, then connect()',
  45004: '*Gateway not registered|Gateway lost its upstream|None needed; the SDK reconnects',
  46001: 'Sign-in failed|Wrong credentials or registration refused|Check them, then login()',
  46002: 'Credentials incomplete|No login with password, and no token|Give one of them',
  46003: '*Sign-in needed|Gateway forgot the session|login()',
  47001: '*Media restart failed|Gateway refused it, or gave no reply|None needed; the SDK goes on',
  48001: '*Network offline|Browser lost its network|Check the network',
  48501: 'Call not resumed|Gateway no longer has the call|Call again',
  49001: 'Unexpected error|Unknown; see originalError|Report it',
};

const WARNINGS: Record<SdkWarningCode, string> = {
  31001: 'Slow network|Round trip over 0.4 s|Use a nearer region or better network',
  31002: 'Uneven network|Jitter over 30 ms|Use a wire or better Wi-Fi',
  31003: 'Packets lost|Loss over 1 %|Use a wire or better Wi-Fi',
  31004: 'Poor call quality|MOS under 3.5|Use a better network',
  31005: 'Your microphone is silent|Wrong or muted device|Check the microphone',
  31006: 'Far side is silent|Their microphone is silent|Ask them to check it',
  32001: 'No audio arrives|Network blocks or lost media|None needed; the SDK recovers',
  32002: 'No audio leaves|Capture or network stopped|Check the microphone',
  32003: 'Cannot record|Browser cannot read raw tracks|Use Chromium',
  32004: 'Recording lost audio|Upload too slow|Raise the buffer',
  33001: 'Media interrupted|Network changed or lost|None needed; the SDK recovers',
  33002: 'Candidates are slow|STUN or TURN not reachable|Check iceServers and firewall',
  33003: 'No candidates|Firewall, or no network|Check iceServers and firewall',
  33004: 'Media connection failed|Network path lost|None needed; the SDK recovers',
  33005: 'Only local candidates|STUN and TURN not reachable|Check iceServers and firewall',
  33006: 'Already answered|answer() called twice|Call it once',
  33007: 'Already answered elsewhere|Another object has this call|Use the active call',
  33008: 'Media path changed|Network changed|None needed',
  33009: 'Microphone not switched|Call sends no audio|Switch after the call is active',
  33010: 'Several calls|A call began during another|Hold or end one',
  33011: 'Audio element shared|Two calls use one remoteElement|Give each call its own',
  34001: 'Token expires soon|login_token is near its end|login() with a new token',
  35002: 'Unknown call resumed|Gateway kept a call not known here|None needed',
  36003: 'Signalling lost|Gateway gave no sign of life|None needed; the SDK reconnects',
  36004: 'Media is restarted|Network path lost|None needed; the SDK recovers',
  36005: 'Connection closed for good|Reconnecting is off, or gateway ended it|connect()',
};

function entries(
  names: Readonly<Record<string, number>>,
  texts: Readonly<Record<number, string>>,
): Record<number, SdkErrorEntry> {
  return Object.fromEntries(
    Object.entries(names).map(([name, code]) => {
      const [text = '', cause = '', solution = ''] = (texts[code] ?? '').split('|');
      const fatal = !text.startsWith('*');
      const message = fatal ? text : text.slice(1);
      return [
        code,
        {
          name,
          message,
          description: `${message}: ${cause}`,
          causes: [cause],
          solutions: [solution],
          fatal,
        },
      ];
    }),
  );
}

/** Every error the SDK raises, by code. */
export const SDK_ERRORS = /* @__PURE__ */ entries(TELNYX_ERROR_CODES, ERRORS) as Readonly<
  Record<SdkErrorCode, SdkErrorEntry>
>;

/** Every warning the SDK raises, by code. */
export const SDK_WARNINGS = /* @__PURE__ */ (() => {
  const all = entries(TELNYX_WARNING_CODES, WARNINGS);
  for (const entry of Object.values(all)) delete (entry as { fatal?: boolean }).fatal;
  return all as unknown;
})() as Readonly<Record<SdkWarningCode, SdkWarningEntry>>;

/** The warning with this code, as applications receive it. */
export function createWarning(code: SdkWarningCode): ITelnyxWarning {
  const { causes, solutions, ...rest } = SDK_WARNINGS[code];
  return { code, ...rest, causes: [...causes], solutions: [...solutions] };
}
