import { Command } from 'commander';
import { ConfigError } from '../config.ts';
import type { Config } from '../config.ts';
import { fail, ok } from '../doctor/finding.ts';
import type { Finding } from '../doctor/finding.ts';
import {
  checkDataDir,
  checkFileLimit,
  checkNode,
  checkOrigins,
  checkTls,
  checkWebPhone,
} from '../doctor/machine.ts';
import {
  checkKeySet,
  checkMediaPorts,
  checkPublicAddress,
  checkTcpPort,
  checkTurn,
} from '../doctor/network.ts';
import { configFromOptions, withConfigOptions } from './options.ts';

export function doctorCommand(): Command {
  return withConfigOptions(new Command('doctor'))
    .description(
      'check this machine and the configuration; exit code 1 when something will not work',
    )
    .option('--json', 'as JSON')
    .action(async (options: { readonly json?: true }) => {
      const findings = await examine(options);
      if (options.json === true) console.log(JSON.stringify(findings, null, 2));
      else for (const finding of findings) print(finding);
      if (findings.some((finding) => finding.level === 'FAIL')) process.exitCode = 1;
    });
}

async function examine(options: object): Promise<Finding[]> {
  const findings: Finding[] = [checkNode()];
  let config: Config;
  try {
    config = configFromOptions(options as Parameters<typeof configFromOptions>[0]);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const { path, source, message, fix } of error.problems) {
      const from = source === undefined ? '' : ` (${source})`;
      findings.push(
        fail('configuration', `${path}${from} ${message}`, fix ?? 'see offhook config --list'),
      );
    }
    return findings;
  }
  findings.push(
    ok('configuration', 'understood'),
    await checkTcpPort(config),
    checkTls(config),
    checkOrigins(config),
  );
  findings.push(
    checkPublicAddress(config),
    ...(await checkMediaPorts(config)),
    await checkTurn(config),
  );
  findings.push(...checkDataDir(config));
  const keySet = await checkKeySet(config);
  if (keySet !== null) findings.push(keySet);
  const files = checkFileLimit(config);
  if (files !== null) findings.push(files);
  findings.push(checkWebPhone(config));
  return findings;
}

function print({ level, subject, message, fix }: Finding): void {
  console.log(`${level.padEnd(4)}  ${subject.padEnd(14)}  ${message}`);
  if (fix !== undefined) console.log(`${' '.repeat(22)}${fix}`);
}
