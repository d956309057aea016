import { readFileSync } from 'node:fs';
import { EngineError } from './engine.ts';
import type { SecretRef } from './definition.ts';

/**
 * Reads a key where the configuration says that it is, at the time it is used, so that a renewed one counts.
 * @throws {EngineError}
 */
export function readSecret(
  ref: SecretRef | undefined,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  if (ref === undefined) {
    return undefined;
  }
  if ('env' in ref) {
    const value = environment[ref.env];
    if (value !== undefined && value !== '') {
      return value;
    }
    throw new EngineError('engine_unavailable', `the environment variable ${ref.env} is not set`);
  }
  try {
    return readFileSync(ref.file, 'utf8').trim();
  } catch (error) {
    throw new EngineError('engine_unavailable', `the key file ${ref.file} cannot be read`, {
      cause: error,
    });
  }
}

export function bearer(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}
