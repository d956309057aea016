import { resolve } from 'node:path';
import { Command } from 'commander';
import { makeBackup } from '../data-folder/backup.ts';
import { restoreBackup } from '../data-folder/restore.ts';
import { readVersion } from '../version.ts';
import { configFromOptions, withDataOptions } from './options.ts';
import type { ConfigOptions } from './options.ts';
import { filesOfConfig } from './config-files.ts';

const MB = 1_000_000;

export function backupCommand(): Command {
  return withDataOptions(new Command('backup'))
    .description('copy all that a gateway keeps, also while it runs')
    .argument('<target>', 'a file whose name ends in .tar, or a folder; nothing is overwritten')
    .option('--json', 'what was done, as JSON')
    .action(async (target: string, options: ConfigOptions & { readonly json?: true }) => {
      const { dataDir, database } = configFromOptions(options);
      const progress = new Progress();
      const elsewhere = filesOfConfig(options, process.env);
      const outcome = await makeBackup({
        dataDir,
        target,
        version: readVersion(),
        elsewhere,
        onProgress: (file, done, total) => {
          const percent = total === 0 ? 100 : Math.floor((done / total) * 100);
          progress.show(`${file} ${String(percent)} %`);
        },
      });
      progress.end();
      if (options.json === true) {
        console.log(
          JSON.stringify(
            {
              ...outcome,
              dataDir: resolve(dataDir),
              elsewhere,
              notInIt: database === undefined ? [] : [database.url],
            },
            null,
            2,
          ),
        );
        return;
      }
      const size = (outcome.bytes / MB).toFixed(1);
      console.log(
        `${outcome.target} holds the data folder ${resolve(dataDir)}: ${String(outcome.files)} files, ${size} MB`,
      );
      console.log('It holds secrets and what was said in calls: keep it as you keep those.');
      if (outcome.gone.length > 0) {
        console.log(`${String(outcome.gone.length)} recordings were forgotten meanwhile.`);
      }
      tellElsewhere(elsewhere);
      if (database !== undefined) {
        console.log(
          `Users and devices are not in it: they are in ${database.url}. Back that up by pg_dump (docs/operations.md).`,
        );
      }
    });
}

export function restoreCommand(): Command {
  return withDataOptions(new Command('restore'))
    .description('put a backup into the data folder of a gateway that does not run')
    .argument('<source>', 'what offhook backup made')
    .option('--force', 'also where the data folder is not empty; what it holds is kept aside')
    .action(async (source: string, options: ConfigOptions & { readonly force?: true }) => {
      const { dataDir } = configFromOptions(options);
      const progress = new Progress();
      const { manifest, aside, ...done } = await restoreBackup({
        source,
        dataDir,
        force: options.force === true,
        onProgress: (step) => {
          progress.show(step);
        },
      });
      progress.end();
      const when = new Date(manifest.createdAt).toISOString();
      console.log(
        `Restored ${String(manifest.files.length)} files of ${when} (Offhook ${manifest.version}) to ${done.dataDir}`,
      );
      if (aside !== null) {
        console.log(`What was there before is in ${aside}`);
      }
      tellElsewhere(manifest.elsewhere);
    });
}

function tellElsewhere(files: readonly string[]): void {
  if (files.length === 0) {
    return;
  }
  console.log('Not in it, since the gateway only reads them:');
  for (const file of files) {
    console.log(`  ${file}`);
  }
}

/** One line that is written over, for people at a terminal. */
class Progress {
  readonly #shown = process.stderr.isTTY;
  #length = 0;

  show(text: string): void {
    if (!this.#shown) {
      return;
    }
    process.stderr.write(`\r${text.padEnd(this.#length)}`);
    this.#length = text.length;
  }

  end(): void {
    if (this.#length > 0) {
      process.stderr.write(`\r${' '.repeat(this.#length)}\r`);
    }
  }
}
