import {
  TELNYX_ERROR_CODES,
  TELNYX_WARNING_CODES,
  type OwnWarningCode,
  type SdkErrorCode,
  type SdkWarningCode,
} from './codes.ts';
import { docsOf } from './docs.ts';

/** What an application can show or log about a warning. */
export interface ITelnyxWarning {
  readonly code: SdkWarningCode | OwnWarningCode;
  readonly name: string;
  /** Short text for a user interface. */
  readonly message: string;
  readonly description: string;
  readonly causes: string[];
  readonly solutions: string[];
  /** The page on it: what it means, what the user notices, what to do. */
  readonly docs: string;
}

export type SdkWarningEntry = Omit<ITelnyxWarning, 'code' | 'docs'>;
/** `fatal`: the call or the session does not go on by itself. */
export type SdkErrorEntry = SdkWarningEntry & { readonly fatal: boolean };

/** What happened; why, as a sentence; what may be the cause; what to do, as a sentence. A toast may show them in this order. */
type Row = readonly [message: string, description: string, cause: string, solution: string];

/** The call or the session goes on after these errors. */
const MILD: readonly number[] = [44001, 44003, 44004, 45002, 45004, 46003, 47001, 48001];

const ERRORS: Record<SdkErrorCode, Row> = {
  40001: [
    'The call could not be prepared',
    'The browser could not create an offer.',
    'Codecs or tracks that the browser cannot use',
    'Check preferredCodecs and the tracks, then call again.',
  ],
  40002: [
    'The call could not be answered',
    'The browser could not create an answer.',
    'Codecs or tracks that the browser cannot use',
    'Check preferredCodecs and the tracks, then answer again.',
  ],
  40003: [
    'The media could not be set up',
    'The browser refused its own description.',
    'Fault of the browser',
    'Call again, or try another browser.',
  ],
  40004: [
    'The media of the other side cannot be used',
    'The browser refused its description.',
    'No common codec, or damaged SDP',
    'Check which codecs both sides allow.',
  ],
  40005: [
    'The call could not be connected',
    'The gateway refused it or did not reply in time.',
    'Busy destination, or a lost connection',
    'Read originalError, then call again.',
  ],
  42001: [
    'The microphone is blocked',
    'The browser or the person did not allow it.',
    'Permission denied, or a page without HTTPS',
    'Allow the microphone for this site in the browser.',
  ],
  42002: [
    'No microphone was found',
    'The chosen one is missing or does not fit.',
    'Unplugged device',
    'Connect a microphone or choose another one.',
  ],
  42003: [
    'The microphone did not start',
    'The browser could not read from it.',
    'In use by another program',
    'Close other programs that use it, then try again.',
  ],
  44001: [
    'Hold could not be changed',
    'The gateway refused it or did not reply in time.',
    'Call just ended, or a lost connection',
    'Try again.',
  ],
  44002: [
    'The call options are not valid',
    'A call needs a destination, and an id that is not in use.',
    'Missing destinationNumber, or a wrong type',
    'Correct the options of newCall().',
  ],
  44003: [
    'The hangup was not confirmed',
    'The call has ended here, but the gateway did not reply.',
    'Lost connection',
    'Nothing has to be done.',
  ],
  44004: [
    'The subscription failed',
    'The gateway refused the channel.',
    'Unknown channel, or no permission',
    'Check the channel and the permission of the user.',
  ],
  44005: [
    'The call ended while it was being set up',
    'It was hung up before its media was ready.',
    'Hangup during setup',
    'Place a new call if it is still wanted.',
  ],
  45001: [
    'The gateway address cannot be used',
    'The browser could not open a WebSocket to it.',
    'Malformed host, or a content security policy',
    'Check host, and connect-src of the page.',
  ],
  45002: [
    'The gateway cannot be reached',
    'The WebSocket failed.',
    'Network or gateway down',
    'Nothing has to be done: the client connects again.',
  ],
  45003: [
    'The connection could not be restored',
    'All attempts to connect again have failed.',
    'Network or gateway down',
    'Check the network, then call connect().',
  ],
  45004: [
    'The gateway is not registered',
    'It has lost the service behind it.',
    'Fault of the service',
    'Nothing has to be done: the client registers again.',
  ],
  46001: [
    'Sign-in failed',
    'The gateway refused the credentials or the registration.',
    'Wrong password, expired token, or unknown user',
    'Check them, then call login() with the right ones.',
  ],
  46002: [
    'The credentials are incomplete',
    'Neither a login with a password nor a token was given.',
    'Missing or empty option',
    'Give login and password, or login_token.',
  ],
  46003: [
    'Sign-in is needed again',
    'The gateway no longer knows this session.',
    'Session expired, or gateway restarted',
    'Call login().',
  ],
  47001: [
    'The media path could not be renewed',
    'The gateway refused an ICE restart or did not reply in time.',
    'Lost connection',
    'Nothing has to be done: the client tries other ways.',
  ],
  48001: [
    'The network is offline',
    'The browser reports that it has no network.',
    'Wi-Fi or cable disconnected',
    'Check the network.',
  ],
  48501: [
    'The call could not be resumed',
    'The gateway no longer has it.',
    'Long outage, or gateway restarted',
    'Call again.',
  ],
  49001: [
    'An unexpected error occurred',
    'originalError says which.',
    'Fault of the application or the SDK',
    'Report it with originalError.',
  ],
};

const WARNINGS: Record<SdkWarningCode, Row> = {
  31001: [
    'The network is slow',
    'A round trip takes over 0.4 s.',
    'Distant region, VPN or busy network',
    'Use a nearer region or a better network.',
  ],
  31002: [
    'The network is unsteady',
    'Jitter is over 30 ms.',
    'Busy network or weak Wi-Fi',
    'Use a cable or better Wi-Fi.',
  ],
  31003: [
    'Packets are being lost',
    'More than 1 % do not arrive.',
    'Busy network or weak Wi-Fi',
    'Use a cable or better Wi-Fi.',
  ],
  31004: [
    'The call quality is poor',
    'The estimated MOS is below 3.5.',
    'Delay, jitter or loss',
    'Use a better network.',
  ],
  31005: [
    'Your microphone is silent',
    'Nothing is heard from it.',
    'Wrong or muted device',
    'Check the microphone and whether it is muted.',
  ],
  31006: [
    'The other side is silent',
    'The audio that arrives carries no sound.',
    'Their microphone is muted',
    'Ask the other side to check the microphone.',
  ],
  32001: [
    'No audio arrives',
    'No packets have come for 3 s.',
    'Network blocked or lost',
    'Nothing has to be done: the client restores the media.',
  ],
  32002: [
    'No audio is sent',
    'No packets have left for 3 s.',
    'Capture or network stopped',
    'Check the microphone.',
  ],
  32003: [
    'The call cannot be recorded',
    'This browser does not let pages read raw audio.',
    'No MediaStreamTrackProcessor',
    'Use a browser based on Chromium.',
  ],
  32004: [
    'The recording has a gap',
    'Audio could not be uploaded in time and was dropped.',
    'Slow upload',
    'Raise the size of the recording buffer.',
  ],
  33001: [
    'The media is interrupted',
    'The path to the other side has stopped answering.',
    'Network changed or lost',
    'Nothing has to be done: the client restores the media.',
  ],
  33002: [
    'Finding a network path takes long',
    'Gathering has not finished after 15 s.',
    'STUN or TURN without answer',
    'Check iceServers and the firewall.',
  ],
  33003: [
    'No network path was found',
    'The browser has no ICE candidate.',
    'No network, or a firewall',
    'Check the network, iceServers and the firewall.',
  ],
  33004: [
    'The media connection failed',
    'No path to the other side works any more.',
    'Network changed or lost',
    'Nothing has to be done: the client restores the media.',
  ],
  33005: [
    'Only local network paths were found',
    'The configured STUN and TURN servers gave no candidate.',
    'Server down, or blocked by a firewall',
    'Check iceServers and the firewall.',
  ],
  33006: [
    'The call is already being answered',
    'answer() was called again.',
    'Two clicks, or two listeners',
    'Call answer() once.',
  ],
  33007: [
    'The call was answered by another object',
    'That object already has this call.',
    'Two clients on one page',
    'Use the call named by activeCallId.',
  ],
  33008: [
    'The network path has changed',
    'Audio now takes another way.',
    'Network changed',
    'Nothing has to be done.',
  ],
  33009: [
    'The microphone was not switched',
    'This call sends no audio yet.',
    'Call not active, or without audio',
    'Choose the microphone when the call is active.',
  ],
  33010: [
    'Several calls are active',
    'A call began during another one.',
    'New, inbound or resumed call',
    'Hold or end one of them.',
  ],
  33011: [
    'Two calls share an audio element',
    'The later call has taken it from the earlier one.',
    'The same remoteElement for both',
    'Give each call its own remoteElement.',
  ],
  34001: [
    'The sign-in expires soon',
    'The login_token is near its end.',
    'Token without renewal',
    'Call login() with a new token.',
  ],
  35002: [
    'An unknown call was resumed',
    'The gateway kept a call that this page did not know.',
    'Page reload, or another tab',
    'Nothing has to be done.',
  ],
  36003: [
    'The connection to the gateway was lost',
    'It shows no sign of life.',
    'Network changed or lost',
    'Nothing has to be done: the client connects again.',
  ],
  36004: [
    'The media is being restored',
    'An ICE restart has begun.',
    'Network changed or lost',
    'Nothing has to be done.',
  ],
  36005: [
    'The connection was closed',
    'It is not opened again by itself.',
    'autoReconnect is off, or the gateway closed it',
    'Call connect().',
  ],
};

const entry = (name: string, [message, description, cause, solution]: Row): SdkWarningEntry => ({
  name,
  message,
  description,
  causes: [cause],
  solutions: [solution],
});

function catalogue<C extends number, E>(
  names: Readonly<Record<string, C>>,
  toEntry: (name: string, code: C) => E,
): Readonly<Record<C, E>> {
  const rows = Object.entries(names).map(([name, code]) => [code, toEntry(name, code)]);
  return Object.fromEntries(rows) as Record<C, E>;
}

/** Every error the SDK raises, by code. */
export const SDK_ERRORS: Readonly<Record<SdkErrorCode, SdkErrorEntry>> = /* @__PURE__ */ catalogue(
  TELNYX_ERROR_CODES,
  (name, code) => ({ ...entry(name, ERRORS[code]), fatal: !MILD.includes(code) }),
);

/** Every warning the SDK raises, by code. */
export const SDK_WARNINGS: Readonly<Record<SdkWarningCode, SdkWarningEntry>> =
  /* @__PURE__ */ catalogue(TELNYX_WARNING_CODES, (name, code) => entry(name, WARNINGS[code]));

/** The warning with this code, as applications receive it. */
export function createWarning(code: SdkWarningCode): ITelnyxWarning {
  const { causes, solutions, ...rest } = SDK_WARNINGS[code];
  return { code, ...rest, causes: [...causes], solutions: [...solutions], docs: docsOf(code) };
}
