import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SqliteReports } from '../reports/sqlite/store.ts';
import { call, leg, report, upload } from '../reports/testing/samples.ts';
import { runCli } from './program.ts';
import { offhook } from './testing/run.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** In this process: a dozen processes would take their time. */
async function reports(
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const log = vi.spyOn(console, 'log').mockReturnValue();
  const error = vi.spyOn(console, 'error').mockReturnValue();
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    const code = await runCli(['node', 'offhook', 'reports', ...args, '--data-dir', folder]);
    const text = (spy: { mock: { calls: unknown[][] } }): string =>
      spy.mock.calls.map(([line]) => `${String(line)}\n`).join('');
    return { code, stdout: text(log), stderr: text(error) + text(stderr) };
  } finally {
    vi.restoreAllMocks();
  }
}

function fill(): void {
  const store = new SqliteReports({ dataDir: folder, retentionDays: 30, maxBytes: 2 ** 30 });
  const a = leg('c1-a');
  const events = [
    { t: a.startedAt, leg: 'c1-a', type: 'started' as const, name: 'caller' },
    { t: a.startedAt + 120, leg: 'c1-a', type: 'told' as const, name: 'ringing' },
  ];
  store.saveCall(call('c1', { legs: [a, leg('c1-b', { role: 'callee', user: '1002' })], events }));
  store.addReport(upload(a, report(a.callId)));
  const evil = '=1+1\u001b[2J"x"';
  store.saveCall(
    call('c2', { destination: evil, cause: 'UNALLOCATED_NUMBER', legs: [leg('c2-a')] }),
  );
  store.close();
}

describe('offhook reports', () => {
  it('says when there are none', async () => {
    const { code, stderr } = await reports('list');
    expect(code).toBe(1);
    expect(stderr).toContain(`There are no reports in ${folder}`);
  });

  it('lists calls, narrowed and sorted', async () => {
    fill();
    const all = await reports('list');
    expect(all.stderr).toBe('');
    expect(all.stdout).toContain('2 call(s)');
    expect(all.stdout).toMatch(
      /1001 → 1002 +63 s +NORMAL_CLEARING +4\.\d\d .* Firefox 130 +2\.27\.10 +c1\n/,
    );
    // What was dialled may not move the cursor of whoever reads it.
    expect(all.stdout).not.toContain('\u001b');
    const json = await reports('list', '--json', '--reported', '--user', '1002', '--sort', 'mos');
    expect(JSON.parse(json.stdout)).toMatchObject({ total: 1, calls: [{ id: 'c1' }] });
    const none = await reports('list', '--no-reported', '--mos-below', '2', '--from', '1h');
    expect(none.stdout).toContain('0 call(s)');
    const wrong = await reports('list', '--from', 'yesterday');
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('24h') as string });
  });

  it('shows one call with both ends and the middle', async () => {
    fill();
    const { stdout } = await reports('show', 'client-c1-a');
    expect(stdout).toContain('call c1');
    expect(stdout).toMatch(/caller +1001 +party +4\.\d\d .* @telnyx\/webrtc 2\.27\.10/);
    expect(stdout).toContain('0.120 s  caller 1001      → ringing');
    const json = await reports('show', 'c1', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      call: { id: 'c1' },
      legs: [{ reports: [{ summary: { callId: 'client-c1-a' } }] }, { reports: [] }],
    });
    expect(await reports('show', 'nothing')).toMatchObject({ code: 1 });
  });

  it('exports for spreadsheets, without formulas, and as JSON', async () => {
    fill();
    const file = join(folder, 'calls.csv');
    expect(await reports('export', '--out', file)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const [head, first, second, end] = readFileSync(file, 'utf8').split('\r\n');
    expect(head).toMatch(/^call,started,.*,mos,mos_min,loss_percent,/);
    expect(first).toMatch(/^c1,2023-11-14T22:13:20\.000Z,.*,63,60,NORMAL_CLEARING,1001,1001,1002,/);
    expect(second).toContain(`,"'=1+1\u001b[2J""x""",`);
    expect(end).toBe('');
    const filter = ['--cause', 'UNALLOCATED_NUMBER', '--data-dir', folder];
    const json = await offhook(['reports', 'export', '--format', 'json', ...filter]);
    expect(JSON.parse(json.stdout)).toMatchObject([{ id: 'c2', mos: null }]);
    expect(
      await reports('export', '--format', 'json', '--user', 'nobody', '--out', file),
    ).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual([]);
  });
});
