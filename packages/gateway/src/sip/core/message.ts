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
  /** The response that says so to its sender, where the message holds what a response needs. */
  readonly answer: SipResponse | undefined;

  constructor(message: string, answer?: SipResponse) {
    super(message);
    this.answer = answer;
  }
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
    if (data.length > MAX_HEADER_BYTES) {
      throw new SipParseError('the headers are too long');
    }
    return null;
  }
  if (end > MAX_HEADER_BYTES) {
    throw new SipParseError('the headers are too long');
  }
  const head = data.toString('latin1', 0, end);
  const length = /\r\n(?:content-length|l)[ \t]*:[ \t]*(\d{1,6})[ \t]*(?=\r\n|$)/i.exec(head)?.[1];
  if (length === undefined) {
    throw new SipParseError('no Content-Length');
  }
  const total = end + SEPARATOR.length + Number(length);
  if (total > MAX_MESSAGE_BYTES) {
    throw new SipParseError('the message is too long');
  }
  return total;
}

/** @throws SipParseError */
export function parseMessage(data: Buffer): SipMessage {
  if (data.length > MAX_MESSAGE_BYTES) {
    throw new SipParseError('the message is too long');
  }
  const end = data.indexOf(SEPARATOR);
  if (end === -1 || end > MAX_HEADER_BYTES) {
    throw new SipParseError('no end of headers');
  }
  // Folded lines (RFC 3261, 7.3.1) are one.
  const lines = data
    .toString('utf8', 0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  if (lines.length > MAX_HEADER_LINES) {
    throw new SipParseError('too many headers');
  }
  const [first = '', ...rest] = lines;
  const headers = new Headers(rest.map(readHeader));
  for (const name of NEEDED) {
    if (!headers.has(name)) {
      throw new SipParseError(`no ${name}`);
    }
  }
  const cseq = cseqOf(headers);
  const status = /^SIP\/2\.0 ([1-6]\d{2})(?: (.*))?$/.exec(first);
  const start = end + SEPARATOR.length;
  if (status) {
    const reason = status[2] ?? '';
    return {
      kind: 'response',
      status: Number(status[1]),
      reason,
      headers: single(headers),
      body: readBody(data, start, headers),
    };
  }
  const [, method, uri, version] = START.exec(first) ?? [];
  if (method === undefined || uri === undefined) {
    throw new SipParseError('no start line');
  }
  const bare = { kind: 'request', method, uri, headers, body: '' } as const;
  try {
    if (version !== '2.0') {
      throw new SipParseError('another version of SIP');
    }
    if (cseq.method !== method) {
      throw new SipParseError('CSeq names another method');
    }
    return { ...bare, headers: single(headers), body: readBody(data, start, headers) };
  } catch (error) {
    if (!(error instanceof SipParseError) || method === 'ACK') {
      throw error;
    }
    const reason = version === '2.0' ? `Bad Request: ${error.message}` : 'Version Not Supported';
    throw new SipParseError(
      error.message,
      makeResponse(bare, version === '2.0' ? 400 : 505, { reason, toTag: 'malformed' }),
    );
  }
}

const NEEDED = ['Via', 'From', 'To', 'Call-ID', 'CSeq'] as const;
const START = /^([A-Za-z0-9\-.!%*_+`'~]{1,64}) (\S{1,1024}) SIP\/(\d{1,2}\.\d{1,2})$/;

/** @throws SipParseError when a header stands twice whose second value somebody else would read in the place of the first */
function single(headers: Headers): Headers {
  for (const name of ['From', 'To', 'Call-ID', 'CSeq', 'Max-Forwards', 'Content-Length']) {
    if (headers.all(name).length > 1) {
      throw new SipParseError(`${name} stands twice`);
    }
  }
  return headers;
}

/** @throws SipParseError */
function readBody(data: Buffer, start: number, headers: Headers): string {
  const declared = headers.get('Content-Length');
  if (declared === undefined) {
    return data.toString('utf8', start);
  }
  const length = /^\d{1,6}$/.test(declared) ? Number(declared) : Infinity;
  if (start + length > data.length) {
    throw new SipParseError('the body is shorter than Content-Length says');
  }
  return data.toString('utf8', start, start + length);
}

function readHeader(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(0, colon)).trimEnd();
  // A bare CR, LF or NUL would smuggle a header into what we write.
  if (!TOKEN.test(name) || /[\0\r\n]/.test(line)) {
    throw new SipParseError('a header that is none');
  }
  return [name, line.slice(colon + 1).trim()];
}

export function serializeMessage(message: SipMessage): string {
  const first =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${String(message.status)} ${message.reason}`;
  const lines = [first];
  for (const [name, value] of message.headers) {
    if (!/^(?:content-length|l)$/i.test(name)) {
      lines.push(`${name}: ${value}`);
    }
  }
  lines.push(`Content-Length: ${String(Buffer.byteLength(message.body))}`, '', message.body);
  return lines.join('\r\n');
}

/** @throws SipParseError */
export function cseqOf(headers: Headers): { readonly number: number; readonly method: string } {
  const [, number, method] =
    /^(\d{1,10})\s+([A-Za-z0-9\-.!%*_+`'~]{1,64})$/.exec(headers.get('CSeq') ?? '') ?? [];
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
    if (!/^v(ia)?$/i.test(name)) {
      headers.add(name, value);
    }
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
  505: 'Version Not Supported',
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
  for (const via of request.headers.all('Via')) {
    headers.add('Via', via);
  }
  headers.add('From', request.headers.get('From') ?? '');
  const to = request.headers.get('To') ?? '';
  const hasTag = /;\s*tag\s*=/i.test(to.slice(to.lastIndexOf('>') + 1));
  const { toTag } = options;
  headers.add('To', hasTag || toTag === undefined ? to : `${to};tag=${toTag}`);
  headers.add('Call-ID', request.headers.get('Call-ID') ?? '');
  headers.add('CSeq', request.headers.get('CSeq') ?? '');
  for (const [name, value] of options.headers ?? []) {
    headers.add(name, value);
  }
  return {
    kind: 'response',
    status,
    reason: options.reason ?? REASONS[status] ?? 'Unknown',
    headers,
    body: options.body ?? '',
  };
}
