/**
 * One validated configuration: defaults, then a JSON file, then `OFFHOOK_*` variables, then flags; the later wins, setting
 * by setting. Every problem is reported at once, with its place and its fix, and nothing unknown is passed over.
 */
import { availableParallelism, networkInterfaces } from 'node:os';
import * as v from 'valibot';
import { ConfigSchema } from './config/schema.ts';
import type { Config } from './config/schema.ts';
import { isLoopbackName } from './http/addresses.ts';
import { SETTINGS, environmentName, nearest, settingAt } from './config/settings.ts';
import {
  environmentSource,
  fileSource,
  flagSource,
  isObject,
  resolveSecretFiles,
} from './config/sources.ts';
import type { ConfigProblem, RawValue, Source } from './config/sources.ts';

export type { Config } from './config/schema.ts';
export type { ConfigProblem } from './config/sources.ts';

export interface ConfigInput {
  /** Path of the JSON file; `OFFHOOK_CONFIG` stands in when absent. */
  readonly file?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly flags?: readonly {
    readonly path: string;
    readonly text: string;
    readonly flag: string;
  }[];
}

export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];
  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map((problem) => {
      const source = problem.source === undefined ? '' : ` (${problem.source})`;
      const fix = problem.fix === undefined ? '' : `\n      ${problem.fix}`;
      return `  ${problem.path}${source}: ${problem.message}${fix}`;
    });
    super(`The configuration has ${String(problems.length)} problem(s):\n${lines.join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** @throws {ConfigError} listing every problem. */
export function loadConfig(input: ConfigInput = {}): Config {
  const environment = input.environment ?? {};
  const file = input.file ?? environment['OFFHOOK_CONFIG'];
  const sources: Source[] = [];
  if (file !== undefined && file !== '') {
    sources.push(fileSource(file));
  }
  sources.push(environmentSource(environment), flagSource(input.flags ?? []));

  const problems: ConfigProblem[] = sources.flatMap((source) => source.problems);
  const merged = new Map<string, RawValue>();
  for (const raw of sources.flatMap((source) => source.values)) {
    merged.set(raw.path, raw);
  }

  const tree: Record<string, unknown> = {};
  for (const raw of merged.values()) {
    const misplaced = misplacement(raw);
    if (misplaced !== undefined) {
      problems.push(misplaced);
      continue;
    }
    const { value, problem } = resolveSecretFiles(raw);
    if (problem !== undefined) {
      problems.push(problem);
    }
    place(tree, raw.path.split('.'), value);
  }

  // A value that could not be read at all is reported by that, not by what the schema makes of its absence.
  const reported = new Set(problems.map((problem) => problem.path));
  const result = v.safeParse(ConfigSchema, tree);
  if (!result.success) {
    for (const issue of result.issues) {
      const problem = fromIssue(issue, merged);
      if (!reported.has(problem.path)) {
        problems.push(problem);
      }
    }
  } else {
    problems.push(...crossChecks(result.output, merged));
  }
  if (problems.length > 0 || !result.success) {
    throw new ConfigError(problems);
  }
  return result.output;
}

/** A configuration from an object, as a JSON file would hold it; for tests and for embedding the gateway. */
export function configFrom(object: Readonly<Record<string, unknown>> = {}): Config {
  const result = v.safeParse(ConfigSchema, object);
  const problems = result.success
    ? crossChecks(result.output, new Map())
    : result.issues.map((issue) => fromIssue(issue, new Map()));
  if (problems.length > 0 || !result.success) {
    throw new ConfigError(problems);
  }
  return result.output;
}

function misplacement(raw: RawValue): ConfigProblem | undefined {
  const { path, source } = raw;
  if (path.split('.').includes('__proto__')) {
    return { path, source, message: 'is not a setting', fix: 'remove it' };
  }
  if (sections().has(path) && !isObject(raw.value)) {
    return { path, source, message: 'must be an object', fix: `settings of ${path} go inside it` };
  }
  return undefined;
}

function place(tree: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [head, ...rest] = path;
  if (head === undefined) {
    return;
  }
  if (rest.length === 0) {
    tree[head] = value;
    return;
  }
  const existing = tree[head];
  const branch = isObject(existing) ? existing : {};
  tree[head] = branch;
  place(branch, rest, value);
}

function fromIssue(
  issue: v.BaseIssue<unknown>,
  merged: ReadonlyMap<string, RawValue>,
): ConfigProblem {
  const keys = (issue.path ?? []).map((item) => String(item.key));
  const path = keys.join('.');
  const leaf = [...merged.keys()].find((known) => path === known || path.startsWith(`${known}.`));
  const source = leaf === undefined ? undefined : merged.get(leaf)?.source;
  const withSource = source === undefined ? {} : { source };
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const meant = nearest(path, [...SETTINGS.map((setting) => setting.path), ...sections()]);
    const fix = meant === undefined ? 'remove it' : `did you mean ${meant}?`;
    return { path, ...withSource, message: 'is not a setting', fix };
  }
  const setting = settingAt(path) ?? settingAt(leaf ?? '');
  if (issue.received === 'undefined' && issue.input === undefined) {
    const fix = setting === undefined ? {} : { fix: `${setting.doc}; ${environmentName(path)}` };
    return { path, message: 'is missing', ...fix };
  }
  const message =
    issue.type === 'strict_object' || issue.type === 'object' ? 'must be an object' : issue.message;
  return { path, ...withSource, message, ...(setting === undefined ? {} : { fix: setting.doc }) };
}

function sections(): Set<string> {
  return new Set(
    SETTINGS.map((setting) => setting.path.split('.').slice(0, -1).join('.')).filter(
      (name) => name !== '',
    ),
  );
}

function crossChecks(config: Config, merged: ReadonlyMap<string, RawValue>): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const report = (path: string, message: string, fix: string): void => {
    const source = merged.get(path)?.source;
    problems.push({ path, ...(source === undefined ? {} : { source }), message, fix });
  };
  const workers = config.media.workers ?? availableParallelism();
  if (config.media.portMax < config.media.portMin + workers - 1) {
    report(
      'media.portMax',
      `leaves fewer ports above media.portMin ${String(config.media.portMin)} than there are media threads (${String(workers)})`,
      'each media thread takes one UDP port; give a wider range',
    );
  }
  const { connections, connectionsPerAddress } = config.limits;
  // An explicit number is the operator's word: behind a proxy that is not trusted everybody has one address.
  if (merged.has('limits.connectionsPerAddress') && connectionsPerAddress > connections) {
    report(
      'limits.connectionsPerAddress',
      'is more than limits.connections',
      'one address could take every socket; give less, such as a quarter',
    );
  }
  if (config.media.failedSeconds <= config.media.disconnectedSeconds) {
    report(
      'media.failedSeconds',
      'must be greater than media.disconnectedSeconds',
      'for example 30 and 5',
    );
  }
  if (config.media.plane === 'rtpengine' && config.media.nodes.length === 0) {
    report(
      'media.nodes',
      'is missing',
      'media.plane rtpengine needs at least one, for example [{"address":"10.0.0.5","port":2223}]',
    );
  }
  if (config.media.plane === 'embedded' && config.media.nodes.length > 0) {
    report('media.nodes', 'needs media.plane rtpengine', 'set media.plane, or leave the nodes out');
  }
  const nodeNames = config.media.nodes.map(({ address, port }) => `${address} ${String(port)}`);
  if (new Set(nodeNames).size < nodeNames.length) {
    report('media.nodes', 'names one node twice', 'give it a weight instead');
  }
  for (const address of config.media.bind) {
    const unspecified = address === '0.0.0.0' || address === '::';
    if (unspecified) {
      report(
        'media.bind',
        `${address} is not an address of this machine`,
        'leave it out for all addresses',
      );
    } else if (!hasAddress(address)) {
      report('media.bind', `${address} is not an address of this machine`, 'see ip address');
    }
  }
  if (config.webhooks.urls.length > 0 && config.webhooks.secret === undefined) {
    report(
      'webhooks.secret',
      'is missing',
      'webhooks are signed: give a secret of 16 characters or more that the receivers know too',
    );
  }
  const { oidc } = config.admin;
  if (oidc !== undefined) {
    const own = config.publicUrl === undefined ? null : new URL(config.publicUrl);
    if (own === null) {
      report(
        'publicUrl',
        'is missing: with admin.oidc the provider sends browsers back to it',
        'give the address browsers use, for example https://phone.example.com',
      );
    } else if (own.protocol !== 'https:' && !isLoopbackName(own.hostname)) {
      report(
        'publicUrl',
        'must be an https address with admin.oidc (http only on loopback)',
        'codes that sign administrators in would go over the network in the clear',
      );
    }
  }
  const { tracing } = config;
  if (tracing.authorization !== undefined && tracing.url?.startsWith('http:') === true) {
    const { hostname } = new URL(tracing.url);
    if (!/^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname)) {
      report(
        'tracing.authorization',
        'would go over the network in the clear',
        'give an https address as tracing.url',
      );
    }
  }
  const { jwksUrl, audience } = config.auth.jwt;
  if (jwksUrl !== undefined && audience.length === 0) {
    report(
      'auth.jwt.audience',
      'is missing: every token of whoever runs auth.jwt.jwksUrl would sign in here, whatever it was made for',
      'name the audience (aud) of tokens for this gateway',
    );
  }
  if (config.sip?.tlsPort !== undefined && config.tls === undefined) {
    report(
      'sip.tlsPort',
      'needs the certificate of tls.cert and tls.key',
      'set both, or leave it out',
    );
  }
  if (config.demo.enabled && !/^(127\.|::1$|localhost$)/.test(config.host)) {
    report(
      'host',
      'must be a loopback address in demo mode',
      'leave host out, or run without --demo',
    );
  }
  return problems;
}

function hasAddress(address: string): boolean {
  return (
    address.startsWith('127.') ||
    Object.values(networkInterfaces()).some((list) =>
      list?.some((entry) => entry.address === address),
    )
  );
}

const HIDDEN = '(hidden)';

/** The effective configuration with every secret replaced, for `offhook config` and for the log. */
export function redactConfig(config: Config): Record<string, unknown> {
  const copy = structuredClone(config) as Record<string, unknown>;
  for (const setting of SETTINGS) {
    if (setting.kind !== 'secret' && setting.kind !== 'secrets') {
      continue;
    }
    const keys = setting.path.split('.');
    const last = keys.pop() ?? '';
    let branch: unknown = copy;
    for (const key of keys) {
      branch = isObject(branch) ? branch[key] : undefined;
    }
    if (!isObject(branch) || branch[last] === undefined) {
      continue;
    }
    branch[last] = Array.isArray(branch[last]) ? branch[last].map(() => HIDDEN) : HIDDEN;
  }
  copy['iceServers'] = config.iceServers.map((server) =>
    server.credential === undefined ? server : { ...server, credential: HIDDEN },
  );
  if (config.sip !== undefined) {
    const trunks = config.sip.trunks.map((trunk) => ({
      ...trunk,
      ...(trunk.password === undefined ? {} : { password: HIDDEN }),
      ...(trunk.inbound === undefined ? {} : { inbound: { ...trunk.inbound, password: HIDDEN } }),
    }));
    copy['sip'] = { ...config.sip, trunks };
  }
  return copy;
}
