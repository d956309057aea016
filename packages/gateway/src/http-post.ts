import { request as requestPlain, type IncomingMessage } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { LookupFunction } from 'node:net';

export interface PostRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  readonly signal: AbortSignal;
  /** How the name of the host is looked up. Default: as everywhere. */
  readonly lookup?: LookupFunction;
}

/**
 * Posts, and settles with the answer when its head is here. Redirects are not followed: a key would go along. Not `fetch`: a body that is given
 * up in the wrong moment throws there where nobody can catch it (Node 24), and answers are given up whenever a caller interrupts.
 */
export function post({
  url,
  headers,
  body,
  signal,
  lookup,
}: PostRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const open = url.startsWith('https:') ? requestSecure : requestPlain;
    const options = { method: 'POST', headers, signal, ...(lookup && { lookup }) };
    const request = open(url, options, (response) => {
      resolve(response);
    });
    request.once('error', reject);
    // After the head is here, what happens to the connection is the answer's to tell.
    request.on('error', () => undefined);
    request.end(body);
  });
}

const MAX_TEXT = 4 * 1024 * 1024;

/** The whole answer, as far as that goes. */
export async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of response) {
    const bytes = part as Buffer;
    size += bytes.length;
    if (size > MAX_TEXT) {
      throw new Error('the answer is too long');
    }
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString('utf8');
}

export function isOk({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/** What is wrong with an answer that is not OK; it is not read. */
export function refusal(what: string, response: IncomingMessage): Error {
  response.destroy();
  return new Error(`${what}: HTTP ${String(response.statusCode)}`);
}
