import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyPassword } from '../auth/passwords.ts';
import { Devices } from '../auth/devices.ts';
import { makeHa1 } from '../auth/digest-hash.ts';
import { Store, databasePath } from '../auth/store.ts';
import { Users } from '../auth/users.ts';
import type { User } from '../auth/users.ts';
import { offhook } from './testing/run.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const inFolder = (): string[] => ['--data-dir', folder];

function stored(name: string): User | null {
  const store = new Store(databasePath(folder));
  try {
    return new Users(store).get(name);
  } finally {
    store.close();
  }
}

describe('offhook', () => {
  it('tells its version and its commands', async () => {
    expect(await offhook(['--version'])).toMatchObject({ code: 0, stdout: '0.1.0\n' });
    const { stdout } = await offhook(['--help']);
    for (const name of ['serve', 'user', 'token', 'reports', 'doctor', 'config']) {
      expect(stdout).toContain(`  ${name} `);
    }
  });

  it('says what it does not know, with code 1', async () => {
    expect(await offhook(['dance'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('unknown command') as string,
    });
    expect(await offhook(['serve', '--dance'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('unknown option') as string,
    });
  });
});

describe('offhook user', () => {
  it('adds with the password from standard input, lists, changes and removes', async () => {
    const added = await offhook(
      ['user', 'add', 'alice', '--admin', '--display-name', 'Alice A.', ...inFolder()],
      { input: 'first password\n' },
    );
    expect(added).toMatchObject({
      code: 0,
      stdout: `Added alice (data folder ${folder})\n`,
      stderr: '',
    });
    const user = stored('alice');
    expect(user).toMatchObject({ displayName: 'Alice A.', admin: true, generateRingback: false });
    expect(await verifyPassword('first password', user?.passwordHash ?? '')).toBe(true);

    const changed = await offhook(['user', 'passwd', 'alice', ...inFolder()], {
      input: 'second password\n',
    });
    expect(changed).toMatchObject({ code: 0 });
    expect(await verifyPassword('second password', stored('alice')?.passwordHash ?? '')).toBe(true);

    const list = await offhook(['user', 'list', '--json', ...inFolder()]);
    expect(JSON.parse(list.stdout)).toMatchObject([{ name: 'alice', admin: true }]);
    expect(list.stdout).not.toContain('scrypt');

    expect(await offhook(['user', 'remove', 'alice', ...inFolder()])).toMatchObject({ code: 0 });
    expect(stored('alice')).toBeNull();
  });

  it('makes a random password when asked, and shows it once', async () => {
    const { stdout } = await offhook(['user', 'add', 'bob', '--generate', ...inFolder()]);
    const password =
      /^Added bob with password (\S{20,}) \(data folder .*\)\n$/.exec(stdout)?.[1] ?? '';
    expect(await verifyPassword(password, stored('bob')?.passwordHash ?? '')).toBe(true);
  });

  it.each([
    ['no password', ['add', 'alice'], '', /No password was given/],
    ['a short password', ['add', 'alice'], 'short\n', /8 characters or more/],
    ['a bad name', ['add', 'al ice'], 'long enough\n', /A user name has/],
    ['a stranger to change', ['passwd', 'nobody'], 'long enough\n', /There is no user nobody/],
    ['a password as argument', ['add', 'alice', '--password', 'x'], '', /unknown option/],
  ])('refuses %s', async (_title, args, input, message) => {
    await offhook(['user', 'add', 'bob', '--generate', ...inFolder()]);
    const result = await offhook(['user', ...args, ...inFolder()], { input });
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toContain('    at ');
    expect(stored('alice')).toBeNull();
  });

  it('refuses a display name that is too long, instead of cutting it', async () => {
    const name = 'Ann-Kathrin '.repeat(6).trim();
    const args = ['user', 'add', 'alice', '--generate', '--display-name', name, ...inFolder()];
    expect(await offhook(args)).toMatchObject({
      code: 1,
      stderr: 'A display name has 64 characters at most; this one has 71\n',
    });
    expect(existsSync(databasePath(folder))).toBe(true);
    expect(stored('alice')).toBeNull();
  });

  it('does not add a name twice', async () => {
    await offhook(['user', 'add', 'alice', '--generate', ...inFolder()]);
    const again = await offhook(['user', 'add', 'alice', ...inFolder()], {
      input: 'another password\n',
    });
    expect(again).toMatchObject({ code: 1, stderr: 'There is already a user alice\n' });
  });
});

describe('offhook device', () => {
  const realm = ['--set', 'sip={"devices":{"realm":"pbx.example"}}'];

  it('adds with a password that is printed once, lists, and removes; a user takes his along', async () => {
    await offhook(['user', 'add', 'ann', '--generate', ...inFolder()]);
    const added = await offhook(['device', 'add', 'ann', ...realm, ...inFolder()]);
    expect(added).toMatchObject({ code: 0, stderr: '' });
    expect(added.stdout).toMatch(
      /^Added phone of ann \(data folder .*\)\n {2}address {3}sip:ann@pbx\.example\n {2}sign in {3}ann~phone\n {2}password {2}(\S{22})\n$/,
    );
    const own = await offhook(['device', 'add', 'ann', 'desk', '--ask', ...realm, ...inFolder()], {
      input: 'one of my own\n',
    });
    expect(own.stdout).not.toContain('password');
    const list = await offhook(['device', 'list', '--json', ...inFolder()]);
    expect(JSON.parse(list.stdout)).toMatchObject([
      { user: 'ann', name: 'desk', login: 'ann~desk', realm: 'pbx.example' },
      { user: 'ann', name: 'phone' },
    ]);
    expect(list.stdout).not.toContain('ha1');
    const store = new Store(databasePath(folder));
    expect(new Devices(store).get('ann~desk')?.ha1).toEqual(
      makeHa1('ann~desk', 'pbx.example', 'one of my own'),
    );
    store.close();
    expect(await offhook(['device', 'remove', 'ann', 'phone', ...inFolder()])).toMatchObject({
      code: 0,
    });
    await offhook(['user', 'remove', 'ann', ...inFolder()]);
    const left = await offhook(['device', 'list', '--json', ...inFolder()]);
    expect(JSON.parse(left.stdout)).toEqual([]);
  });

  it.each([
    ['a stranger', ['add', 'nobody'], realm, 'There is no user nobody\n'],
    ['a gateway without a realm', ['add', 'ann'], [], expect.stringContaining('sip.devices.realm')],
    ['a bad name', ['add', 'ann', 'A b'], realm, expect.stringContaining('A device name has')],
    ['what is not there', ['remove', 'ann', 'desk'], realm, 'ann has no device desk\n'],
  ])('refuses %s', async (_title, args, settings, stderr) => {
    await offhook(['user', 'add', 'ann', '--generate', ...inFolder()]);
    expect(await offhook(['device', ...args, ...settings, ...inFolder()])).toMatchObject({
      code: 1,
      stdout: '',
      stderr,
    });
  });
});

describe('offhook token', () => {
  it('prints a token for a user, valid as long as asked', async () => {
    await offhook(['user', 'add', 'alice', '--generate', ...inFolder()]);
    const { code, stdout } = await offhook(['token', 'alice', '--ttl', '10m', ...inFolder()]);
    expect(code).toBe(0);
    const claims = decodeJwt(stdout.trim());
    expect(claims.sub).toBe('alice');
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(600);
    expect(statSync(join(folder, 'token-secret')).mode & 0o777).toBe(0o600);
  });

  it('says what its user may dial outside, in the bounds of the configuration', async () => {
    await offhook(['user', 'add', 'alice', '--generate', ...inFolder()]);
    const { stdout } = await offhook(
      ['token', 'alice', '--routes', '+49, +43', '--caller-ids', '+4930100'].concat(
        ['--calls-at-once', '1', '--minutes-a-day', '60'],
        inFolder(),
      ),
    );
    expect(decodeJwt(stdout.trim())['offhook']).toEqual({
      routes: ['+49', '+43'],
      callerIds: ['+4930100'],
      callsAtOnce: 1,
      minutesADay: 60,
    });
    for (const wrong of [
      ['--routes', 'everywhere'],
      ['--calls-at-once', 'many'],
      ['--minutes-a-day', '0'],
    ]) {
      const { code, stderr } = await offhook(['token', 'alice', ...wrong, ...inFolder()]);
      expect(code).toBe(1);
      expect(stderr).toContain('lists of numbers');
    }
  });

  it('for nobody is refused', async () => {
    await offhook(['user', 'add', 'alice', '--generate', ...inFolder()]);
    expect(await offhook(['token', 'nobody', ...inFolder()])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('There is no user nobody') as string,
    });
  });
});

describe('commands that read', () => {
  it.each([
    ['user', 'list'],
    ['user', 'remove', 'ann'],
    ['user', 'passwd', 'ann', '--generate'],
    ['token', 'ann'],
    ['reports', 'list'],
  ])('make no data folder and say where they looked: %s %s', async (...args) => {
    const missing = join(folder, 'not-here');
    const result = await offhook([...args, '--data-dir', missing]);
    expect(result).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(`in ${missing}, the data folder`) as string,
    });
    expect(result.stderr).toContain('--data-dir');
    expect(existsSync(missing)).toBe(false);
  });
});

describe.skipIf(process.getuid?.() !== 0)('a data folder that belongs to another user', () => {
  it('is refused in words, by commands and by the gateway', async () => {
    await offhook(['user', 'add', 'alice', '--generate', ...inFolder()]);
    chmodSync(folder, 0o755);
    for (const args of [
      ['user', 'add', 'bob', '--generate'],
      ['serve', '--port', '0'],
    ]) {
      const { code, stderr } = await offhook([...args, ...inFolder()], { uid: 65_534 });
      expect(code).toBe(1);
      expect(stderr).toContain(`may not write the f`);
      expect(stderr).toContain('belongs to root');
      expect(stderr).toContain('chown -R');
      expect(stderr).not.toContain('    at ');
    }
  });
});

describe('offhook config', () => {
  it('prints what would be used, without secrets', async () => {
    const file = join(folder, 'offhook.json');
    writeFileSync(
      file,
      JSON.stringify({ port: 9000, turn: { urls: ['turn:a'], secret: 'canary' } }),
    );
    const { code, stdout } = await offhook(['config', '--config', file, '--set', 'dc=north'], {
      env: { OFFHOOK_REGION: 'eu' },
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      port: 9000,
      dc: 'north',
      region: 'eu',
      turn: { secret: '(hidden)' },
    });
    expect(stdout).not.toContain('canary');
  });

  it('lists every problem with its place and fix', async () => {
    const { code, stderr } = await offhook(['config', '--port', 'x', '--set', 'nope=1'], {
      env: { OFFHOOK_PORTT: '1' },
    });
    expect(code).toBe(1);
    expect(stderr).toContain('3 problem(s)');
    expect(stderr).toContain(
      'OFFHOOK_PORTT (environment OFFHOOK_PORTT): is not a setting\n      did you mean OFFHOOK_PORT?',
    );
    expect(stderr).toContain('port (--port): must be a number');
    expect(stderr).not.toContain('    at ');
  });

  it('lists the settings', async () => {
    const { stdout } = await offhook(['config', '--list']);
    expect(stdout).toContain('media.publicAddress\n    OFFHOOK_MEDIA_PUBLIC_ADDRESS\n');
    expect(stdout).toContain('OFFHOOK_TURN_SECRET[_FILE]');
  });
});

describe('offhook doctor', () => {
  it('prints a line for each look, with what to do under it, and makes nothing', async () => {
    const missing = join(folder, 'not', 'there');
    const { code, stdout } = await offhook(['doctor', '--port', '0', '--data-dir', missing]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^OK {4}node {12}v\d+/m);
    expect(stdout).toMatch(/^WARN {2}users {11}nobody can sign in yet\n {22}offhook user add/m);
    expect(() => statSync(join(folder, 'not'))).toThrow();
  });

  it('reports a wrong configuration as findings, with code 1', async () => {
    const { code, stdout } = await offhook([
      'doctor',
      '--json',
      '--set',
      'turn.urls=http://x',
      '--set',
      'media.portMin=1',
    ]);
    expect(code).toBe(1);
    const lines = JSON.parse(stdout) as { readonly level: string; readonly subject: string }[];
    expect(
      lines.filter((line) => line.subject === 'configuration' && line.level === 'FAIL').length,
    ).toBeGreaterThanOrEqual(3);
  });
});
