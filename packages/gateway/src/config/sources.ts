import { readFileSync } from 'node:fs';
import { SETTINGS, environmentName, nearest, settingAt } from './settings.ts';
import type { Setting } from './settings.ts';

/** One thing that is wrong with the configuration, where it came from, and what to do. */
export interface ConfigProblem {
  readonly path: string;
  /** `file /etc/offhook.json`, `environment OFFHOOK_PORT`, `--port`; absent for a missing value. */
  readonly source?: string;
  readonly message: string;
  readonly fix?: string;
}

/** A value as one source gave it, before any check. */
export interface RawValue {
  readonly path: string;
  readonly value: unknown;
  readonly source: string;
}

export interface Source {
  readonly values: readonly RawValue[];
  readonly problems: readonly ConfigProblem[];
}

/** Read by the command line and by tools, not settings of the gateway. */
const OTHER_VARIABLES = /^OFFHOOK_(CONFIG|CHROMIUM|TEST_\w+)$/;

/** A JSON file, flattened to its leaves so that a later source replaces one setting, not its whole section. */
export function fileSource(path: string): Source {
  const source = `file ${path}`;
  const problem = (message: string): Source => ({
    values: [],
    problems: [{ path: '(file)', source, message, fix: 'give --config a readable JSON file' }],
  });
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    return problem(`cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(content);
  } catch (error) {
    // The parser's own message may quote the file, and with it a secret.
    const position = /position \d+( \(line \d+ column \d+\))?/.exec((error as Error).message)?.[0];
    return problem(`is not JSON${position === undefined ? '' : ` (at ${position})`}`);
  }
  if (!isObject(parsed)) {
    return problem('must hold a JSON object');
  }
  return { values: flatten(parsed, '', source), problems: [] };
}

export function environmentSource(
  environment: Readonly<Record<string, string | undefined>>,
): Source {
  const values: RawValue[] = [];
  const problems: ConfigProblem[] = [];
  const names = new Map<string, Setting>();
  for (const setting of SETTINGS) {
    names.set(environmentName(setting.path), setting);
  }
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('OFFHOOK_') || text === undefined || OTHER_VARIABLES.test(name)) {
      continue;
    }
    const source = `environment ${name}`;
    const setting = names.get(name);
    if (setting !== undefined) {
      const read = readText(setting, text);
      if (read.ok) {
        values.push({ path: setting.path, value: read.value, source });
      } else {
        problems.push({ path: setting.path, source, message: read.message, fix: setting.doc });
      }
      continue;
    }
    const secret = name.endsWith('_FILE') ? names.get(name.slice(0, -'_FILE'.length)) : undefined;
    if (secret !== undefined && mayComeFromFile(secret)) {
      const reference = { file: text };
      values.push({
        path: secret.path,
        value: secret.kind === 'secret' ? reference : [reference],
        source,
      });
      continue;
    }
    const meant = nearest(name, names.keys());
    problems.push({
      path: name,
      source,
      message: 'is not a setting',
      fix: meant === undefined ? 'unset it' : `did you mean ${meant}?`,
    });
  }
  return { values, problems };
}

/** `{ 'media.portMin': '40000' }` from flags; the flag's own name is the source. */
export function flagSource(
  flags: readonly { readonly path: string; readonly text: string; readonly flag: string }[],
): Source {
  const values: RawValue[] = [];
  const problems: ConfigProblem[] = [];
  for (const { path, text, flag } of flags) {
    const setting = settingAt(path);
    if (setting === undefined) {
      const meant = nearest(
        path,
        SETTINGS.map((entry) => entry.path),
      );
      problems.push({
        path,
        source: flag,
        message: 'is not a setting',
        fix: meant === undefined ? 'see offhook config --list' : `did you mean ${meant}?`,
      });
      continue;
    }
    if (setting.kind === 'secret' || setting.kind === 'secrets') {
      problems.push({
        path,
        source: flag,
        message: 'is a secret, and arguments can be seen by every user of this machine',
        fix: `use ${environmentName(path)}_FILE or { "file": path } in the configuration file`,
      });
      continue;
    }
    const read = readText(setting, text);
    if (read.ok) {
      values.push({ path, value: read.value, source: flag });
    } else {
      problems.push({ path, source: flag, message: read.message, fix: setting.doc });
    }
  }
  return { values, problems };
}

/** Replaces `{ file }` in the places that allow it by what the file holds. */
export function resolveSecretFiles(raw: RawValue): {
  readonly value: unknown;
  readonly problem?: ConfigProblem;
} {
  const setting = settingAt(raw.path);
  if (setting === undefined || !mayComeFromFile(setting)) {
    return { value: raw.value };
  }
  const problems: ConfigProblem[] = [];
  const read = (value: unknown): unknown => {
    if (!isObject(value) || typeof value['file'] !== 'string') {
      return value;
    }
    try {
      return readFileSync(value['file'], 'utf8').trim();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      problems.push({
        path: raw.path,
        source: raw.source,
        message: `its file ${value['file']} cannot be read (${code})`,
        fix: 'check the path and its permissions',
      });
      return '';
    }
  };
  const value = Array.isArray(raw.value) ? raw.value.map(read) : read(raw.value);
  return problems[0] === undefined ? { value } : { value, problem: problems[0] };
}

function mayComeFromFile(setting: Setting): boolean {
  return (
    setting.kind === 'secret' ||
    setting.kind === 'secrets' ||
    setting.path === 'auth.jwt.publicKeys'
  );
}

type Read =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

function readText(setting: Setting, text: string): Read {
  switch (setting.kind) {
    case 'string':
    case 'secret':
      return { ok: true, value: text };
    case 'secrets':
      return { ok: true, value: [text] };
    case 'number': {
      const value = text.trim() === '' ? Number.NaN : Number(text);
      return Number.isNaN(value) ? { ok: false, message: 'must be a number' } : { ok: true, value };
    }
    case 'boolean': {
      if (/^(true|1|yes|on)$/i.test(text)) {
        return { ok: true, value: true };
      }
      if (/^(false|0|no|off)$/i.test(text)) {
        return { ok: true, value: false };
      }
      return { ok: false, message: 'must be true or false' };
    }
    case 'list':
      return {
        ok: true,
        value: text
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== ''),
      };
    case 'json':
      try {
        return { ok: true, value: JSON.parse(text) as unknown };
      } catch {
        return { ok: false, message: 'must be JSON' };
      }
  }
}

function flatten(object: Record<string, unknown>, prefix: string, source: string): RawValue[] {
  const values: RawValue[] = [];
  for (const [key, value] of Object.entries(object)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    // A known leaf is never descended into: `{ "file": ... }` is a value of it.
    if (isObject(value) && settingAt(path) === undefined && Object.keys(value).length > 0) {
      values.push(...flatten(value, path, source));
    } else {
      values.push({ path, value, source });
    }
  }
  return values;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
