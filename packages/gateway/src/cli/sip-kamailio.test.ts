import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { offhook } from './testing/run.ts';

const KAMAILIO = '/usr/sbin/kamailio';
const run = promisify(execFile);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-kamailio-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const command = (
  ...more: string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> =>
  offhook(
    ['sip', 'kamailio', '--out', folder, '--listen', '127.0.0.1', '--domain', 'sip.example'].concat(
      ['--gateway', '127.0.0.1:5070', ...more],
    ),
  );

describe('offhook sip kamailio', () => {
  it('writes files that others cannot read, with HA1s and no password, and keeps what is there', async () => {
    const phones = join(folder, 'phones.json');
    writeFileSync(phones, JSON.stringify({ bob: 'correct horse' }));
    const { code, stdout } = await command('--phones', phones, '--gateway', 'gw2:5071');
    expect(code).toBe(0);
    expect(stdout).toContain('"servers":["127.0.0.1:5060"]');
    expect(read('phones.cfg')).toContain('$sht(phones=>bob) = "717a4faf7619c93b3cbdfdb187b827fe";');
    expect(Object.values(['phones.cfg', 'kamailio.cfg'].map(read)).join()).not.toContain('correct');
    expect(read('dispatcher.list')).toMatch(/^1 sip:127.0.0.1:5070 0 2\n1 sip:gw2:5071 0 1$/m);
    expect(statSync(join(folder, 'phones.cfg')).mode & 0o007).toBe(0);
    writeFileSync(join(folder, 'phones.cfg'), 'mine');
    expect(await command()).toMatchObject({ code: 1 });
    expect(read('phones.cfg')).toBe('mine');
    expect(await command('--force')).toMatchObject({ code: 0 });
    expect(read('phones.cfg')).not.toBe('mine');
  });

  it.each([
    [['--listen', 'all'], 'listen must be an IPv4 or IPv6 address'],
    [['--domain', 'a" }'], 'domain must be a domain'],
    [['--gateway', 'a\nb'], 'gateways.1 must be host or host:port'],
    [['--port', 'five'], 'port must be a number'],
    [['--origin', 'https://a)"'], 'origins.0 must be an origin'],
    [['--tls-key', '/k.pem'], '--tls-certificate and --tls-key go together'],
    [['--phones', '/nowhere'], '/nowhere cannot be read'],
  ])('%j is refused with a word on what is wrong', async (flags, message) => {
    const { code, stderr } = await command(...flags);
    expect(stderr).toContain(message);
    expect(code).toBe(1);
    expect(existsSync(join(folder, 'kamailio.cfg'))).toBe(false);
  });

  // `npm test` installs it.
  describe.skipIf(!existsSync(KAMAILIO))('is taken by Kamailio', () => {
    it.each([
      ['as it is', []],
      ['behind a NAT, for one site', ['--advertise', '192.0.2.1', '--origin', 'https://a.example']],
      ['with TLS', ['--tls-certificate', 'c.pem', '--tls-key', 'k.pem', '--tls-port', '5999']],
    ])('%s', async (_, flags) => {
      const phones = join(folder, 'phones.json');
      writeFileSync(phones, JSON.stringify({ bob: 'secret', 'ann-2': 'secret' }));
      if (flags.includes('c.pem')) {
        await certificate();
      }
      const inFolder = flags.map((flag) => (flag.endsWith('.pem') ? join(folder, flag) : flag));
      expect(await command('--phones', phones, ...inFolder)).toMatchObject({ code: 0 });
      const { stderr } = await run(KAMAILIO, ['-c', '-f', join(folder, 'kamailio.cfg')]);
      expect(stderr).toContain('config file ok');
      expect(stderr).not.toMatch(/ERROR|WARNING/);
    });
  });
});

async function certificate(): Promise<void> {
  const files = ['-keyout', join(folder, 'k.pem'), '-out', join(folder, 'c.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await run('openssl', ['req', '-x509', ...kind, ...files, '-subj', '/CN=sip', '-days', '2']);
}
