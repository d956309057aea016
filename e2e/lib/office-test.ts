import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Devices } from '../../packages/gateway/src/auth/devices.ts';
import { makeHa1 } from '../../packages/gateway/src/auth/digest-hash.ts';
import { hashPassword } from '../../packages/gateway/src/auth/passwords.ts';
import { databasePath, Store } from '../../packages/gateway/src/auth/store.ts';
import { Users } from '../../packages/gateway/src/auth/users.ts';
import { Gateway } from './gateway.ts';
import { freePorts } from './ports.ts';
import { expect, test as base, type PartyOptions } from './test.ts';

/** What phones of the office sign in to. */
export const REALM = 'pbx.example';

export interface Office {
  readonly gateway: Gateway;
  readonly port: number;
  /** Where phones come by TLS; 0: nowhere. */
  readonly tlsPort: number;
  /** Passwords by login. */
  readonly passwords: ReadonlyMap<string, string>;
}

/** A gateway that phones sign in at: 1001 has two of them, 1002 one. */
export const test = base.extend<object, { office: Office }>({
  office: [
    async ({ site }, use) => {
      const office = await openOffice({ ORIGINS: new URL(site.url('offhook')).origin });
      await use(office);
      await office.close();
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

/** Opens an office. @param certificate with which phones may come by TLS */
export async function openOffice(
  settings: Readonly<Record<string, string>>,
  certificate?: { readonly cert: string; readonly key: string },
): Promise<Office & { close(): Promise<void> }> {
  const port = await freePorts(2);
  const tlsPort = certificate ? port + 1 : 0;
  const tls = certificate ? { TLS_CERT: certificate.cert, TLS_KEY: certificate.key } : {};
  const sip = {
    ...{ bind: '127.0.0.1', port, devices: { realm: REALM } },
    ...(certificate ? { tlsPort } : {}),
  };
  const folder = mkdtempSync(join(tmpdir(), 'offhook-e2e-'));
  const passwords = await fill(folder);
  const gateway = await Gateway.start({
    demoUsers: 0,
    folder,
    settings: { SIP: JSON.stringify(sip), ...tls, ...settings },
  });
  return {
    ...{ gateway, port, tlsPort, passwords },
    close: async () => {
      expect(await gateway.stop(), gateway.logs.slice(-20).join('\n')).toBe('0');
      expect(gateway.errors).toEqual([]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** As what a phone or a page signs in. @param login user and phone, as in `1001~desk` */
export const credentials = (
  { port, passwords }: Office,
  login: string,
): { user: string; login: string; password: string; port: number; domain: string } => ({
  user: login.split('~', 1)[0] ?? '',
  login,
  password: passwords.get(login) ?? '',
  port,
  domain: REALM,
});

/** How a user's page signs in. */
export const asUser = ({ passwords }: Office, login: string): PartyOptions => ({
  options: { login, password: passwords.get(login) ?? '' },
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
