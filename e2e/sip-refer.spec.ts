import { Baresip } from './lib/baresip.ts';
import { Linphone } from './lib/linphone.ts';
import { asUser, credentials, REALM, test } from './lib/office-test.ts';
import { expect, phoneHears } from './lib/sip-test.ts';

const DESK_HZ = 1250;
const LINPHONE_HZ = 600;
/** What the service `tone` says. */
const TONE_HZ = 1000;

test('a phone hands a page over by REFER, blind: the page hears who was named, and the phone is free', async ({
  office,
  party,
}) => {
  const { user, ...registrar } = credentials(office, '1002~desk');
  const phone = await Baresip.start({ user, registrar, voice: DESK_HZ });
  try {
    const ann = await party('1001', asUser(office, '1001'));
    const call = await ann.dial('1002');
    await call.reaches('active');
    await Promise.all([ann.hears(DESK_HZ), phoneHears(phone, ann.frequency)]);
    const since = phone.events.length;
    await phone.command('transfer', `sip:tone@${REALM}`);
    await ann.hears(TONE_HZ);
    await phone.told('CALL_CLOSED', since);
    expect((await call.record()).states.at(-1)).toBe('active');
    await call.hangup();
  } finally {
    await phone.stop();
  }
});

test('Linphone holds a page, calls a phone, and joins the two by REFER with Replaces', async ({
  office,
  party,
}) => {
  const { user, ...own } = credentials(office, '1002~desk');
  const registrar = { ...own, transport: 'tcp' as const };
  const linphone = await Linphone.start({ user, registrar, voice: LINPHONE_HZ });
  const desk = credentials(office, '1001~desk');
  const phone = await Baresip.start({ user: desk.user, registrar: desk, voice: DESK_HZ });
  try {
    const bob = await party('1002', asUser(office, '1002'));
    linphone.say(`call sip:1002@${REALM}`);
    const inbound = await bob.incoming();
    await inbound.answer();
    await linphone.isTold(/Call 1 .* connected/);
    await bob.hears(LINPHONE_HZ);
    linphone.say('pause');
    await linphone.isTold(/Call 1 .* is now paused/);
    linphone.say(`call sip:1001@${REALM}`);
    await linphone.isTold(/Call 2 .* connected/);
    await phoneHears(phone, LINPHONE_HZ);
    linphone.say('transfer 1 --to-call 2');
    await Promise.all([bob.hears(DESK_HZ), phoneHears(phone, bob.frequency)]);
    await linphone.isTold(/Call 1 .* ended/);
    await linphone.isTold(/Call 2 .* ended/);
    const since = phone.events.length;
    await inbound.hangup();
    await phone.told('CALL_CLOSED', since);
  } finally {
    await Promise.all([linphone.stop(), phone.stop()]);
  }
});
