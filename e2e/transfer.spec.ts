import type { CallView, Party } from './lib/party.ts';
import { expect, test, type OpenParty } from './lib/test.ts';

/** One calls the other, who answers. */
async function connect(caller: Party, callee: Party): Promise<{ out: CallView; in: CallView }> {
  const outbound = await caller.dial(callee.user);
  const inbound = await callee.incoming();
  await inbound.answer();
  await Promise.all([outbound.reaches('active'), inbound.reaches('active')]);
  return { out: outbound, in: inbound };
}

/** Begins a transfer; `outcome()` says how it ended: `done`, or the reason of the error. */
async function transfer(call: CallView, target: string | { readonly id: string }) {
  const key = `transfer-${call.id}`;
  await call.party.page.evaluate(
    ([id, to, name]) => {
      const outcome = window.driver.invoke(id, 'transfer', [to]).then(
        () => 'done',
        (error: unknown) => (error as { readonly reason?: string }).reason ?? String(error),
      );
      Object.assign(window, { [name]: outcome });
    },
    [call.id, target, key] as const,
  );
  return {
    outcome: (): Promise<string> =>
      call.party.page.evaluate(
        (name) => (window as unknown as Record<string, Promise<string>>)[name] ?? 'never began',
        key,
      ),
  };
}

const partyOf = (call: CallView): Promise<unknown> =>
  call.party.page.evaluate(
    (id) =>
      (window.driver.client as unknown as { calls: Record<string, { remoteParty?: unknown }> })
        .calls[id]?.remoteParty,
    call.id,
  );

const three = async (party: OpenParty): Promise<readonly [Party, Party, Party]> =>
  Promise.all([party('1001'), party('1002'), party('1003')]);

// A call of an earlier test whose pages went away rings on for up to a minute, and would ring here.
test.beforeEach(async ({ gateway }) => {
  test.setTimeout(150_000);
  await expect.poll(() => gateway.metric('offhook_calls'), { timeout: 90_000 }).toBe(0);
});

test.describe('a blind transfer', () => {
  test('the far party hears the target, and the one who handed over is out', async ({ party }) => {
    const [ann, bob, carla] = await three(party);
    const call = await connect(bob, ann);
    await ann.hears(bob);
    const handing = await transfer(call.in, '1003');
    const ringing = await carla.incoming();
    expect((await ringing.record()).remoteNumber).toBe('1002');
    await ringing.answer();
    await ringing.reaches('active');
    expect(await handing.outcome()).toBe('done');
    expect(await call.in.ended()).toMatchObject({ cause: 'BLIND_TRANSFER', causeCode: 600 });
    await Promise.all([bob.hears(carla), carla.hears(bob)]);
    await expect.poll(() => partyOf(call.out)).toMatchObject({ number: '1003' });
    expect(await ann.codes()).toEqual([]);
    await call.out.hangup();
    await ringing.ended();
  });

  test('to somebody who declines: both talk again, and it is told', async ({ party }) => {
    const [ann, bob, carla] = await three(party);
    const call = await connect(ann, bob);
    const handing = await transfer(call.out, '1003');
    const ringing = await carla.incoming();
    await ann.hearsSilence();
    await ringing.invoke('reject');
    expect(await handing.outcome()).toBe('declined');
    await Promise.all([ann.hears(bob), bob.hears(ann)]);
    expect((await call.out.record()).state).toBe('active');
    // To a service, which answers by itself.
    expect(await (await transfer(call.out, 'tone')).outcome()).toBe('done');
    await bob.hears(1000);
    await call.in.hangup();
  });

  test('who handed over hangs up while it rings: it goes on', async ({ party }) => {
    const [ann, bob, carla] = await three(party);
    const call = await connect(ann, bob);
    const handing = await transfer(call.out, '1003');
    const ringing = await carla.incoming();
    await call.out.hangup();
    expect(await handing.outcome()).toBe('call_ended');
    await ringing.answer();
    await ringing.reaches('active');
    await Promise.all([bob.hears(carla), carla.hears(bob)]);
    await ringing.hangup();
    await call.in.ended();
  });

  test('of the reference client: it is shown who is there now', async ({ party }) => {
    const [ann, carla] = await Promise.all([party('1001'), party('1003')]);
    const bob = await party('1002', { sdk: 'reference' });
    const call = await connect(bob, ann);
    const handing = await transfer(call.in, '1003');
    const ringing = await carla.incoming();
    await ringing.answer();
    expect(await handing.outcome()).toBe('done');
    await Promise.all([bob.hears(carla), carla.hears(bob)]);
    await expect
      .poll(async () => (await bob.log()).find(({ event }) => event === 'participantData')?.detail)
      .toMatchObject({ displayNumber: '1003' });
    await ringing.hangup();
    await call.out.ended();
  });
});

test.describe('an attended transfer', () => {
  test('joins the far parties of two calls', async ({ party }) => {
    const [ann, bob, carla] = await three(party);
    const first = await connect(bob, ann);
    await first.in.invoke('hold');
    const second = await connect(ann, carla);
    await carla.hears(ann);
    const handing = await transfer(first.in, { id: second.out.id });
    expect(await handing.outcome()).toBe('done');
    expect(await first.in.ended()).toMatchObject({ cause: 'ATTENDED_TRANSFER', causeCode: 601 });
    expect(await second.out.ended()).toMatchObject({ cause: 'ATTENDED_TRANSFER' });
    await Promise.all([bob.hears(carla), carla.hears(bob)]);
    await expect.poll(() => partyOf(first.out)).toMatchObject({ number: '1003' });
    await expect.poll(() => partyOf(second.in)).toMatchObject({ number: '1002' });
    expect(await ann.codes()).not.toContain(48501);
    await first.out.hangup();
    await second.in.ended();
  });

  test('who is to be moved hangs up instead: the first call is there still', async ({ party }) => {
    // Ann's calls play in elements of their own: in a shared one the first would stay silent.
    const ann = await party('1001', { shared: false });
    const [bob, carla] = await Promise.all([party('1002'), party('1003')]);
    const first = await connect(bob, ann);
    const second = await connect(ann, carla);
    await second.in.hangup();
    await second.out.ended();
    expect(await (await transfer(first.in, { id: second.out.id })).outcome()).toBe('call_ended');
    // Ann's page has two peers; the first one is Bob's.
    await Promise.all([ann.hears(bob, 0), bob.hears(ann)]);
    await first.out.hangup();
    await first.in.ended();
  });
});
