import type { CustomHeader } from '../calls/dialog.ts';
import type { Headers } from './core/headers.ts';

const MAX_HEADERS = 20;
const MAX_VALUE = 512;
/** Only names that no standard has: a page writes no header that means something to a server. */
const NAME = /^X-[A-Za-z0-9\-_.]{1,62}$/i;

/** An application's headers as they may stand in a message of ours; what is no `X-` header, or too long, is left out. */
export function writeCustomHeaders(
  headers: readonly CustomHeader[] | undefined,
): readonly (readonly [string, string])[] {
  return (headers ?? [])
    .filter(({ name, value }) => NAME.test(name) && value.length <= MAX_VALUE)
    .slice(0, MAX_HEADERS)
    .map(({ name, value }) => [name, value.replace(/\p{C}+/gu, ' ').trim()]);
}

/** The `X-` headers of a peer; undefined when there are none. */
export function readCustomHeaders(headers: Headers): readonly CustomHeader[] | undefined {
  const custom: { name: string; value: string }[] = [];
  for (const [name, value] of headers) {
    if (custom.length < MAX_HEADERS && NAME.test(name) && value.length <= MAX_VALUE) {
      custom.push({ name, value: value.replace(/\p{C}+/gu, ' ') });
    }
  }
  return custom.length === 0 ? undefined : custom;
}
