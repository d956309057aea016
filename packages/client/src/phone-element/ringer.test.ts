import { describe, expect, it } from 'vitest';
import { FakePlatform } from '../testing/fake-platform.ts';
import { Ringer } from './ringer.ts';

class FakeParam {
  readonly setValueAtTime = (): void => undefined;
  readonly linearRampToValueAtTime = (): void => undefined;
}

/** What of an `AudioContext` the ringer uses. */
class FakeContext {
  static all: FakeContext[] = [];
  /** Whether a page may make sounds yet. */
  static allowed = true;
  state: 'running' | 'suspended' | 'closed' = FakeContext.allowed ? 'running' : 'suspended';
  readonly currentTime = 10;
  readonly destination = {};
  readonly notes: { readonly hertz: number; readonly from: number }[] = [];
  sink = '';

  constructor() {
    FakeContext.all.push(this);
  }
  createGain() {
    return { gain: new FakeParam(), connect: () => undefined };
  }
  createOscillator() {
    const frequency = { value: 0 };
    return {
      frequency,
      connect: () => undefined,
      start: (from: number) => this.notes.push({ hertz: frequency.value, from }),
      stop: () => undefined,
    };
  }
  setSinkId(id: string): Promise<void> {
    this.sink = id;
    return id === 'gone' ? Promise.reject(new Error('NotFoundError')) : Promise.resolve();
  }
  resume(): Promise<void> {
    this.state = FakeContext.allowed ? 'running' : this.state;
    return Promise.resolve();
  }
  close(): Promise<void> {
    this.state = 'closed';
    return Promise.resolve();
  }
}

function ringer() {
  FakeContext.all = [];
  FakeContext.allowed = true;
  const platform = new FakePlatform();
  Object.assign(platform, { AudioContext: FakeContext });
  return { platform, ringer: new Ringer(platform), context: () => FakeContext.all.at(-1)! };
}

describe('Ring tones', () => {
  it('sound again and again until they are stopped, and leave nothing', async () => {
    const { platform, ringer: own, context } = ringer();
    own.play('ringback', '');
    expect(context().notes).toEqual([{ hertz: 425, from: 10 }]);
    await platform.clock.advance(5_000);
    expect(context().notes).toHaveLength(2);
    own.play('ringback', '');
    expect(FakeContext.all).toHaveLength(1);
    own.play(null, '');
    expect(context().state).toBe('closed');
    expect(platform.running()).toEqual({ timers: 0, sockets: 0, listeners: 0 });
  });

  it('sound at the device that was chosen, also when that is gone', async () => {
    const { ringer: own, context } = ringer();
    own.play('incoming', 'gone');
    await Promise.resolve();
    expect(context().sink).toBe('gone');
    expect(context().notes.length).toBeGreaterThan(0);
    own.stop();
  });

  it('wait for the first touch of a page, and do not sound all at once then', async () => {
    const { platform, ringer: own, context } = ringer();
    FakeContext.allowed = false;
    own.play('waiting', '');
    await platform.clock.advance(20_000);
    expect(context().notes).toEqual([]);
    FakeContext.allowed = true;
    platform.fakeDocument.fire('pointerdown');
    await platform.clock.advance(250);
    expect(context().notes).toHaveLength(1);
    own.stop();
    expect(platform.running()).toEqual({ timers: 0, sockets: 0, listeners: 0 });
  });

  it('are silent where a browser has none', () => {
    const { platform, ringer: own } = ringer();
    Object.assign(platform, { AudioContext: undefined });
    own.play('incoming', '');
    expect(platform.running()).toEqual({ timers: 0, sockets: 0, listeners: 0 });
  });
});
