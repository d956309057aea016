import { describe, expect, it } from 'vitest';
import { CONNECTION_TRANSITIONS } from '../signaling/connection-state.ts';
import { CALL_TRANSITIONS } from './call-state.ts';
import { LEG_TRANSITIONS } from './leg-state.ts';
import { next } from './transitions.ts';

type Table = Readonly<Record<string, Readonly<Record<string, string>>>>;

const TABLES: readonly [string, Table, string, string][] = [
  ['call', CALL_TRANSITIONS, 'routing', 'ended'],
  ['leg', LEG_TRANSITIONS, 'setup', 'ended'],
  ['connection', CONNECTION_TRANSITIONS, 'open', 'closed'],
];

describe.each(TABLES)('the table of a %s', (_name, table, first, last) => {
  it('has one terminal state, without exits, which every other state reaches at once', () => {
    for (const [state, exits] of Object.entries(table)) {
      if (state === last) {
        expect(exits).toEqual({});
      } else {
        expect(Object.values(exits)).toContain(last);
      }
    }
  });

  it('reaches every state from the first', () => {
    const reached = new Set([first]);
    for (const state of reached) {
      for (const to of Object.values(table[state] ?? {})) {
        reached.add(to);
      }
    }
    expect([...reached].sort()).toEqual(Object.keys(table).sort());
  });

  it('does not know events that do not fit', () => {
    expect(next(table, last, Object.keys(table[first] ?? {})[0] ?? '')).toBeNull();
    expect(next(table, first, 'no such event')).toBeNull();
  });
});
