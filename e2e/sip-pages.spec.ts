import { Kamailio } from './lib/kamailio.ts';
import { DIRECT_HZ, PhoneNetwork } from './lib/phone-network.ts';
import { SIP_LIBRARIES, SipPageView } from './lib/sip-page.ts';
import { expect, PHONE_HZ, phoneHears, test } from './lib/sip-test.ts';

for (const library of SIP_LIBRARIES) {
  test(`a page with ${library} at Kamailio calls a browser and is called: audio both ways, digits, hold, causes`, async ({
    party,
    network,
    browserOf,
    site,
  }) => {
    const account = {
      url: `ws://127.0.0.1:${String(network.kamailio.port)}`,
      user: PhoneNetwork.page,
      login: PhoneNetwork.page,
      domain: Kamailio.domain,
      password: network.pagePassword,
    };
    const page = await SipPageView.open(library, account, { browserOf, site });
    try {
      const ann = await party('1001');
      await page.calls(ann);
      await page.isCalled(ann);
      expect(await page.refuses(ann)).toMatchObject({ cause: 'NO_USER_RESPONSE', sipCode: 480 });
    } finally {
      await page.close();
    }
  });
}

test('the reference SDK calls a phone and is called by it', async ({
  party,
  network: { phone },
}) => {
  const ann = await party('1001', { sdk: 'reference' });
  const out = await ann.dial('2001');
  await out.reaches('active');
  await Promise.all([ann.hears(PHONE_HZ), phoneHears(phone, ann.frequency)]);
  phone.digits = '';
  await out.invoke('dtmf', '5');
  await phone.gets('5');
  await out.hangup();
  await out.ended();

  await phone.dial('1001');
  const inbound = await ann.incoming();
  await inbound.answer();
  await Promise.all([ann.hears(PHONE_HZ), phoneHears(phone, ann.frequency)]);
  await phone.command('hangup');
  expect(await inbound.ended()).toMatchObject({ cause: 'NORMAL_CLEARING', causeCode: 16 });
});

test('a phone that is a trunk by itself, with nothing between: audio both ways, hang-up', async ({
  party,
  network,
}) => {
  const { direct } = network;
  const ann = await party('1001');
  const out = await ann.dial(PhoneNetwork.direct);
  await out.reaches('active');
  await Promise.all([ann.hears(DIRECT_HZ), phoneHears(direct, ann.frequency)]);
  await out.hangup();
  await out.ended();

  const since = direct.events.length;
  await direct.dial('1001', `127.0.0.1:${String(network.gatewayPort)}`);
  const inbound = await ann.incoming();
  await inbound.answer();
  await direct.told('CALL_ESTABLISHED', since);
  await Promise.all([ann.hears(DIRECT_HZ), phoneHears(direct, ann.frequency)]);
  await direct.command('hangup');
  expect(await inbound.ended()).toMatchObject({ cause: 'NORMAL_CLEARING', causeCode: 16 });
});
