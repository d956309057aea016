import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AccountTables } from './account-tables.ts';
import type { Device } from './devices.ts';
import type { NewUser } from './users.ts';

const user = (name: string, more: Partial<NewUser> = {}): NewUser => ({
  name,
  displayName: `Name of ${name}`,
  passwordHash: `hash of ${name}`,
  admin: false,
  generateRingback: false,
  ...more,
});

const device = (owner: string, name: string): Omit<Device, 'createdAt'> => ({
  user: owner,
  name,
  realm: 'phones.example.com',
  ha1: { MD5: `md5 ${name}`, 'SHA-256': `sha256 ${name}` },
});

/** What every place for users and devices does. */
export function describeAccountTables(name: string, open: () => Promise<AccountTables>): void {
  describe(`accounts in ${name}`, () => {
    let accounts: AccountTables;
    beforeEach(async () => {
      accounts = await open();
    });
    afterEach(() => accounts.close());

    it('are added once, found by their exact names, and listed in the order of bytes', async () => {
      const before = Date.now();
      expect(await accounts.users.add(user('bob', { admin: true }))).toBe(true);
      expect(await accounts.users.add(user('Zoë'.replace('ë', 'e')))).toBe(true);
      expect(await accounts.users.add(user('alice', { generateRingback: true }))).toBe(true);
      expect(await accounts.users.add(user('bob', { displayName: 'Another' }))).toBe(false);
      const found = await accounts.users.get('bob');
      expect(found).toMatchObject(user('bob', { admin: true }));
      expect(found?.createdAt).toBeGreaterThanOrEqual(before);
      expect(await accounts.users.get('Bob')).toBeNull();
      expect(await accounts.users.get("bob' OR '1'='1")).toBeNull();
      const list = await accounts.users.list();
      expect(list.map((each) => each.name)).toEqual(['Zoe', 'alice', 'bob']);
      expect(list[1]).toMatchObject({ generateRingback: true, admin: false });
    });

    it('have nobody of a name that cannot be one, and say so', async () => {
      const nul = 'ann\0';
      expect(await accounts.users.get(nul)).toBeNull();
      expect(await accounts.users.change(nul, { admin: true })).toBeNull();
      expect(await accounts.users.setPassword(nul, 'another')).toBe(false);
      expect(await accounts.users.remove(nul)).toBe(false);
      expect(await accounts.devices.get(`${nul}~phone`)).toBeNull();
      expect(await accounts.devices.list(nul)).toEqual([]);
      expect(await accounts.devices.remove(nul, nul)).toBe(false);
      expect(await accounts.users.page({ search: nul, limit: 10, offset: 0 })).toEqual({
        users: [],
        total: 0,
      });
    });

    it('keep names as they are told, whatever is in them', async () => {
      const displayName = '\u{1F4DE} "O\'Hara"; DROP TABLE users --\\';
      await accounts.users.add(user('ann', { displayName }));
      expect(await accounts.users.get('ann')).toMatchObject({ displayName });
    });

    it('change their passwords, and tell when there is nobody', async () => {
      await accounts.users.add(user('bob'));
      expect(await accounts.users.setPassword('bob', 'another')).toBe(true);
      expect(await accounts.users.get('bob')).toMatchObject({ passwordHash: 'another' });
      expect(await accounts.users.setPassword('nobody', 'another')).toBe(false);
    });

    it('are changed in what is said, and in nothing else', async () => {
      await accounts.users.add(user('bob', { admin: true }));
      const rest = { admin: true, displayName: 'Name of bob', passwordHash: 'hash of bob' };
      const changed = await accounts.users.change('bob', { disabled: true });
      expect(changed).toMatchObject({ ...rest, disabled: true, generateRingback: false });
      expect(await accounts.users.get('bob')).toEqual(changed);
      const wish = { displayName: 'Robert', admin: false, generateRingback: true, disabled: false };
      expect(await accounts.users.change('bob', wish)).toMatchObject(wish);
      expect(await accounts.users.get('bob')).toMatchObject(wish);
      expect(await accounts.users.change('nobody', wish)).toBeNull();
    });

    it('are listed by pages, and searched as they are written', async () => {
      for (const name of ['ann', 'bob', 'a_b', 'axb']) {
        await accounts.users.add(user(name, { displayName: name.toUpperCase() }));
      }
      const names = async (
        search: string | undefined,
        limit = 10,
        offset = 0,
      ): Promise<unknown> => {
        const { users, total } = await accounts.users.page({ search, limit, offset });
        return [users.map((each) => each.name), total];
      };
      expect(await names(undefined, 2, 1)).toEqual([['ann', 'axb'], 4]);
      expect(await names('B')).toEqual([['a_b', 'axb', 'bob'], 3]);
      expect(await names('a_b')).toEqual([['a_b'], 1]);
      expect(await names('%')).toEqual([[], 0]);
    });

    it('have devices, found by login, which go with their user', async () => {
      await accounts.users.add(user('ann'));
      await accounts.users.add(user('bob'));
      expect(await accounts.devices.add(device('bob', 'phone'))).toBe(true);
      expect(await accounts.devices.add(device('bob', 'desk'))).toBe(true);
      expect(await accounts.devices.add(device('ann', 'phone'))).toBe(true);
      expect(await accounts.devices.add(device('bob', 'phone'))).toBe(false);
      expect(await accounts.devices.get('bob~phone')).toMatchObject(device('bob', 'phone'));
      expect(await accounts.devices.get('bob')).toBeNull();
      expect(await accounts.devices.get('bob~other')).toBeNull();
      const names = async (of?: string): Promise<string[]> =>
        (await accounts.devices.list(of)).map((each) => `${each.user}~${each.name}`);
      expect(await names()).toEqual(['ann~phone', 'bob~desk', 'bob~phone']);
      expect(await names('bob')).toEqual(['bob~desk', 'bob~phone']);
      expect(await accounts.devices.remove('bob', 'desk')).toBe(true);
      expect(await accounts.devices.remove('bob', 'desk')).toBe(false);
      expect(await accounts.users.remove('bob')).toBe(true);
      expect(await accounts.users.remove('bob')).toBe(false);
      expect(await names()).toEqual(['ann~phone']);
    });

    it('have no device of nobody', async () => {
      await expect(accounts.devices.add(device('nobody', 'phone'))).rejects.toThrow();
      expect(await accounts.devices.list()).toEqual([]);
    });

    it('remember what the gateway must', async () => {
      expect(await accounts.meta('mark')).toBeNull();
      await accounts.setMeta('mark', 'one');
      await accounts.setMeta('mark', 'two');
      expect(await accounts.meta('mark')).toBe('two');
    });
  });
}
