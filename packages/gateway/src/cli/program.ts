import { Command, CommanderError } from 'commander';
import { StoreError } from '../sqlite/database.ts';
import { ConfigError } from '../config.ts';
import { rightsProblem } from '../data-folder/rights.ts';
import { StartError } from '../start-error.ts';
import { readVersion } from '../version.ts';
import { ControlError } from '../control/control-client.ts';
import { BackupError } from '../data-folder/backup-error.ts';
import { apiKeyCommand } from './api-key.ts';
import { backupCommand, restoreCommand } from './backup.ts';
import { configCommand } from './config-command.ts';
import { copyToPostgresCommand } from './copy-to-postgres.ts';
import { deviceCommand } from './device.ts';
import { doctorCommand } from './doctor.ts';
import { edgeCommand } from './edge.ts';
import { CliError } from './errors.ts';
import { callsCommand, sessionsCommand } from './live.ts';
import { loadCommand } from './load.ts';
import { migrateCommand } from './migrate.ts';
import { reportsCommand } from './reports.ts';
import { demoCommand, serveCommand } from './serve.ts';
import { sipCommand } from './sip.ts';
import { tokenCommand } from './token.ts';
import { userCommand } from './user.ts';

/** Runs one command and returns the process's exit code. */
export async function runCli(argv: readonly string[]): Promise<number> {
  const program = new Command('offhook')
    .description('The Offhook gateway: browser calls over WebSocket and WebRTC')
    .version(readVersion(), '-V, --version')
    .showHelpAfterError('(offhook --help lists the commands)');
  for (const command of [
    serveCommand(),
    demoCommand(),
    userCommand(),
    deviceCommand(),
    tokenCommand(),
    apiKeyCommand(),
    reportsCommand(),
    sessionsCommand(),
    callsCommand(),
    migrateCommand(),
    copyToPostgresCommand(),
    backupCommand(),
    restoreCommand(),
    loadCommand(),
    doctorCommand(),
    configCommand(),
    edgeCommand(),
    sipCommand(),
  ]) {
    program.addCommand(command);
  }
  throwInsteadOfExit(program);
  try {
    await program.parseAsync(argv);
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode;
    }
    if (error instanceof CliError) {
      console.error(error.message);
      return error.exitCode;
    }
    if (
      error instanceof ConfigError ||
      error instanceof StartError ||
      error instanceof BackupError ||
      error instanceof ControlError ||
      error instanceof StoreError
    ) {
      console.error(error.message);
      return 1;
    }
    const { code, path } = error as NodeJS.ErrnoException;
    const rights = code === 'EACCES' && path !== undefined ? rightsProblem(path) : null;
    console.error(rights ?? error);
    return 1;
  }
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) {
    throwInsteadOfExit(child);
  }
}
