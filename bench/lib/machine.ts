import { execFileSync } from 'node:child_process';
import { cpus, totalmem, release } from 'node:os';
import { chromiumPath } from '../../e2e/lib/browser.ts';

/** What a reader has to know of the machine, and nothing that names it. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly browser: string;
}

export function machine(): Machine {
  const all = cpus();
  return {
    cores: all.length,
    cpu: all[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${process.platform} ${release().split('-')[0] ?? ''}`,
    node: process.versions.node,
    browser: browserVersion(),
  };
}

function browserVersion(): string {
  const said = execFileSync(chromiumPath, ['--version', '--no-sandbox'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return /[A-Za-z]+ [\d.]+/.exec(said)?.[0] ?? 'unknown';
}
