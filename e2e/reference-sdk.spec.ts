import type { CallView, Party } from './lib/party.ts';
import type { Sdk } from './lib/site.ts';
import { expect, test } from './lib/test.ts';

/** The unmodified `@telnyx/webrtc` package, through our gateway, alone and together with our client. */
async function connect(caller: Party, callee: Party): Promise<{ out: CallView; in: CallView }> {
  const outbound = await caller.dial(callee.user);
  const inbound = await callee.incoming();
  await inbound.answer();
  await Promise.all([outbound.reaches('active'), inbound.reaches('active')]);
  return { out: outbound, in: inbound };
}

const pairs: readonly (readonly [Sdk, Sdk])[] = [
  ['reference', 'reference'],
  ['reference', 'offhook'],
  ['offhook', 'reference'],
];

for (const [from, to] of pairs) {
  test(`${from} calls ${to}: audio, hold, mute, digits, hang-up`, async ({ party }) => {
    const ann = await party('1001', { sdk: from });
    const bob = await party('1002', { sdk: to });
    const call = await connect(ann, bob);
    await Promise.all([ann.hears(bob), bob.hears(ann)]);

    expect(await call.out.invoke('hold')).toBe(true);
    await call.out.reaches('held');
    await Promise.all([ann.hearsSilence(), bob.hearsSilence()]);
    expect(await call.out.invoke('unhold')).toBe(true);
    await call.out.reaches('active');
    await Promise.all([ann.hears(bob), bob.hears(ann)]);

    await call.in.invoke('muteAudio');
    await ann.hearsSilence();
    await call.in.invoke('unmuteAudio');
    await ann.hears(bob);

    await call.in.invoke('dtmf', '7');
    await expect.poll(() => ann.frames.digits).toBe('7');

    await call.in.hangup();
    const [here, there] = await Promise.all([call.out.ended(), call.in.ended()]);
    expect(here).toMatchObject({ cause: 'NORMAL_CLEARING', causeCode: 16 });
    expect(there).toMatchObject({ cause: 'NORMAL_CLEARING', causeCode: 16 });
    expect(await failures(ann)).toEqual([]);
    expect(await failures(bob)).toEqual([]);
  });
}

test('the reference, trickling, calls and hears', async ({ party }) => {
  const trickle = { sdk: 'reference', options: { trickleIce: true } } as const;
  const ann = await party('1001', trickle);
  const bob = await party('1002', trickle);
  await connect(ann, bob);
  await Promise.all([ann.hears(bob), bob.hears(ann)]);
});

test('the reference is rejected, cancels, and calls nobody', async ({ party }) => {
  const ann = await party('1001', { sdk: 'reference' });
  const bob = await party('1002', { sdk: 'reference' });

  const rejected = await ann.dial('1002');
  await (await bob.incoming()).hangup();
  expect(await rejected.ended()).toMatchObject({ cause: 'USER_BUSY', causeCode: 17 });

  const cancelled = await ann.dial('1002');
  const ringing = await bob.incoming();
  await cancelled.hangup();
  await ringing.ended();

  const nobody = await ann.dial('7777');
  expect(await nobody.ended()).toMatchObject({ cause: 'UNALLOCATED_NUMBER', causeCode: 1 });
});

test('the reference hears echo', async ({ party }) => {
  const ann = await party('1001', { sdk: 'reference' });
  await (await ann.dial('echo')).reaches('active');
  await ann.hears(ann);
});

test('the reference held for 15 s sees no dead call and restarts nothing', async ({ party }) => {
  const ann = await party('1001');
  const bob = await party('1002', { sdk: 'reference' });
  const call = await connect(ann, bob);
  await bob.hears(ann);
  await call.out.invoke('hold');
  await call.out.reaches('held');
  await bob.hearsSilence();
  // The time is what is tested: the reference looks at its statistics every few seconds.
  await bob.page.waitForTimeout(15_000);
  await call.out.invoke('unhold');
  await bob.hears(ann);
  const actions = bob.frames.sent('telnyx_rtc.modify').map(({ action }) => action);
  expect(actions).not.toContain('updateMedia');
  const codes = await bob.codes();
  expect(codes).not.toContain(36003);
  expect(codes).not.toContain(36004);
});

/** What an application would show as gone wrong. */
const failures = async (party: Party) =>
  (await party.log()).filter(({ event }) => event === 'error');
