import { describe, expect, it } from 'vitest';
import type { Call } from './call.ts';
import { CallBench } from '../testing/call-bench.ts';
import { settle } from '../testing/fake-clock.ts';
import { readDigits } from './given.ts';

const junk = (value: unknown): never => value as never;

describe('What is given along with a hangup', () => {
  it.each([
    ['a header with a line break', { customHeaders: [{ name: 'X-Note', value: 'a\nb' }] }],
    ['a header without a value', { customHeaders: [{ name: 'X-Note', value: undefined }] }],
    ['a header without a name', { customHeaders: [{ value: 'a' }] }],
    ['headers that are none', { customHeaders: 'X-Note: a' }],
    ['a cause code of letters', { causeCode: 'busy' }],
    ['a cause of 300 characters', { cause: 'x'.repeat(300) }],
    ['a SIP code with its text', { sipCode: '486 Busy Here' }],
    ['a reason that is no text', { sipReason: {} }],
  ])('%s is left out and warned of; the call ends on both sides', async (_, params) => {
    const bench = new CallBench();
    const call = await bench.connect();
    void call.hangup(junk(params));
    expect(call.state).toBe('hangup');
    const bye = bench.signaling.last('bye');
    expect(bye.params).toMatchObject({ cause: 'NORMAL_CLEARING', causeCode: 16, sipCode: null });
    const { dialogParams } = bye.params as { dialogParams: { custom_headers?: unknown[] } };
    expect(dialogParams.custom_headers ?? []).toEqual([]);
    expect(bench.warningCodes).toEqual([37005]);
    bye.reply();
    await settle();
    expect(bench.errorCodes).toEqual([]);
  });

  it('what is good among it goes along', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    const good = { name: 'X-Seats', value: 4 };
    void call.hangup(
      junk({ causeCode: '17', customHeaders: [null, good, { name: '', value: '' }] }),
    );
    expect(bench.signaling.last('bye').params).toMatchObject({
      causeCode: 17,
      dialogParams: { custom_headers: [{ name: 'X-Seats', value: '4' }] },
    });
  });

  it.each([[[null]], [[{}, null]], [[undefined, undefined]], [[42]], [['gone']], [[[]]]])(
    'hangup(...%j) hangs up with a BYE',
    async (args) => {
      const bench = new CallBench();
      const call = await bench.connect();
      void call.hangup(...(args as []));
      expect(call.state).toBe('hangup');
      expect(bench.signaling.of('bye')).toHaveLength(1);
      expect(bench.errorCodes).toEqual([]);
    },
  );

  it.each([[null], [{ customHeaders: [{ name: 'X', value: 'a\nb' }] }], [undefined]])(
    'reject(%j): the caller hears of it',
    async (params) => {
      const bench = new CallBench();
      const call = await bench.ring();
      void call.reject(junk(params));
      expect(bench.signaling.last('bye').params).toMatchObject({
        cause: 'CALL_REJECTED',
        causeCode: 21,
      });
    },
  );

  it.each([[null], [{ customHeaders: [{ name: 'X', value: undefined }] }], [undefined]])(
    'answer(%j) answers',
    async (params) => {
      const bench = new CallBench();
      const call = await bench.ring();
      await call.answer(junk(params));
      bench.signaling.last('answer').reply();
      await settle();
      expect(call.state).toBe('active');
    },
  );

  it('an invite that the gateway refuses is one error, and no BYE for a call that never was', async () => {
    const bench = new CallBench();
    const call = await bench.dial();
    bench.signaling.last('invite').fail('rejected');
    await settle();
    expect(bench.errorCodes).toEqual([40005]);
    expect(bench.signaling.of('bye')).toEqual([]);
    expect(call.state).toBe('destroy');
  });
});

describe('Digits', () => {
  it.each([
    [5, ['5']],
    [0, ['0']],
    ['a', ['A']],
    ['1 2', ['12']],
    ['1,2', ['1,2']],
    ['1p2w3', ['1,2w3']],
    ['*9#', ['*9#']],
    ['1'.repeat(65), ['1'.repeat(64), '1']],
    ['', null],
    ['  ', null],
    ['x', null],
    [null, null],
    [{}, null],
    [Number.NaN, null],
    [1.5, ['15']],
    [-1, ['1']],
    ['1'.repeat(2_000), null],
  ])('of %j are %j', (given, digits) => {
    expect(readDigits(given)).toEqual(digits);
  });

  it('go out as the gateway takes them; what is none is told and not sent', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    call.dtmf(5);
    call.dtmf('a');
    call.dtmf('1 2');
    expect(bench.signaling.of('info').map(({ params }) => params['dtmf'])).toEqual([
      '5',
      'A',
      '12',
    ]);
    call.dtmf(junk(null));
    expect(bench.signaling.of('info')).toHaveLength(3);
    expect(bench.errors).toMatchObject([{ code: 49001, fatal: false }]);
    expect(call.state).toBe('active');
  });
});

describe('Every method of a call', () => {
  const given: readonly unknown[] = [null, undefined, 0, 'x', {}, [], () => 1];
  // What changes nothing of the call, or ends it: called with anything, twice, and after the end.
  const skip = new Set(['constructor', 'ai', 'handleMessage', 'setState', 'on', 'getStats']);
  const methods = async (): Promise<string[]> => {
    const call = await new CallBench().ring();
    const proto = Object.getPrototypeOf(call) as object;
    return Object.entries(Object.getOwnPropertyDescriptors(proto))
      .filter(([name, { value }]) => typeof value === 'function' && !skip.has(name))
      .map(([name]) => name);
  };
  const run = (call: Call, name: string, argument: unknown): unknown =>
    (call as unknown as Record<string, (...args: unknown[]) => unknown>)[name]?.(
      argument,
      argument,
    );

  it('with anything for its arguments, twice and after the end, throws nothing but a named error, and a hangup still hangs up', async () => {
    for (const name of await methods()) {
      for (const argument of given) {
        const bench = new CallBench();
        const call = await bench.connect();
        for (let time = 0; time < 3; time += 1) {
          if (time === 2) {
            void call.hangup();
          }
          const result = await Promise.race([
            Promise.resolve(run(call, name, argument)).catch((error: unknown) => error),
            settle(),
          ]);
          if (result instanceof Error && !(name === 'samples')) {
            expect(`${name}: ${result.name}`).not.toMatch(/ReferenceError|SyntaxError/);
          }
        }
        expect(call.state).toMatch(/hangup|destroy/);
        void bench.registry.endAll({ bye: false, purge: false, initiator: 'test' });
        for (const request of bench.signaling.open) {
          request.fail('timeout');
        }
        await bench.platform.clock.advance(60_000);
        expect(`${name}(${String(argument)}) ${JSON.stringify(bench.running())}`).toContain(
          '"timers":0,"peers":0',
        );
      }
    }
  });
});
