import { describe, expect, it } from 'vitest';
import { StatsReader } from './stats-reader.ts';

/** A report that counts how many of its entries were made for the page. */
class Report extends Map<string, RTCStats> {
  made = 0;
  override get(key: string): RTCStats | undefined {
    this.made += 1;
    return super.get(key);
  }
  override *[Symbol.iterator](): MapIterator<[string, RTCStats]> {
    for (const entry of super.entries()) {
      this.made += 1;
      yield entry;
    }
  }
}

function report(over: Record<string, object | null> = {}): Report {
  const entries: Record<string, object | null> = {
    I: { type: 'inbound-rtp', kind: 'audio' },
    V: { type: 'inbound-rtp', kind: 'video' },
    O: { type: 'outbound-rtp', kind: 'audio' },
    T: { type: 'transport', selectedCandidatePairId: 'P1' },
    P1: { type: 'candidate-pair' },
    ...Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`x${n}`, { type: 'codec' }])),
    ...over,
  };
  const made = new Report();
  for (const [id, entry] of Object.entries(entries)) {
    if (entry) {
      made.set(id, entry as RTCStats);
    }
  }
  return made;
}

describe('Reading the statistics of one call again and again', () => {
  it('looks through all entries once, and then at those that matter only', () => {
    const reader = new StatsReader();
    reader.read(report());
    const next = report();
    reader.read(next);
    expect(reader.get(next, 'inbound-rtp')).toBe(Map.prototype.get.call(next, 'I'));
    expect(reader.get(next, 'outbound-rtp')).not.toBeNull();
    expect(reader.get(next, 'remote-inbound-rtp')).toBeNull();
    expect(next.made).toBeLessThan(5);
  });

  it('finds what comes later, what took another’s place, and misses what went', () => {
    const reader = new StatsReader();
    reader.read(report());
    const more = report({ R: { type: 'remote-inbound-rtp', kind: 'audio' } });
    reader.read(more);
    expect(reader.get(more, 'remote-inbound-rtp')).not.toBeNull();
    const other = report({
      I: null,
      I2: { type: 'inbound-rtp', kind: 'audio' },
      R: { type: 'remote-inbound-rtp', kind: 'audio' },
    });
    reader.read(other);
    expect(reader.get(other, 'inbound-rtp')).toBe(Map.prototype.get.call(other, 'I2'));
    const gone = report({ R: { type: 'codec' } });
    reader.read(gone);
    expect(reader.get(gone, 'inbound-rtp')).not.toBeNull();
  });

  it('follows the pair that is marked as selected (Firefox)', () => {
    const reader = new StatsReader();
    const pair = (selected: boolean) => ({ type: 'candidate-pair', selected });
    reader.read(report({ P1: pair(true), P2: pair(false) }));
    const moved = report({ P1: pair(false), P2: pair(true) });
    reader.read(moved);
    expect(reader.get(moved, 'pair')).toBe(Map.prototype.get.call(moved, 'P2'));
  });
});
