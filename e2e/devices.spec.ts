import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Devices } from '../packages/gateway/src/auth/devices.ts';
import { makeHa1 } from '../packages/gateway/src/auth/digest-hash.ts';
import { hashPassword } from '../packages/gateway/src/auth/passwords.ts';
import { databasePath, Store } from '../packages/gateway/src/auth/store.ts';
import { Users } from '../packages/gateway/src/auth/users.ts';
import { Baresip } from './lib/baresip.ts';
import { Gateway } from './lib/gateway.ts';
import { freePorts } from './lib/ports.ts';
import { expect, phoneHears } from './lib/sip-test.ts';
import { test as base } from './lib/test.ts';

const REALM = 'pbx.example';
const DESK_HZ = 1250;
const DECT_HZ = 1700;

interface Office {
  readonly gateway: Gateway;
  readonly port: number;
  /** Passwords by login. */
  readonly passwords: ReadonlyMap<string, string>;
}

/** A gateway that phones sign in at: 1001 has two of them, 1002 one. */
const test = base.extend<object, { office: Office }>({
  office: [
    async ({ site }, use) => {
      const port = await freePorts(1);
      const sip = JSON.stringify({ bind: '127.0.0.1', port, devices: { realm: REALM } });
      const folder = mkdtempSync(join(tmpdir(), 'offhook-e2e-'));
      const passwords = await fill(folder);
      const gateway = await Gateway.start({
        demoUsers: 0,
        folder,
        settings: { SIP: sip, ORIGINS: new URL(site.url('offhook')).origin },
      });
      await use({ gateway, port, passwords });
      expect(await gateway.stop(), gateway.logs.slice(-20).join('\n')).toBe('0');
      expect(gateway.errors).toEqual([]);
      rmSync(folder, { recursive: true });
    },
    { scope: 'worker' },
  ],
  gateway: [
    async ({ office }, use) => {
      await use(office.gateway);
    },
    { scope: 'worker' },
  ],
});

/** Users and phones of theirs, as commands make them. Returns their passwords. */
async function fill(folder: string): Promise<ReadonlyMap<string, string>> {
  const passwords = new Map<string, string>();
  const secret = (login: string): string => {
    const password = randomBytes(12).toString('base64url');
    passwords.set(login, password);
    return password;
  };
  const store = new Store(databasePath(folder));
  for (const name of ['1001', '1002']) {
    const passwordHash = await hashPassword(secret(name));
    const rest = { displayName: `User ${name}`, admin: false, generateRingback: false };
    new Users(store).add({ name, passwordHash, ...rest });
  }
  for (const [user, name] of [
    ['1001', 'desk'],
    ['1001', 'dect'],
    ['1002', 'desk'],
  ] as const) {
    const login = `${user}~${name}`;
    new Devices(store).add({ user, name, realm: REALM, ha1: makeHa1(login, REALM, secret(login)) });
  }
  store.close();
  return passwords;
}

function phoneOf(
  { port, passwords }: Office,
  login: string,
  voice: number,
  more: { answers?: boolean; transport?: 'udp' | 'tcp'; password?: string } = {},
): Promise<Baresip> {
  const { password = passwords.get(login) ?? '', transport = 'udp', answers = true } = more;
  const refused = more.password !== undefined;
  return Baresip.start({
    user: login.split('~', 1)[0] ?? '',
    registrar: { port, domain: REALM, password, login, transport, refused },
    voice,
    answers,
  });
}

test('two phones call each other: audio both ways, by UDP and by TCP; signed out, one is away', async ({
  office,
}) => {
  const desk = await phoneOf(office, '1001~desk', DESK_HZ);
  const other = await phoneOf(office, '1002~desk', DECT_HZ, { transport: 'tcp' });
  expect(await office.gateway.metric('offhook_sip_registrations')).toBe(2);
  await desk.dial('1002');
  await desk.told('CALL_ESTABLISHED');
  await Promise.all([phoneHears(desk, DECT_HZ), phoneHears(other, DESK_HZ)]);
  await other.command('hangup');
  await desk.told('CALL_CLOSED');
  await other.stop();
  await expect.poll(() => office.gateway.metric('offhook_sip_registrations')).toBe(1);
  const since = desk.events.length;
  await desk.dial('1002');
  expect((await desk.told('CALL_CLOSED', since)).param).toContain('480');
  await desk.stop();
  await expect.poll(() => office.gateway.metric('offhook_sip_registrations')).toBe(0);
});

test('a wrong password is refused', async ({ office }) => {
  const phone = await phoneOf(office, '1001~desk', DESK_HZ, { password: 'wrong' });
  expect(phone.log.join('\n')).toContain('403 Forbidden');
  expect(await office.gateway.metric('offhook_sip_registrations')).toBe(0);
  await phone.stop();
});

test('a call rings a page and two phones; who answers is heard, the others hear why', async ({
  office,
  party,
}) => {
  const signIn = (user: string) => ({
    options: { login: user, password: office.passwords.get(user) ?? '' },
  });
  const [ann, bob] = [await party('1001', signIn('1001')), await party('1002', signIn('1002'))];
  const desk = await phoneOf(office, '1001~desk', DESK_HZ, { answers: false });
  const dect = await phoneOf(office, '1001~dect', DECT_HZ, { answers: false });
  const call = await bob.dial('1001');
  const rings = await ann.incoming();
  await Promise.all([desk.told('CALL_INCOMING'), dect.told('CALL_INCOMING')]);
  await desk.command('accept');
  await call.reaches('active');
  await Promise.all([bob.hears(DESK_HZ), phoneHears(desk, bob.frequency)]);
  expect(await rings.ended()).toMatchObject({ cause: 'LOSE_RACE' });
  await dect.told('CALL_CLOSED');
  await call.hangup();
  await desk.told('CALL_CLOSED');
  await Promise.all([desk.stop(), dect.stop()]);
});
