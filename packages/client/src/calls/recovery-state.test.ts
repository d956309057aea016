import { describe, expect, it } from 'vitest';
import {
  asks,
  keepsPeer,
  nextRecovery,
  RECOVERY_TABLE,
  type RecoveryEvent,
  type RecoveryState,
} from './recovery-state.ts';

const STATES = Object.keys(RECOVERY_TABLE) as RecoveryState[];
const EVENTS = [
  ...new Set(STATES.flatMap((state) => Object.keys(RECOVERY_TABLE[state]))),
] as RecoveryEvent[];
const after = (...events: RecoveryEvent[]): RecoveryState =>
  events.reduce<RecoveryState>((state, event) => nextRecovery(state, event) ?? state, 'steady');

describe('the table of recovery', () => {
  it('has no exit from done, and leads there from everywhere', () => {
    for (const event of EVENTS) {
      expect(nextRecovery('done', event)).toBeUndefined();
    }
    for (const state of STATES) {
      if (state !== 'done') {
        expect(nextRecovery(state, 'done')).toBe('done');
      }
    }
  });

  it('reaches every state from steady', () => {
    const found = new Set<RecoveryState>(['steady']);
    for (const state of found) {
      for (const next of Object.values(RECOVERY_TABLE[state])) {
        found.add(next);
      }
    }
    expect([...found].sort()).toEqual([...STATES].sort());
  });

  it('a lost path is restarted on the same peer, and only a failed one is replaced', () => {
    expect(after('disconnected', 'grace')).toBe('restarting');
    expect(after('disconnected', 'reachable')).toBe('restarting');
    expect(after('disconnected', 'connected')).toBe('steady');
    expect(after('pathLost', 'flowing')).toBe('steady');
    expect(after('pathLost', 'expired')).toBe('restarting');
    expect(after('failed', 'connected')).toBe('steady');
    expect(after('failed', 'expired')).toBe('replacing');
    expect(after('failed', 'attach')).toBe('replacing');
    expect(after('attach')).toBe('rebuilding');
    expect(after('closed')).toBe('rebuilding');
    expect(after('failed', 'closed')).toBe('rebuilding');
  });

  it('no way leads from a fallback back to the peer that was given up', () => {
    for (const state of STATES.filter((each) => !keepsPeer(each))) {
      for (const next of Object.values(RECOVERY_TABLE[state])) {
        expect(keepsPeer(next)).toBe(false);
      }
    }
  });

  it('where the application decides, nothing but its decision and the end leads on', () => {
    for (const state of STATES.filter(asks)) {
      expect(Object.keys(RECOVERY_TABLE[state]).sort()).toEqual(['done', 'recover']);
    }
  });
});
