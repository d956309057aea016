import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import * as v from 'valibot';
import { HaproxySchema } from '../edge/haproxy/options.ts';
import { writeHaproxy } from '../edge/haproxy/write.ts';
import { CliError } from './errors.ts';

interface Flags {
  readonly out: string;
  readonly listen: string;
  readonly port?: string;
  readonly gateway: readonly string[];
  readonly secretFile: string;
  readonly certificate?: string;
  readonly redirectPort?: string;
  readonly statsSocket?: string;
  readonly healthMs?: string;
  readonly maxConnections?: string;
  readonly connectionsPerAddress?: string;
  readonly requestsPerSecond?: string;
  readonly force?: true;
}

export function haproxyCommand(): Command {
  return new Command('haproxy')
    .description('writes the configuration of an HAProxy (2.6 or later) in front of gateways')
    .requiredOption('--out <file>', 'such as /etc/haproxy/haproxy.cfg')
    .requiredOption('--listen <address>', 'the address that browsers come to')
    .requiredOption(
      '--gateway <name=host:port>',
      'edge.node of a gateway and where it listens; repeatable',
      (text: string, previous: readonly string[]) => [...previous, text],
      [] as readonly string[],
    )
    .requiredOption('--secret-file <file>', 'holds edge.secret of the gateways')
    .option('--certificate <file>', 'PEM with the chain and the key: https and wss')
    .option('--port <number>', 'default 443, without a certificate 8080')
    .option('--redirect-port <number>', 'a port that sends plain HTTP to https, such as 80')
    .option('--stats-socket <file>', 'default /run/haproxy/offhook.sock')
    .option('--health-ms <ms>', 'between two looks at a gateway; default 1000')
    .option('--max-connections <number>', 'of all browsers; default 20000')
    .option('--connections-per-address <number>', 'at once; default 500')
    .option('--requests-per-second <number>', 'of one address, over 10 s; default 100')
    .option('--force', 'writes over a file that is there')
    .action((flags: Flags) => {
      const options = optionsOf(flags);
      const out = resolve(flags.out);
      if (existsSync(out) && flags.force !== true) {
        throw new CliError(`${out} is there already. --force writes over it.`);
      }
      try {
        writeFileSync(out, writeHaproxy(options), { mode: 0o640 });
        // A file that was there kept its mode.
        chmodSync(out, 0o640);
      } catch (error) {
        throw new CliError(
          `Cannot write ${out}: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      console.log(next(out, options));
    });
}

function optionsOf(flags: Flags): v.InferOutput<typeof HaproxySchema> {
  const { certificate } = flags;
  const parsed = v.safeParse(HaproxySchema, {
    listen: flags.listen,
    port: Number(flags.port ?? (certificate === undefined ? 8080 : 443)),
    gateways: flags.gateway.map((text) => {
      const at = text.indexOf('=');
      return { name: text.slice(0, Math.max(at, 0)), address: text.slice(at + 1) };
    }),
    secret: secretOf(flags.secretFile),
    ...(certificate === undefined ? {} : { certificate: resolve(certificate) }),
    ...(flags.statsSocket === undefined ? {} : { statsSocket: resolve(flags.statsSocket) }),
    ...number('redirectPort', flags.redirectPort),
    ...number('healthMs', flags.healthMs),
    ...number('maxConnections', flags.maxConnections),
    ...number('connectionsPerAddress', flags.connectionsPerAddress),
    ...number('requestsPerSecond', flags.requestsPerSecond),
  });
  if (!parsed.success) {
    const lines = parsed.issues.map((issue) => {
      const where = v.getDotPath(issue);
      return `${where === null ? '' : `${where} `}${issue.message}.`;
    });
    throw new CliError(lines.join('\n'));
  }
  return parsed.output;
}

const number = (name: string, text: string | undefined): Readonly<Record<string, number>> =>
  text === undefined ? {} : { [name]: Number(text) };

function secretOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new CliError(`${file} cannot be read.`);
  }
}

function next(out: string, { gateways, listen }: v.InferOutput<typeof HaproxySchema>): string {
  const lines = gateways.map(
    ({ name }) => `  ${name}:  "edge": { "node": "${name}", "secret": "…" }, "trustProxy": [...]`,
  );
  return `Written: ${out}
Look it over:  haproxy -c -f ${out}

Each gateway has its name, the secret of the file, and in trustProxy the address that HAProxy comes from (${listen}, or another one of its machine):

${lines.join('\n')}

docs/cluster.md says the rest.`;
}
