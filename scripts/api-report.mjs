/**
 * `npm run api`: writes `packages/client/api/offhook-client.api.md`, what `@offhook/client` offers as types. A change of it is
 * reviewed like any other; `-- --check` fails when the file is not what the sources say.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import ts from 'typescript';
import { build } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { at } from './lib/paths.mjs';
import { StepError, main } from './lib/run.mjs';

const file = at('packages/client/api/offhook-client.api.md');
const dist = at('packages/client/dist');

/** Declarations without comments, and without the chunk names, which change with their content. @param {string} name */
function declarations(name) {
  const source = ts.createSourceFile(
    name,
    readFileSync(`${dist}/${name}`, 'utf8'),
    ts.ScriptTarget.Latest,
  );
  const printer = ts.createPrinter({ removeComments: true });
  return source.statements
    .map((statement) => printer.printNode(ts.EmitHint.Unspecified, statement, source))
    .map((text) => text.replace(/(types)-[\w-]+(\.js)/g, '$1$2'));
}

/** The bundler's one-letter names carry nothing: exports are listed by the names that applications see. */
const exported = (name) =>
  declarations(name)
    .flatMap((text) => /^export (?:type )?\{([^}]*)\}/.exec(text)?.[1]?.split(',') ?? [])
    .map((one) =>
      one
        .trim()
        .replace(/^.* as /, '')
        .replace(/^type /, ''),
    )
    .filter((one) => one !== '')
    .sort();

main(async () => {
  await ensureInstalled();
  await build(['client']);
  const shared = readdirSync(dist).filter((name) => /^types-.*\.d\.ts$/.test(name));
  const text = [
    '# API of @offhook/client',
    'Written by `npm run api`.',
    '## `@offhook/client`',
    exported('index.d.ts').join(', '),
    '## `@offhook/client/diagnostics`',
    exported('diagnostics.d.ts').join(', '),
    '## `@offhook/client/ai`',
    exported('ai.d.ts').join(', '),
    '## `@offhook/client/assistant-element`',
    exported('assistant-element.d.ts').join(', '),
    '## `@offhook/client/element`',
    exported('element.d.ts').join(', '),
    '## `@offhook/client/tracing`',
    exported('tracing.d.ts').join(', '),
    '## `@offhook/client/push`',
    exported('push.d.ts').join(', '),
    '## `@offhook/client/push-worker`',
    exported('push-worker.d.ts').join(', '),
    '## Declarations',
    '```ts',
    [...shared, 'assistant-element.d.ts', 'element.d.ts', 'push.d.ts', 'push-worker.d.ts']
      .flatMap(declarations)
      .filter((one) => !/^(import|export) /.test(one))
      .sort()
      .join('\n'),
    '```',
    '',
  ].join('\n\n');
  if (!process.argv.includes('--check')) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return;
  }
  if (readFileSync(file, 'utf8') !== text) {
    throw new StepError(
      'The API differs from its report. Run `npm run api` and review the change.',
    );
  }
});
