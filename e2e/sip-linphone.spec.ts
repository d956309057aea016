import { Linphone } from './lib/linphone.ts';
import { asUser, credentials, REALM, test } from './lib/office-test.ts';
import { expect, phoneHears } from './lib/sip-test.ts';

const LINPHONE_HZ = 600;

test('Linphone at the gateway: calls and is called, digits and hold from both sides', async ({
  office,
  party,
}) => {
  const ann = await party('1001', asUser(office, '1001'));
  const { user, ...own } = credentials(office, '1002~desk');
  const registrar = { ...own, transport: 'tcp' as const };
  const phone = await Linphone.start({ user, registrar, voice: LINPHONE_HZ });
  try {
    phone.say(`call sip:1001@${REALM}`);
    const inbound = await ann.incoming();
    expect((await inbound.record()).remoteNumber).toBe('1002');
    await inbound.answer();
    await phone.isTold(/Call 1 .* connected/);
    await Promise.all([ann.hears(LINPHONE_HZ), phoneHears(phone, ann.frequency)]);

    for (const digit of '15#') {
      phone.say(digit);
      await expect.poll(() => ann.frames.digits.at(-1)).toBe(digit);
    }
    expect(ann.frames.digits).toBe('15#');
    await inbound.invoke('dtmf', '73');
    await phone.gets('73');

    phone.say('pause');
    await expect
      .poll(() => ann.frames.received('offhook').map(({ event }) => event))
      .toEqual(['remote_held']);
    await ann.hearsSilence();
    phone.say('resume 1');
    await Promise.all([ann.hears(LINPHONE_HZ), phoneHears(phone, ann.frequency)]);
    await inbound.hangup();
    await phone.isTold(/Call 1 .* ended/);

    const outbound = await ann.dial('1002');
    await phone.isTold(/Receiving new incoming call from .*1001/);
    phone.say('answer');
    await outbound.reaches('active');
    await Promise.all([ann.hears(LINPHONE_HZ), phoneHears(phone, ann.frequency)]);
    await outbound.invoke('hold');
    await ann.hearsSilence();
    await outbound.invoke('unhold');
    await Promise.all([ann.hears(LINPHONE_HZ), phoneHears(phone, ann.frequency)]);
    phone.say('terminate');
    expect(await outbound.ended()).toMatchObject({ cause: 'NORMAL_CLEARING', causeCode: 16 });
  } finally {
    await phone.stop();
  }
});
