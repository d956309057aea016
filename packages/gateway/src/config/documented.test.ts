import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigSchema } from './schema.ts';

const DOCUMENTS = ['gateway', 'sip', 'assistants', 'edge'];
const lines = DOCUMENTS.flatMap((name) =>
  readFileSync(new URL(`../../../../docs/${name}.md`, import.meta.url), 'utf8').split('\n'),
);

/** The parts of a valibot schema that this looks at. */
interface Schema {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly wrapped?: Schema;
  readonly item?: Schema;
  readonly options?: readonly (Schema | string)[];
}

/** Paths of all settings below a schema; those of a list's members are written as if the list were its member. */
function settingsOf(schema: Schema, path: string): string[] {
  const { entries, wrapped, item, options } = schema;
  if (entries) {
    return Object.entries(entries).flatMap(([name, each]) =>
      settingsOf(each, path === '' ? name : `${path}.${name}`),
    );
  }
  const inner = [wrapped, item, ...(options ?? [])].filter((each) => typeof each === 'object');
  const below = inner.flatMap((each) => settingsOf(each, path));
  return [...new Set(below.length === 0 ? [path] : below)];
}

/** By its path; in a row of its group, or of a list's members, by its name; or as a key of an example. */
function isDocumented(path: string): boolean {
  const cut = path.lastIndexOf('.');
  const parent = path.slice(0, Math.max(cut, 0));
  const isOfList = /^(sip|assistants|iceServers)\./.test(path);
  const word = new RegExp(`(^|[^\\w])${path.slice(cut + 1)}($|[^\\w])`);
  return lines.some((line) => {
    const codes: readonly string[] = line.match(/`[^`]+`/g) ?? [];
    return (
      codes.includes(`\`${path}\``) ||
      line.includes(`"${path.slice(cut + 1)}":`) ||
      ((isOfList || (parent !== '' && line.includes(`${parent}.`))) &&
        codes.some((code) => word.test(code)))
    );
  });
}

describe('documents of the settings', () => {
  const settings = settingsOf(ConfigSchema, '');

  it('each setting of the schema stands in one of them', () => {
    expect(settings).toEqual(
      expect.arrayContaining(['port', 'sip.trunks.latch', 'calls.parkSeconds']),
    );
    expect(settings.filter((path) => !isDocumented(path))).toEqual([]);
  });
});
