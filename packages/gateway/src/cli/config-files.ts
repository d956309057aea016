import { resolve } from 'node:path';
import { environmentSource, fileSource, isObject } from '../config/sources.ts';
import type { ConfigOptions } from './options.ts';

/** The files that a gateway with this configuration reads beside its data folder: the configuration itself, certificates, secrets. */
export function filesOfConfig(
  options: ConfigOptions,
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const file = options.config ?? environment['OFFHOOK_CONFIG'];
  const named = file === undefined || file === '' ? [] : [file];
  const sources = [...named.map(fileSource), environmentSource(environment)];
  const found = sources.flatMap(({ values }) =>
    values.flatMap(({ path, value }) => [
      ...(path.startsWith('tls.') && typeof value === 'string' ? [value] : []),
      ...filesIn(value),
    ]),
  );
  return [...new Set([...named, ...found].map((path) => resolve(path)))];
}

/** Every `{ "file": path }` of a value. */
function filesIn(value: unknown): string[] {
  if (Array.isArray(value)) {
    return value.flatMap(filesIn);
  }
  if (!isObject(value)) {
    return [];
  }
  const own = value['file'];
  return [...(typeof own === 'string' ? [own] : []), ...Object.values(value).flatMap(filesIn)];
}
