import { reactive, ref, type Ref } from 'vue';
import { describe, expect, it } from 'vitest';
import type { TelnyxRTC } from './client.ts';
import { AssistantSession } from './assistant/session.ts';
import { PreCallDiagnosis } from './diagnostics/pre-call-diagnosis.ts';
import { PreCallDiagnostic } from './diagnostics/pre-call-diagnostic.ts';
import { TimingsCollector } from './diagnostics/timings.ts';
import { CallBench } from './testing/call-bench.ts';
import { membrane } from './testing/membrane.ts';
import { markRaw, proxySafe, raw } from './proxy-safe.ts';

class Counter {
  #count = 0;
  readonly other: Counter | null;
  constructor(other: Counter | null = null) {
    markRaw(this);
    this.other = other;
  }
  get count(): number {
    return this.#count;
  }
  set count(count: number) {
    this.#count = count;
  }
  add(from: Counter): number {
    return (this.#count += from.#count);
  }
  is(other: Counter): boolean {
    return this === other;
  }
  static made = 1;
}
proxySafe(Counter);

describe('an object whose class is safe behind a proxy', () => {
  const wraps: Record<string, (counter: Counter) => Counter> = {
    'Vue’s reactive': (counter: Counter) => reactive(counter) as unknown as Counter,
    'Vue’s ref': (counter: Counter) => (ref(counter) as unknown as Ref<Counter>).value,
    'a property of something reactive': (counter: Counter) =>
      (reactive({ counter }) as unknown as { counter: Counter }).counter,
    'a membrane that wraps whatever it hands out': membrane,
    'a membrane in a membrane': (counter: Counter) => membrane(membrane(counter)),
  };
  it.each(Object.entries(wraps))('works through %s', (_, wrap) => {
    const inner = new Counter();
    const counter = new Counter(inner);
    const seen = wrap(counter);
    seen.count = 2;
    expect(seen.count).toBe(2);
    expect(counter.count).toBe(2);
    expect(seen.add(wrap(counter))).toBe(4);
    expect(seen.is(counter)).toBe(true);
    expect(counter.is(seen)).toBe(true);
    expect(raw(seen)).toBe(counter);
    const { other } = seen;
    if (other) {
      other.count = 7;
    }
    expect(inner.count).toBe(7);
  });

  it('keeps names and lengths of methods', () => {
    expect(Counter.prototype.add.name).toBe('add');
    expect(Counter.prototype.add.length).toBe(1);
    expect(Counter.made).toBe(1);
  });

  it('raw: anything else is what it is', () => {
    const proxied = reactive({ a: 1 });
    const strange = [null, undefined, 0, '', Symbol.iterator, () => 1, proxied];
    for (const value of strange) {
      expect(raw(value)).toBe(value);
    }
  });
});

describe('what else an application can make, behind a proxy', () => {
  const session = new AssistantSession({
    targetId: 'a',
    createClient: () => {
      throw new Error('No client in this test');
    },
  });
  const check = new PreCallDiagnostic({ client: {} as TelnyxRTC, mode: 'microphone-only' });
  const nothing = () => undefined;
  const calls: [object, string, ...unknown[]][] = [
    [session, 'on', 'state', nothing],
    [session, 'tool', 't', { type: 'object', properties: {} }, nothing],
    [session, 'start'],
    [session, 'stop'],
    [session, 'send', 'hello'],
    [session, 'interrupt'],
    [session, 'toggleMute'],
    [session, 'dispose'],
    [check, 'run'],
    [new PreCallDiagnosis(), 'run', { credentials: {} }],
    [new PreCallDiagnosis(), 'getTelnyxIds'],
    [new TimingsCollector(), 'build'],
    [new TimingsCollector(), 'complete', {}],
  ];
  it.each(calls.map((call) => [call[0].constructor.name, call[1], call] as const))(
    '%s.%s() runs on the object itself',
    async (_, name, [made, , ...args]) => {
      const seen = reactive(made) as Record<string, (...args: unknown[]) => unknown>;
      let problem: unknown;
      try {
        await seen[name]?.(...args);
      } catch (error) {
        problem = error;
      }
      expect(String(problem)).not.toContain('private');
    },
  );
});

describe('a call behind a proxy', () => {
  it.each([
    ['Vue’s ref', <T extends object>(it: T) => (ref(it) as unknown as Ref<T>).value],
    ['a membrane', membrane],
  ])('%s: every accessor reads, and a hangup hangs up', async (_, wrap) => {
    const bench = new CallBench();
    const call = await bench.connect();
    const seen = wrap(call);
    const inherited = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(call));
    for (const key of [...Object.keys(inherited), ...Object.keys(call)]) {
      if (key !== 'ai') {
        expect(() => Reflect.get(seen, key) as unknown).not.toThrow();
      }
    }
    expect(seen.peer.isConnectionHealthy()).toBe(call.peer.isConnectionHealthy());
    seen.toggleAudioMute();
    expect(call.isAudioMuted).toBe(true);
    seen.dtmf('5');
    seen.extension = '3500';
    expect(call.extension).toBe('3500');
    const copied = <T extends object>(from: T): T => ({ ...from });
    expect(copied(seen).state).toBe('active');
    const ended: unknown[] = [];
    seen.on('ended', (end) => ended.push(end));
    void seen.hangup();
    expect(call.state).toBe('hangup');
    expect(ended).toHaveLength(1);
    expect(bench.signaling.of('bye')).toHaveLength(1);
  });
});
