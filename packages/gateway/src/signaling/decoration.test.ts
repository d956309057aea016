import { afterEach, describe, expect, it } from 'vitest';
import { dial, Fixture, talk } from './testing/fixture.ts';

let fixture: Fixture;

afterEach(async () => {
  await fixture.stop();
});

const badHeader = [{ name: 'X-Note', value: 'a\nb' }];
const hangups: readonly (readonly [string, object, object])[] = [
  ['a header with a line break', { custom_headers: badHeader }, {}],
  ['a header without a value', { custom_headers: [{ name: 'X' }] }, {}],
  ['a cause code that is a word', {}, { causeCode: 'busy' }],
  ['a cause of 300 characters', {}, { cause: 'x'.repeat(300), causeCode: 17 }],
  ['a SIP code with its reason', {}, { sipCode: '486 Busy Here' }],
  ['junk in every place', { clientState: 1, telnyxLegId: [], attach: 'no' }, { sessid: {}, x: 1 }],
];

describe('a hangup ends the call, whatever its decoration', () => {
  it.each(hangups)('%s', async (_, dialog, params) => {
    fixture = await Fixture.start();
    const [caller, callee] = [await fixture.register('1001'), await fixture.register('1002')];
    const { callerCall, calleeCall } = await talk(fixture, caller, callee, '1002');
    const reply = await caller.request('bye', {
      dialogParams: { callID: callerCall, ...dialog },
      ...params,
    });
    expect(reply.result).toMatchObject({ message: 'CALL ENDED' });
    expect((await callee.next('bye')).params).toMatchObject({ callID: calleeCall });
    expect(fixture.server.stats().calls).toBe(0);
    expect(fixture.counted).toContain('violation left_out');
  });

  it('a refusal of what rings reaches the caller', async () => {
    fixture = await Fixture.start();
    const [caller, callee] = [await fixture.register('1001'), await fixture.register('1002')];
    await dial(caller, '1002');
    const { params } = await callee.next('invite');
    await callee.request('bye', {
      dialogParams: { callID: params?.['callID'], custom_headers: badHeader },
      cause: 'USER_BUSY',
      causeCode: 'busy',
    });
    expect((await caller.next('bye')).params).toMatchObject({ causeCode: 17 });
  });
});

describe("the reference's test number", () => {
  it.each(['+1-872-231-5806', 'sip:+18722315806@phone.example'])('%s echoes', async (number) => {
    fixture = await Fixture.start();
    const caller = await fixture.register('1001');
    await dial(caller, number);
    await caller.next('answer');
    expect(fixture.counted).toContain('started service');
  });
});
