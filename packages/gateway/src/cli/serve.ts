import { Command } from 'commander';
import type { Gateway } from '../gateway.ts';
import { createLogger } from '../logging/logger.ts';
import type { Logger } from '../logging/logger.ts';
import { readVersion } from '../version.ts';
import { FatalErrors } from './fatal-errors.ts';
import { configFromOptions, withConfigOptions } from './options.ts';
import { StopSignals } from './stop-signals.ts';

interface ServeOptions {
  readonly demo?: true;
  readonly demoUsers?: string;
  readonly json?: true;
}

/** Beyond what drain and close allow themselves, the process ends whatever still runs. */
const CLOSE_GRACE_MS = 5000;

export function serveCommand(): Command {
  return withConfigOptions(new Command('serve'))
    .description('run the gateway until SIGINT or SIGTERM')
    .option('--demo', 'loopback only, with throw-away users 1001, 1002, ...')
    .option('--demo-users <number>', 'how many demo users (default 2)')
    .option('--json', 'print the line that says it is ready as JSON')
    .action(async (options: ServeOptions) => {
      await serve(options);
    });
}

/** The gateway as `npx` starts it for somebody who wants to see a call, with nothing set up. */
export function demoCommand(): Command {
  return withConfigOptions(new Command('demo'))
    .description(
      'serve the web phone on this machine alone, with throw-away users; the same as serve --demo',
    )
    .option('--demo-users <number>', 'how many demo users (default 2)')
    .option('--json', 'print the line that says it is ready as JSON')
    .action(async (options: ServeOptions) => {
      await serve({ ...options, demo: true });
    });
}

async function serve(options: ServeOptions): Promise<void> {
  const extra = [];
  if (options.demo === true) {
    extra.push({ path: 'demo.enabled', text: 'true', flag: '--demo' });
  }
  if (options.demoUsers !== undefined) {
    extra.push({ path: 'demo.users', text: options.demoUsers, flag: '--demo-users' });
  }
  const config = configFromOptions(options as Parameters<typeof configFromOptions>[0], extra);
  const logger = createLogger(config.log.level);
  const signals = new StopSignals();
  const fatal = new FatalErrors(logger);
  // Loaded here, so that the other commands start without the media plane and the HTTP server.
  const [{ startGateway }, { realParts }] = await Promise.all([
    import('../gateway.ts'),
    import('../main.ts'),
  ]);
  const gateway = await startGateway(config, logger, realParts);
  fatal.farewell = () => gateway.abandon();
  logger.info(
    { url: gateway.url, version: readVersion(), demo: config.demo.enabled },
    'The gateway is ready',
  );
  announce(gateway, options.json === true);
  const reload = (): void => {
    reloadCertificate(gateway, logger);
  };
  process.on('SIGHUP', reload);
  const signal = await signals.first;
  logger.info({ signal }, 'Stopping');
  // A demo has nobody to wait for; elsewhere calls get their time.
  const patience = config.demo.enabled ? 0 : config.drain.callSeconds + config.drain.idleSeconds;
  await within(patience * 1000 + CLOSE_GRACE_MS, stop(gateway, config.demo.enabled), logger);
  process.off('SIGHUP', reload);
  signals.dispose();
  fatal.dispose();
  endSoon(logger);
}

async function stop(gateway: Gateway, atOnce: boolean): Promise<void> {
  if (!atOnce) {
    await gateway.drain();
  }
  await gateway.close();
}

/** Settles when the work does; a work that does not is left, and the process with it. */
async function within(ms: number, work: Promise<void>, logger: Logger): Promise<void> {
  const timer = setTimeout(() => {
    logger.error('The gateway could not be closed in time');
    process.exit(1);
  }, ms);
  try {
    await work;
  } finally {
    clearTimeout(timer);
  }
}

/** With everything closed the process ends by itself; should something keep it, that is a defect and is said. */
function endSoon(logger: Logger): void {
  setTimeout(() => {
    logger.error(
      { resources: process.getActiveResourcesInfo() },
      'Something kept the process alive after the end',
    );
    process.exit();
  }, 1000).unref();
}

function announce(gateway: Gateway, json: boolean): void {
  const { url, port, demoAccounts, adminLink } = gateway;
  if (json) {
    console.log(JSON.stringify({ ready: true, url, port, users: demoAccounts, adminLink }));
    return;
  }
  console.log(`Offhook is ready at ${url}`);
  for (const { user, password } of demoAccounts) {
    console.log(`  user ${user}  password ${password}`);
  }
  if (adminLink !== null) {
    console.log(`  calls and their quality (works once)  ${adminLink}`);
  }
  if (demoAccounts.length > 1) {
    console.log(
      'Open the address in two windows, sign in as another user in each with one click, and call one from the other. Alone: dial "echo". Ctrl-C ends it.',
    );
  }
}

function reloadCertificate(gateway: Gateway, logger: Logger): void {
  try {
    gateway.reloadCertificate();
    logger.info('The TLS certificate was read again');
  } catch (error) {
    logger.error({ error }, 'The TLS certificate could not be read again; the old one stays');
  }
}
