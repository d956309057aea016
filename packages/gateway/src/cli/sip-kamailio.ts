import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import * as v from 'valibot';
import {
  KamailioSchema,
  PhonesSchema,
  type KamailioOptions,
  type Phones,
} from '../sip/kamailio/options.ts';
import { writeKamailio } from '../sip/kamailio/write.ts';
import { CliError } from './errors.ts';

interface Flags {
  readonly out: string;
  readonly listen: string;
  readonly port?: string;
  readonly advertise?: string;
  readonly domain: string;
  readonly gateway: readonly string[];
  readonly phones?: string;
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
  readonly tlsPort?: string;
  readonly origin: readonly string[];
  readonly force?: true;
}

export function kamailioCommand(): Command {
  return new Command('kamailio')
    .description('writes the configuration of a Kamailio 5.6 in front of gateways')
    .requiredOption('--out <folder>', 'where the files are written, such as /etc/kamailio')
    .requiredOption('--listen <address>', 'the address that it listens on')
    .requiredOption('--domain <name>', 'the domain and realm of its phones')
    .requiredOption(
      '--gateway <host:port>',
      'the SIP port of a gateway; repeatable, the first one is asked first',
      collect,
      [],
    )
    .option('--port <number>', 'of UDP, TCP and WebSocket (default 5060)')
    .option('--advertise <address>', 'what others are told in place of --listen, behind a NAT')
    .option('--phones <file>', 'JSON: {"name": "password"}; only HA1s are written')
    .option('--tls-certificate <file>', 'PEM; with --tls-key: TLS and secure WebSocket too')
    .option('--tls-key <file>', 'PEM')
    .option('--tls-port <number>', 'default 5061')
    .option(
      '--origin <origin>',
      'a site whose pages may connect; repeatable, default all',
      collect,
      [],
    )
    .option('--force', 'writes over files that are there')
    .action((flags: Flags) => {
      const options = optionsOf(flags);
      const files = writeKamailio(
        options,
        flags.phones === undefined ? {} : phonesOf(flags.phones),
      );
      const there = Object.keys(files).filter((name) => existsSync(join(options.folder, name)));
      if (there.length > 0 && flags.force !== true) {
        throw new CliError(
          `${options.folder} has ${there.join(', ')} already. --force writes over them.`,
        );
      }
      write(options.folder, files);
      console.log(next(options));
    });
}

const collect = (text: string, previous: readonly string[]): string[] => [...previous, text];

function optionsOf(flags: Flags): KamailioOptions {
  const { tlsCertificate, tlsKey, tlsPort } = flags;
  if ((tlsCertificate === undefined) !== (tlsKey === undefined)) {
    throw new CliError('--tls-certificate and --tls-key go together.');
  }
  if (tlsPort !== undefined && tlsKey === undefined) {
    throw new CliError('--tls-port needs --tls-certificate and --tls-key.');
  }
  const tls =
    tlsCertificate === undefined || tlsKey === undefined
      ? {}
      : {
          tls: {
            certificate: resolve(tlsCertificate),
            key: resolve(tlsKey),
            ...(tlsPort === undefined ? {} : { port: Number(tlsPort) }),
          },
        };
  const parsed = v.safeParse(KamailioSchema, {
    listen: flags.listen,
    domain: flags.domain,
    gateways: flags.gateway,
    origins: flags.origin,
    folder: resolve(flags.out),
    ...(flags.port === undefined ? {} : { port: Number(flags.port) }),
    ...(flags.advertise === undefined ? {} : { advertise: flags.advertise }),
    ...tls,
  });
  if (!parsed.success) {
    throw new CliError(describe(parsed.issues));
  }
  const { port, tls: secure } = parsed.output;
  if (secure?.port === port) {
    throw new CliError('--port and --tls-port must not be the same.');
  }
  return parsed.output;
}

function phonesOf(file: string): Phones {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'is no JSON' : 'cannot be read';
    throw new CliError(`${file} ${why}.`);
  }
  const parsed = v.safeParse(PhonesSchema, value);
  if (!parsed.success) {
    throw new CliError(`${file}: ${describe(parsed.issues)}`);
  }
  return parsed.output;
}

function describe(issues: readonly v.BaseIssue<unknown>[]): string {
  return issues.map((issue) => `${v.getDotPath(issue) ?? 'It'} ${issue.message}.`).join('\n');
}

function write(folder: string, files: Readonly<Record<string, string>>): void {
  try {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      const path = join(folder, name);
      writeFileSync(path, text, { mode: 0o640 });
      // A file that was there kept its mode.
      chmodSync(path, 0o640);
    }
  } catch (error) {
    throw new CliError(
      `Cannot write to ${folder}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function next({ folder, listen, advertise, port, domain }: KamailioOptions): string {
  const trunk = {
    name: 'kamailio',
    servers: [`${advertise ?? listen}:${String(port)}`],
    domain,
    latch: true,
    numbers: { '*': '1001' },
  };
  return `Written: ${folder}/kamailio.cfg, dispatcher.list, phones.cfg
Look them over:  kamailio -c -f ${folder}/kamailio.cfg

At each gateway, in "sip" of its configuration:

  "trunks": [${JSON.stringify(trunk)}],
  "routes": [{ "prefix": "", "trunk": "kamailio" }]

"numbers" says which user, service or assistant a phone reaches by which number; "callers" who may call phones (docs/sip.md).`;
}
