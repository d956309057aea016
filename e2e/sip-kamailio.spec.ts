import { createHash } from 'node:crypto';
import { expect, test as base } from '@playwright/test';
import { Baresip } from './lib/baresip.ts';
import { Kamailio } from './lib/kamailio.ts';
import { freePorts } from './lib/ports.ts';
import { RawSip } from './lib/raw-sip.ts';

/** What the configuration does that `offhook sip kamailio` writes, with elements of SIP in the place of gateways. */
interface Front {
  readonly kamailio: Kamailio;
  readonly gateways: readonly [RawSip, RawSip];
  readonly phone: Baresip;
  /** Dials a number; returns what the phone is told at the end. */
  readonly dial: (number: string) => Promise<string>;
}

const PASSWORD = 'open-sesame';

const test = base.extend<object, { front: Front }>({
  front: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the pattern
    async ({}, use) => {
      const port = await freePorts(1);
      const gateways = [await RawSip.open(), await RawSip.open()] as const;
      const kamailio = await Kamailio.start({
        port,
        gateways: gateways.map((gateway) => gateway.port),
        phones: { bob: PASSWORD },
      });
      const registrar = { port, domain: Kamailio.domain, password: PASSWORD };
      const phone = await Baresip.start({ user: 'bob', registrar, voice: 1000 });
      const dial = async (number: string): Promise<string> => {
        const since = phone.events.length;
        await phone.dial(number);
        return (await phone.told('CALL_CLOSED', since, 20_000)).param;
      };
      await use({ kamailio, gateways, phone, dial });
      await phone.stop();
      await kamailio.stop();
      for (const gateway of gateways) {
        gateway.close();
      }
    },
    { scope: 'worker' },
  ],
});

const invites = ({ requests }: RawSip): number =>
  requests.filter((text) => text.startsWith('INVITE ')).length;

const rows = [
  ['is asked where the first does not have the user', [480], [486], '486', 1],
  ['is asked where the first is full', [503], [486], '486', 1],
  ['is not asked where it rang at the first', [180, 480], [486], '480', 0],
  ['is not asked where the first refuses', [404], [486], '404', 0],
  ['is asked where the first says nothing', [], [486], '486', 1],
] as const;

for (const [title, first, second, told, asked] of rows) {
  test(`the next gateway ${title}`, async ({ front: { gateways, dial } }) => {
    const [one, two] = gateways;
    one.answers = first;
    two.answers = second;
    let askedTwo = NaN;
    // One that was silent or full is left out until it has answered pings again.
    await expect
      .poll(
        async () => {
          const [at, before] = [invites(one), invites(two)];
          const told = await dial('1001');
          askedTwo = Math.min(1, invites(two) - before);
          return invites(one) > at ? told : 'the first was not asked';
        },
        { timeout: 40_000, intervals: [1_000] },
      )
      .toContain(told);
    expect(askedTwo).toBe(asked);
  });
}

test('a call of a gateway goes to the phone, and to nobody else', async ({ front }) => {
  const { kamailio, gateways } = front;
  const [gateway] = gateways;
  const ask = (user: string) =>
    gateway.ask(kamailio.port, 'INVITE', `sip:${user}@${Kamailio.domain}`, '1001');
  expect((await ask('nobody'))?.status).toBe(404);
  expect((await ask('bob'))?.status).toBe(100);
});

test('a stranger is challenged, gets nowhere, and is left alone after ten wrong passwords', async ({
  front: { kamailio, gateways },
}) => {
  const [one, two] = gateways;
  one.answers = [486];
  const before = invites(one) + invites(two);
  const stranger = await RawSip.open();
  const uri = `sip:1001@${Kamailio.domain}`;
  expect((await stranger.ask(kamailio.port, 'INVITE', uri, 'bob'))?.status).toBe(407);
  const register = `sip:${Kamailio.domain}`;
  for (let tries = 0; tries < 10; tries += 1) {
    const challenge = await stranger.ask(kamailio.port, 'REGISTER', register, 'bob');
    expect(challenge?.status).toBe(401);
    const nonce = /nonce="([^"]+)"/.exec(challenge?.text ?? '')?.[1] ?? '';
    const response = createHash('md5').update(`wrong${nonce}`).digest('hex');
    const digest = [
      'Digest username="bob"',
      `realm="${Kamailio.domain}"`,
      `nonce="${nonce}"`,
      `uri="${register}"`,
      `response="${response}"`,
      'algorithm=MD5',
    ].join(', ');
    const header = [`Authorization: ${digest}`];
    expect((await stranger.ask(kamailio.port, 'REGISTER', register, 'bob', header))?.status).toBe(
      401,
    );
  }
  expect(await stranger.ask(kamailio.port, 'REGISTER', register, 'bob')).toBeNull();
  expect(invites(one) + invites(two)).toBe(before);
  stranger.close();
  // The gateways have the same address, and are heard all the same.
  expect(
    (await one.ask(kamailio.port, 'INVITE', `sip:nobody@${Kamailio.domain}`, '1'))?.status,
  ).toBe(404);
});
