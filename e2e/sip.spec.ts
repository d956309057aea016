import type { Baresip } from './lib/baresip.ts';
import type { CallView, Party } from './lib/party.ts';
import { QUIET_HZ, type PhoneNetwork } from './lib/phone-network.ts';
import { expect, PHONE_HZ, phoneHears, test } from './lib/sip-test.ts';

/** Browsers and real phones (baresip) behind a registrar (Kamailio), by ear. */
test('a browser calls a phone: audio both ways, digits, hold from both sides, hang-up', async ({
  party,
  network: { phone },
}) => {
  const ann = await party('1001');
  const since = phone.events.length;
  const call = await ann.dial('2001');
  await call.reaches('active');
  await Promise.all([ann.hears(PHONE_HZ), phoneHears(phone, ann.frequency)]);

  phone.digits = '';
  await call.invoke('dtmf', '159#');
  await phone.gets('159#');
  await phone.press('73');
  await expect.poll(() => ann.frames.digits).toBe('73');

  expect(await call.invoke('hold')).toBe(true);
  await ann.hearsSilence();
  await expect.poll(() => phone.direction()).toBe('recvonly');
  expect(await call.invoke('unhold')).toBe(true);
  await expect.poll(() => phone.direction()).toBe('sendrecv');
  await bothAreHeard(ann, phone);

  await phone.command('hold');
  await expect
    .poll(() => ann.frames.received('offhook').map(({ event }) => event))
    .toEqual(['remote_held']);
  await ann.hearsSilence();
  await phone.command('resume');
  await bothAreHeard(ann, phone);

  await call.hangup();
  await phone.told('CALL_CLOSED', since);
  expect(await call.ended()).toMatchObject({ cause: 'NORMAL_CLEARING', causeCode: 16 });
});

test('a phone calls a browser, and hangs up', async ({ party, network: { phone } }) => {
  const ann = await party('1001');
  const since = phone.events.length;
  await phone.dial('1001');
  const call = await ann.incoming();
  expect((await call.record()).remoteNumber).toBe('2001');
  await call.answer();
  await phone.told('CALL_ESTABLISHED', since);
  await Promise.all([ann.hears(PHONE_HZ), phoneHears(phone, ann.frequency)]);
  await phone.command('hangup');
  expect(await call.ended()).toMatchObject({ cause: 'NORMAL_CLEARING', causeCode: 16 });
});

test('busy, taken back, rejected, unknown: both ends are told which', async ({
  party,
  network,
}) => {
  const { phone, quiet } = network;
  const ann = await party('1001');
  const before = phone.events.length;

  const busy = await ann.dial('2002');
  await quiet.told('CALL_INCOMING');
  await quiet.command('hangup');
  expect(await busy.ended()).toMatchObject({ cause: 'USER_BUSY', causeCode: 17, sipCode: 486 });

  const since = quiet.events.length;
  const cancelled = await ann.dial('2002');
  await quiet.told('CALL_INCOMING', since);
  await cancelled.hangup();
  await quiet.told('CALL_CLOSED', since);

  const nobody = await ann.dial('2999');
  expect(await nobody.ended()).toMatchObject({ cause: 'UNALLOCATED_NUMBER', sipCode: 404 });

  expect(await refusal(network, '1001', async () => (await ann.incoming()).hangup())).toContain(
    '486',
  );
  expect(await refusal(network, '1002')).toContain('480');
  expect(await refusal(network, '1999')).toContain('404');
  expect(phone.events.slice(before).map(({ type }) => type)).not.toContain('CALL_ESTABLISHED');
});

test('a phone is handed over to another phone, and to a browser', async ({
  party,
  network: { phone, quiet },
}) => {
  const ann = await party('1001');
  const bob = await party('1002');

  const first = await ann.dial('2001');
  await first.reaches('active');
  const since = quiet.events.length;
  const blind = first.invoke('transfer', '2002');
  await quiet.told('CALL_INCOMING', since);
  await quiet.command('accept');
  await blind;
  expect(await first.ended()).toMatchObject({ cause: 'BLIND_TRANSFER' });
  await Promise.all([phoneHears(phone, QUIET_HZ), phoneHears(quiet, PHONE_HZ)]);
  const closed = quiet.events.length;
  await phone.command('hangup');
  await quiet.told('CALL_CLOSED', closed);

  const second = await ann.dial('2001');
  await second.reaches('active');
  const toBob = second.invoke('transfer', '1002');
  const inbound = await bob.incoming();
  await inbound.answer();
  await toBob;
  await Promise.all([bob.hears(PHONE_HZ), phoneHears(phone, bob.frequency)]);
  await inbound.hangup();
  await inbound.ended();
});

test('attended: a phone that is held is joined to a browser, and to another phone', async ({
  party,
  network: { phone, quiet },
}) => {
  const ann = await party('1001');
  const bob = await party('1002');

  const held = await hold(ann, phone);
  const toBob = await ann.dial('1002');
  const inbound = await bob.incoming();
  await inbound.answer();
  await toBob.reaches('active');
  await bob.hears(ann);
  await held.handOver(toBob);
  await isOut(held, toBob);
  await bothAreHeard(bob, phone);
  const closed = phone.events.length;
  await inbound.hangup();
  await phone.told('CALL_CLOSED', closed);

  const first = await hold(ann, phone);
  const since = quiet.events.length;
  const second = await ann.dial('2002');
  await quiet.told('CALL_INCOMING', since);
  await quiet.command('accept');
  await second.reaches('active');
  await phoneHears(quiet, ann.frequency);
  await first.handOver(second);
  await isOut(first, second);
  await phoneHears(quiet, PHONE_HZ);
  await phone.echoes(true);
  await phoneHears(quiet, QUIET_HZ);
  await phone.echoes(false);
  await phone.command('hangup');
  await quiet.told('CALL_CLOSED', since);
});

/** Calls the phone and holds it. */
async function hold(who: Party, phone: Baresip): Promise<CallView> {
  const call = await who.dial(phone.options.user);
  await call.reaches('active');
  await call.invoke('hold');
  await expect.poll(() => phone.direction()).toBe('recvonly');
  return call;
}

async function isOut(...calls: readonly CallView[]): Promise<void> {
  for (const call of calls) {
    expect(await call.ended()).toMatchObject({ cause: 'ATTENDED_TRANSFER', causeCode: 601 });
  }
}

/** In a call that was held: the phone says its tone, then what it hears. */
async function bothAreHeard(who: Party, phone: Baresip): Promise<void> {
  await who.hears(PHONE_HZ);
  await phone.echoes(true);
  await who.hears(who);
  await phone.echoes(false);
  await who.hears(PHONE_HZ);
}

/** What the phone is told when it dials a number that does not answer. */
async function refusal(
  { phone }: PhoneNetwork,
  number: string,
  meanwhile?: () => Promise<unknown>,
): Promise<string> {
  const since = phone.events.length;
  await phone.dial(number);
  await meanwhile?.();
  return (await phone.told('CALL_CLOSED', since)).param;
}
