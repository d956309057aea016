import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { TARGETS } from './targets/index.ts';

const program = fileURLToPath(new URL('run.ts', import.meta.url));
/** Fixed, so that each run tries the same inputs, as far as its time goes. `npm run fuzz` draws one. */
const SEED = '20261130';
const SECONDS = '60';

function fuzz(...args: string[]): Promise<{ code: number; output: string }> {
  const flags = ['--conditions=offhook-source', '--disable-warning=ExperimentalWarning'];
  return new Promise((resolve) => {
    execFile(process.execPath, [...flags, program, '--fresh', ...args], (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, output: stdout + stderr });
    });
  });
}

/** What it does takes its time whatever the machine does; these are for a machine that does much else. */
const TIMEOUT = { timeout: 600_000 };

describe('the fuzzer', TIMEOUT, () => {
  it('finds what throws behind several conditions, what costs too much and what keeps too much', async () => {
    // Of CPU time: what else the machine does changes nothing.
    const time = ['--seconds', '20', '--cpu'];
    const { code, output } = await fuzz('--target', 'planted', ...time, '--seed', SEED);
    expect(output).toContain('throw: TypeError: nobody announced this');
    expect(output).toMatch(/slow: costs \d+ times a plain scan/);
    expect(output).toMatch(/heap: keeps \d+ bytes/);
    expect(code).toBe(1);
  });

  it('finds what never ends', async () => {
    const args = ['--target', 'planted-hang', '--seconds', '60', '--seed', SEED];
    const { code, output } = await fuzz(...args);
    expect(output).toMatch(
      /planted-hang: ended before its time, \d+\.\d s of CPU time, findings 1/,
    );
    expect(output).toContain('hang: ');
    expect(code).toBe(1);
  });
});

describe('a minute of inputs that nobody thought of', TIMEOUT, () => {
  it(`makes no parser of outside bytes throw, hang, cost or keep too much (seed ${SEED})`, async () => {
    const { code, output } = await fuzz('--seconds', SECONDS, '--total', '--seed', SEED);
    expect(output).toContain('no findings');
    for (const target of TARGETS) {
      const figures = `${target}: \\d+ runs, \\d+ a second, \\d+ of \\d+ blocks, corpus \\d+, \\d+\\.\\d s of CPU time, findings 0`;
      expect(output).toMatch(new RegExp(`^${figures}$`, 'm'));
    }
    expect(code).toBe(0);
  });
});
