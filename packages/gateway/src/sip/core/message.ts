import { Headers } from './headers.ts';

export interface SipRequest {
  readonly kind: 'request';
  readonly method: string;
  /** Request-URI, as it stands. */
  readonly uri: string;
  readonly headers: Headers;
  readonly body: string;
}

export interface SipResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: Headers;
  readonly body: string;
}

export type SipMessage = SipRequest | SipResponse;

/** What came is no SIP message, or one beyond our limits. */
export class SipParseError extends Error {
  override readonly name = 'SipParseError';
}

/** Bytes of one message; a UDP datagram holds no more. */
export const MAX_MESSAGE_BYTES = 65_535;
const MAX_HEADER_BYTES = 16_384;
const MAX_HEADER_LINES = 128;
const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;
const SEPARATOR = Buffer.from('\r\n\r\n');

/**
 * Where the head of a message ends, and how long its body is: what cuts a stream into messages (RFC 3261, 18.3).
 *
 * @returns null while the head is not there in full
 * @throws SipParseError when it cannot become a message any more
 */
export function frameLength(data: Buffer): number | null {
  const end = data.indexOf(SEPARATOR);
  if (end === -1) {
    if (data.length > MAX_HEADER_BYTES) throw new SipParseError('the headers are too long');
    return null;
  }
  if (end > MAX_HEADER_BYTES) throw new SipParseError('the headers are too long');
  const head = data.toString('latin1', 0, end);
  const length = /\r\n(?:content-length|l)[ \t]*:[ \t]*(\d{1,6})[ \t]*(?=\r\n|$)/i.exec(head)?.[1];
  if (length === undefined) throw new SipParseError('no Content-Length');
  const total = end + SEPARATOR.length + Number(length);
  if (total > MAX_MESSAGE_BYTES) throw new SipParseError('the message is too long');
  return total;
}

/** @throws SipParseError */
export function parseMessage(data: Buffer): SipMessage {
  if (data.length > MAX_MESSAGE_BYTES) throw new SipParseError('the message is too long');
  const end = data.indexOf(SEPARATOR);
  if (end === -1 || end > MAX_HEADER_BYTES) throw new SipParseError('no end of headers');
  // Folded lines (RFC 3261, 7.3.1) are one.
  const lines = data
    .toString('utf8', 0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  if (lines.length > MAX_HEADER_LINES) throw new SipParseError('too many headers');
  const [first = '', ...rest] = lines;
  const headers = new Headers(rest.map(readHeader));
  const start = end + SEPARATOR.length;
  const declared = headers.get('Content-Length');
  const length = declared === undefined ? data.length - start : Number(declared);
  if (!Number.isInteger(length) || length < 0 || start + length > data.length) {
    throw new SipParseError('the body is shorter than Content-Length says');
  }
  const body = data.toString('utf8', start, start + length);
  for (const name of ['Via', 'From', 'To', 'Call-ID', 'CSeq']) {
    if (!headers.has(name)) throw new SipParseError(`no ${name}`);
  }
  const cseq = cseqOf(headers);
  const status = /^SIP\/2\.0 ([1-6]\d{2})(?: (.*))?$/.exec(first);
  if (status) {
    return { kind: 'response', status: Number(status[1]), reason: status[2] ?? '', headers, body };
  }
  const [, method, uri] = /^([A-Z]{1,32}) (\S{1,1024}) SIP\/2\.0$/.exec(first) ?? [];
  if (method === undefined || uri === undefined) throw new SipParseError('no start line');
  if (cseq.method !== method) throw new SipParseError('CSeq names another method');
  return { kind: 'request', method, uri, headers, body };
}

function readHeader(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(0, colon)).trimEnd();
  // A bare CR, LF or NUL would smuggle a header into what we write.
  if (!TOKEN.test(name) || /[\0\r\n]/.test(line)) throw new SipParseError('a header that is none');
  return [name, line.slice(colon + 1).trim()];
}

export function serializeMessage(message: SipMessage): string {
  const first =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${String(message.status)} ${message.reason}`;
  const lines = [first];
  for (const [name, value] of message.headers) {
    if (name.toLowerCase() !== 'content-length') lines.push(`${name}: ${value}`);
  }
  lines.push(`Content-Length: ${String(Buffer.byteLength(message.body))}`, '', message.body);
  return lines.join('\r\n');
}

/** @throws SipParseError */
export function cseqOf(headers: Headers): { readonly number: number; readonly method: string } {
  const [, number, method] = /^(\d{1,10})\s+([A-Z]{1,32})$/.exec(headers.get('CSeq') ?? '') ?? [];
  if (number === undefined || method === undefined || Number(number) >= 2 ** 31) {
    throw new SipParseError('a CSeq that is none');
  }
  return { number: Number(number), method };
}

/** With what the Via of the last hop says of where it really came from (RFC 3261, 18.2.1; RFC 3581, 4). */
export function withReceived(
  request: SipRequest,
  { address, port }: { readonly address: string; readonly port: number },
): SipRequest {
  const [top = '', ...below] = request.headers.all('Via');
  const asksPort = /;\s*rport\s*(?=[;=]|$)/i.test(top);
  const bare = top.replace(/;\s*(?:received|rport)\s*(?:=[^;]*)?(?=;|$)/gi, '');
  const seen = `${bare};received=${address}${asksPort ? `;rport=${String(port)}` : ''}`;
  const headers = new Headers([seen, ...below].map((via) => ['Via', via] as const));
  for (const [name, value] of request.headers) {
    if (!/^v(ia)?$/i.test(name)) headers.add(name, value);
  }
  return { ...request, headers };
}

const REASONS: Readonly<Record<number, string>> = {
  100: 'Trying',
  180: 'Ringing',
  183: 'Session Progress',
  200: 'OK',
  202: 'Accepted',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  410: 'Gone',
  415: 'Unsupported Media Type',
  416: 'Unsupported URI Scheme',
  420: 'Bad Extension',
  422: 'Session Interval Too Small',
  480: 'Temporarily Unavailable',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  491: 'Request Pending',
  500: 'Server Internal Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  513: 'Message Too Large',
  603: 'Decline',
};

/** A response with the headers that every one copies from its request (RFC 3261, 8.2.6). */
export function makeResponse(
  request: SipRequest,
  status: number,
  options: {
    readonly reason?: string;
    /** Our tag in To; a request that has one keeps it. */
    readonly toTag?: string;
    readonly headers?: Iterable<readonly [string, string]>;
    readonly body?: string;
  } = {},
): SipResponse {
  const headers = new Headers();
  for (const via of request.headers.all('Via')) headers.add('Via', via);
  headers.add('From', request.headers.get('From') ?? '');
  const to = request.headers.get('To') ?? '';
  const hasTag = /;\s*tag\s*=/i.test(to.slice(to.lastIndexOf('>') + 1));
  const { toTag } = options;
  headers.add('To', hasTag || toTag === undefined ? to : `${to};tag=${toTag}`);
  headers.add('Call-ID', request.headers.get('Call-ID') ?? '');
  headers.add('CSeq', request.headers.get('CSeq') ?? '');
  for (const [name, value] of options.headers ?? []) headers.add(name, value);
  return {
    kind: 'response',
    status,
    reason: options.reason ?? REASONS[status] ?? 'Unknown',
    headers,
    body: options.body ?? '',
  };
}
