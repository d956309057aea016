import type { Method } from './methods.ts';

/**
 * How method names stand on the wire. A dialect is data: it says which methods exist and how they are spelled, in both
 * directions; what the messages hold is the same for all.
 */
export interface Dialect {
  readonly name: 'telnyx' | 'freeswitch';
  /** Spelling of each method that the dialect has. */
  readonly toWire: ReadonlyMap<Method, string>;
  /** All spellings that are understood; more than one may mean the same method. */
  readonly fromWire: ReadonlyMap<string, Method>;
}

/**
 * @param prefixed methods that carry `prefix` and a dot on the wire
 * @param bare methods that stand as they are
 * @param aliases further spellings, understood but never written
 */
export function defineDialect(
  name: Dialect['name'],
  prefix: string,
  prefixed: readonly Method[],
  bare: readonly Method[],
  aliases: readonly (readonly [string, Method])[] = [],
): Dialect {
  const toWire = new Map<Method, string>();
  for (const method of prefixed) {
    toWire.set(method, `${prefix}.${method}`);
  }
  for (const method of bare) {
    toWire.set(method, method);
  }
  const fromWire = new Map<string, Method>(aliases);
  for (const [method, wire] of toWire) {
    fromWire.set(wire, method);
  }
  return { name, toWire, fromWire };
}
