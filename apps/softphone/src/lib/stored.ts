/** A JSON value in the browser's storage. Everything may be refused (private windows, full disks): then it is forgotten. */
export interface Stored<T> {
  readonly read: () => T;
  readonly write: (value: T) => void;
  readonly clear: () => void;
}

/**
 * @param parse Turns whatever is found into a value; what a person or an older version left there is not to be trusted.
 */
export function stored<T>(
  storage: () => Storage,
  key: string,
  parse: (found: unknown) => T,
): Stored<T> {
  const attempt = <R>(action: () => R): R | undefined => {
    try {
      return action();
    } catch {
      return undefined;
    }
  };
  return {
    read: () => parse(attempt(() => JSON.parse(storage().getItem(key) ?? 'null') as unknown)),
    write: (value) => attempt(() => storage().setItem(key, JSON.stringify(value))),
    clear: () => attempt(() => storage().removeItem(key)),
  };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
