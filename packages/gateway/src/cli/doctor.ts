import { Command } from 'commander';
import { ConfigError } from '../config.ts';
import { examineEdge } from '../doctor/edge.ts';
import { examine } from '../doctor/examine.ts';
import { fail } from '../doctor/finding.ts';
import type { Finding } from '../doctor/finding.ts';
import { loadEdgeConfig } from '../edge/edge-config.ts';
import { createLogger } from '../logging/logger.ts';
import { configFromOptions, withConfigOptions } from './options.ts';

export function doctorCommand(): Command {
  return withConfigOptions(new Command('doctor'))
    .description(
      'check this machine and the configuration; exit code 1 when something will not work',
    )
    .option('--edge <file>', 'look at the configuration of offhook edge instead')
    .option('--json', 'as JSON')
    .action(async (options: { readonly json?: true; readonly edge?: string }) => {
      const findings = await consult(options);
      if (options.json === true) {
        console.log(JSON.stringify(findings, null, 2));
      } else {
        for (const finding of findings) {
          print(finding);
        }
      }
      if (findings.some((finding) => finding.level === 'FAIL')) {
        process.exitCode = 1;
      }
    });
}

/** A configuration that does not load is a finding too. */
async function consult(options: { readonly edge?: string }): Promise<Finding[]> {
  try {
    if (options.edge !== undefined) {
      return await examineEdge(loadEdgeConfig(options.edge), createLogger('silent'));
    }
    return await examine(configFromOptions(options));
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error;
    }
    return error.problems.map(({ path, source, message, fix }) => {
      const from = source === undefined ? '' : ` (${source})`;
      return fail('configuration', `${path}${from} ${message}`, fix ?? 'see offhook config --list');
    });
  }
}

function print({ level, subject, message, fix }: Finding): void {
  console.log(`${level.padEnd(4)}  ${subject.padEnd(14)}  ${message}`);
  if (fix !== undefined) {
    console.log(`${' '.repeat(22)}${fix}`);
  }
}
