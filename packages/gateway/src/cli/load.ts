import { Command, InvalidArgumentError } from 'commander';
import type { LoadProgress } from '../load/load-run.ts';
import { LoadError } from '../load/load-error.ts';
import { parseDuration } from './duration.ts';
import { CliError } from './errors.ts';
import { StopSignals } from './stop-signals.ts';

const MOST = { clients: 20_000, perSecond: 10_000, seconds: 3600 } as const;
const PROGRESS_MS = 1000;

interface Options {
  readonly clients: number;
  readonly signInsPerSecond: number;
  readonly callsPerSecond: number;
  readonly callTime: number;
  readonly time: number;
  readonly destination?: string;
  readonly rtp?: true;
  readonly users?: string;
  readonly jwtSecretFile?: string;
  readonly demo?: true;
  readonly userPrefix: string;
  readonly allowRemote?: true;
  readonly json?: true;
}

/** `offhook load`: how much a gateway takes. */
export function loadCommand(): Command {
  return new Command('load')
    .argument('<gateway>', 'its address: ws://127.0.0.1:8080')
    .description('sign clients in, let them call each other at a rate, and say how it went')
    .option('--clients <number>', `clients, up to ${MOST.clients}`, upTo(MOST.clients, 1), 20)
    .option('--sign-ins-per-second <number>', 'how fast they sign in', upTo(MOST.perSecond), 20)
    .option('--calls-per-second <number>', '0 places none', upTo(MOST.perSecond, 0), 2)
    .option('--call-time <time>', 'how long each call talks', duration, 10)
    .option('--time <time>', 'how long calls are placed, up to 1h', duration, 30)
    .option('--destination <number>', 'call this instead of each other, for example echo')
    .option('--rtp', 'with audio: ICE, DTLS and fifty packets a second from each end')
    .option('--users <file>', 'who signs in: one "name password" a line')
    .option('--jwt-secret-file <file>', 'or: with tokens, signed by this secret (auth.jwt.secrets)')
    .option('--demo', 'or: the users of a gateway in demo mode')
    .option('--user-prefix <text>', 'names of the users of --jwt-secret-file', 'load-')
    .option('--allow-remote', 'the gateway may be on another machine')
    .option('--json', 'print the report as JSON')
    .action(async (gateway: string, options: Options) => {
      try {
        await load(gateway, options);
      } catch (error) {
        if (error instanceof LoadError) {
          throw new CliError(error.message, 2);
        }
        throw error;
      }
    });
}

async function load(gateway: string, options: Options): Promise<void> {
  // Loaded here, so that the other commands start without it.
  const [{ LoadRun }, { loadUsers }, { parseTarget }, { formatReport, isClean }] =
    await Promise.all([
      import('../load/load-run.ts'),
      import('../load/credentials.ts'),
      import('../load/target.ts'),
      import('../load/load-report.ts'),
    ]);
  const target = parseTarget(gateway, options.allowRemote === true);
  const { users: usersFile, jwtSecretFile, demo } = options;
  const source = {
    ...(usersFile === undefined ? {} : { usersFile }),
    ...(jwtSecretFile === undefined ? {} : { jwtSecretFile }),
    ...(demo === undefined ? {} : { demo }),
  };
  const users = await loadUsers(target, source, options.clients, options.userPrefix);
  const stop = new AbortController();
  const signals = new StopSignals();
  void signals.first.then(() => {
    stop.abort();
  });
  const run = new LoadRun(
    {
      target,
      users,
      signInsPerSecond: options.signInsPerSecond,
      callsPerSecond: options.callsPerSecond,
      callSeconds: options.callTime,
      seconds: options.time,
      rtp: options.rtp === true,
      ...(options.destination === undefined ? {} : { destination: options.destination }),
    },
    stop.signal,
  );
  // Progress goes where it does not mix with the report.
  const ticking = setInterval(() => {
    process.stderr.write(`${describe(run.progress)}\n`);
  }, PROGRESS_MS);
  try {
    const report = await run.run();
    console.log(options.json === true ? JSON.stringify(report, null, 2) : formatReport(report));
    process.exitCode = isClean(report) ? 0 : 1;
  } finally {
    clearInterval(ticking);
    signals.dispose();
  }
}

function describe(progress: LoadProgress): string {
  const { phase, signedIn, signInFailures, calls, callFailures, atOnce, packets } = progress;
  return [
    phase,
    `${signedIn} signed in`,
    ...(signInFailures > 0 ? [`${signInFailures} refused`] : []),
    `${calls} calls done`,
    `${atOnce} at once`,
    ...(packets > 0 ? [`${packets} packets`] : []),
    ...(callFailures > 0 ? [`${callFailures} failed`] : []),
  ].join(', ');
}

function upTo(most: number, least = 0.01): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!(value >= least && value <= most) || (least >= 1 && !Number.isInteger(value))) {
      throw new InvalidArgumentError(`give a number from ${least} to ${most}`);
    }
    return value;
  };
}

function duration(text: string): number {
  const seconds = parseDuration(text);
  if (seconds > MOST.seconds) {
    throw new InvalidArgumentError('an hour at most');
  }
  return seconds;
}
