import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Store, databasePath } from '../auth/store.ts';
import { Users } from '../auth/users.ts';
import { configFrom } from '../config.ts';
import { runCli } from './program.ts';
import { offhook } from './testing/run.ts';

/** What docs/operations.md tells operators to do, done. */
const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../../${path}`, import.meta.url)), 'utf8');
const guide = read('docs/operations.md');
const unitPath = fileURLToPath(new URL('../../systemd/offhook.service', import.meta.url));
const unit = readFileSync(unitPath, 'utf8');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-guide-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** The blocks of one language. */
function blocks(language: string): string[] {
  const found = guide.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'));
  return [...found].map(([, block = '']) => block);
}

it('its configuration is understood, and names the data folder and the credentials of the unit', () => {
  const [block = ''] = blocks('json');
  const config = configFrom(JSON.parse(block) as Record<string, unknown>);
  expect(config).toMatchObject({ port: 443, dataDir: '/var/lib/offhook' });
  for (const path of [config.tls?.cert, config.tls?.key]) {
    const name = path?.replace('/run/credentials/offhook.service/', '');
    expect(unit).toContain(`LoadCredential=${String(name)}:`);
  }
  expect(unit).toContain('StateDirectory=offhook\n');
});

it('its commands work: a user, a look, a backup and its restore', async () => {
  vi.spyOn(console, 'log').mockReturnValue();
  const config = join(folder, 'offhook.json');
  const data = join(folder, 'data');
  writeFileSync(config, JSON.stringify({ dataDir: data, port: 0 }));
  const places: readonly (readonly [string, string])[] = [
    ['/etc/offhook/offhook.json', config],
    ['/srv/backup', folder],
    ['/var/lib/offhook-new', join(folder, 'new')],
  ];
  const commands = blocks('sh')
    .flatMap((block) => block.split('\n'))
    .map((line) => /^(?:sudo -u offhook )?offhook (.*)$/.exec(line)?.[1] ?? '')
    .filter((command) => command !== '');
  expect(commands.map((command) => command.split(' ')[0])).toEqual([
    'user',
    'doctor',
    'backup',
    'restore',
  ]);
  for (const command of commands) {
    const args = places
      .reduce((text, [there, here]) => text.replaceAll(there, here), command)
      .split(' ');
    // A password comes by a process's standard input; the rest needs no process of its own, which takes its time to start.
    const code =
      args[0] === 'user'
        ? (await offhook(args, { input: 'correct horse\n' })).code
        : await runCli(['node', 'offhook', ...args]);
    expect(code, command).toBe(0);
  }
  const store = new Store(databasePath(join(folder, 'new')));
  expect(new Users(store).get('ann')).toMatchObject({ admin: true });
  store.close();
  expect(readdirSync(folder)).toContain('offhook-monday.tar');
});

it('the unit is one that systemd takes, and lets an unprivileged user have port 443', (context) => {
  expect(unit).toMatch(/^AmbientCapabilities=CAP_NET_BIND_SERVICE$/m);
  expect(unit).toMatch(/^User=offhook$/m);
  const copy = join(folder, 'offhook.service');
  copyFileSync(unitPath, copy);
  try {
    execFileSync('systemd-analyze', ['--version'], { stdio: 'ignore' });
  } catch {
    context.skip('systemd is not here');
  }
  // Exit code and complaints: the first is 0 for some of the second.
  expect(execFileSync('systemd-analyze', ['verify', copy], { encoding: 'utf8' })).toBe('');
});
