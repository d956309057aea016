import { request as requestPlain } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { CustomFetch } from 'openid-client';
import { isLoopbackName } from '../../http/addresses.ts';
import { textOf } from '../../http-post.ts';

/** Answers without a body, which `Response` refuses one for. */
const EMPTY = new Set([204, 205, 304]);

/**
 * How the provider is asked: by https (http on this machine only), no redirect followed, and no answer longer than `textOf` takes.
 * Not the global `fetch`, for the reason that `http-post.ts` gives.
 */
export const providerFetch: CustomFetch = async (address, options) => {
  const url = new URL(address);
  if (url.protocol !== 'https:' && !isLoopbackName(url.hostname)) {
    throw new Error(`${url.origin} is no https address`);
  }
  const { method, headers, body, signal } = options;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const open = url.protocol === 'https:' ? requestSecure : requestPlain;
    const request = open(url, { method, headers, ...(signal && { signal }) }, resolve);
    request.on('error', reject);
    if (body === null || body === undefined) {
      request.end();
    } else if (typeof body === 'string' || body instanceof URLSearchParams) {
      request.end(body.toString());
    } else {
      request.destroy(new Error('A body of this kind is not sent'));
    }
  });
  const text = await textOf(response);
  const status = response.statusCode ?? 0;
  const told = Object.entries(response.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  return new Response(EMPTY.has(status) ? null : text, { status, headers: told });
};
