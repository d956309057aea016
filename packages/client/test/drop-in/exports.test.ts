// @vitest-environment jsdom
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import type * as Reference from '@telnyx/webrtc';
import * as ours from '../../src/index.ts';

const require = createRequire(import.meta.url);
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const reference = require('@telnyx/webrtc') as typeof Reference;

/** Names exported by a declaration or source file, told apart by whether they exist at run time. */
function namesOf(file: string): { values: string[]; types: string[] } {
  const program = ts.createProgram([file], {
    noLib: true,
    allowImportingTsExtensions: true,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    customConditions: ['offhook-source'],
    noEmit: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const symbol = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
  const names = { values: [] as string[], types: [] as string[] };
  for (const one of checker.getExportsOfModule(symbol)) {
    const real = one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one;
    if (real.flags & ts.SymbolFlags.Value) {
      names.values.push(one.name);
    }
    if (real.flags & ts.SymbolFlags.Type) {
      names.types.push(one.name);
    }
  }
  return names;
}

/** Methods, getters and setters by name, up to but without Object; names with an underscore are private by convention. */
function membersOf(prototype: object): string[] {
  const names = new Set<string>();
  for (
    let at: object | null = prototype;
    at && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    for (const name of Object.getOwnPropertyNames(at)) {
      if (!/^_(?!_logger)|^constructor$/.test(name)) {
        names.add(name);
      }
    }
  }
  return [...names].sort();
}

describe('exports of the reference', () => {
  const theirs = namesOf(require.resolve('@telnyx/webrtc').replace('bundle.js', 'src/index.d.ts'));
  const own = namesOf(path('../../src/index.ts'));

  it('are 23 at run time, and all are here', () => {
    expect(Object.keys(reference).sort()).toHaveLength(23);
    expect(Object.keys(ours)).toEqual(expect.arrayContaining(Object.keys(reference)));
    for (const name of Object.keys(reference) as (keyof typeof reference)[]) {
      expect(typeof ours[name], name).toBe(typeof reference[name]);
    }
  });

  it('are types too, and all are here', () => {
    const typesOnly = theirs.types.filter((name) => !theirs.values.includes(name));
    expect(typesOnly.length).toBeGreaterThanOrEqual(56);
    expect(theirs.types.filter((name) => !own.types.includes(name))).toEqual([]);
    expect(theirs.values.filter((name) => !own.values.includes(name))).toEqual([]);
  });
});

describe('values of the reference', () => {
  it.each([
    ['SwEvent', 18],
    ['TELNYX_ERROR_CODES', 24],
    ['TELNYX_WARNING_CODES', 26],
    ['NOTIFICATION_TYPE', 9],
    ['ERROR_TYPE', 1],
    ['Region', 7],
    ['TELNYX_ICE_SERVERS', 6],
    ['IceReasonCode', undefined],
    ['NetworkReasonCode', undefined],
    ['MicrophoneReasonCode', undefined],
  ] as const)('%s is the same', (name, count) => {
    expect(ours[name]).toEqual(reference[name]);
    if (count !== undefined) {
      expect(Object.keys(ours[name])).toHaveLength(count);
    }
  });

  it.each([
    ['SDK_ERRORS', 24],
    ['SDK_WARNINGS', 26],
  ] as const)('%s has the same codes, names and fatal flags', (name, count) => {
    type Entries = Record<string, { name: string; fatal?: boolean }>;
    const facts = (entries: unknown) =>
      Object.entries(entries as Entries).map(([code, entry]) => [code, entry.name, entry.fatal]);
    expect(facts(ours[name])).toEqual(facts(reference[name]));
    expect(facts(ours[name])).toHaveLength(count);
    for (const entry of Object.values(ours[name])) {
      expect(Object.keys(entry)).toEqual(
        expect.arrayContaining(['name', 'message', 'description', 'causes', 'solutions']),
      );
    }
  });
});

/** Declared `private` by the reference, though they exist at run time. */
const PRIVATE = new Set([
  ...['validateCallOptions', 'collectSamples', 'createDiagnosticCall', 'runFull'],
  ...['runMicrophoneOnly', 'runNetworkOnly', 'runTest', 'waitForCallEstablishment'],
]);

describe('members of the reference', () => {
  it.each(['TelnyxRTC', 'Call', 'TelnyxError', 'PreCallDiagnosis', 'PreCallDiagnostic'] as const)(
    'every public method and accessor of %s is here',
    (name) => {
      const client = new ours.TelnyxRTC({ login: 'a', password: 'b', host: 'wss://localhost' });
      // A member may be a field here, and a method of the prototype there.
      const fields =
        name === 'TelnyxRTC' ? Object.keys(client) : name === 'Call' ? callFields(client) : [];
      const here = [...membersOf(ours[name].prototype), ...fields];
      const theirs = membersOf(reference[name].prototype).filter((one) => !PRIVATE.has(one));
      expect(theirs.filter((one) => !here.includes(one))).toEqual([]);
    },
  );
});

function callFields(client: ours.TelnyxRTC): string[] {
  return Object.keys(client.newCall({ destinationNumber: '1', audio: false }));
}
