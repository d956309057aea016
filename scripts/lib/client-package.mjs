import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { at, cache, node } from './paths.mjs';
import { must } from './run.mjs';

const client = (...path) => at('packages/client', ...path);
const dist = client('dist');

/** What an application can import: name → source. */
export const clientEntries = {
  index: client('src/index.ts'),
  diagnostics: client('src/diagnostics/index.ts'),
  ai: client('src/assistant/index.ts'),
  'assistant-element': client('src/element/index.ts'),
  element: client('src/phone-element/index.ts'),
  tracing: client('src/tracing/index.ts'),
  push: client('src/push/index.ts'),
  'push-worker': client('src/push/worker-index.ts'),
};

/** Files for a script tag that define an element: complete in themselves, with the SDK inside. */
const elementScripts = {
  'offhook-assistant': clientEntries['assistant-element'],
  'offhook-phone': client('src/phone-element/script.ts'),
};

/** A service worker, complete in itself. */
const workerScripts = { 'offhook-push-worker': client('src/push/worker-script.ts') };

/**
 * In CommonJS there are no chunks, so each file has a copy of what it needs; but `call.ai` is given to the calls of the client, so
 * this entry takes the client from beside it; and a page that has the client and the phone's element has one client.
 */
const clientBeside = {
  name: 'client-beside',
  setup({ onResolve }) {
    onResolve({ filter: /\/(client|calls\/call)\.ts$/ }, () => ({
      path: './index.cjs',
      external: true,
    }));
  },
};

const common = {
  bundle: true,
  sourcemap: true,
  sourcesContent: true,
  target: 'es2022',
  conditions: ['offhook-source'],
  logLevel: 'error',
  legalComments: 'none',
};

/**
 * `packages/client/dist`: ESM in chunks, CommonJS, one file for a script tag, and types for both module systems. The wire is
 * bundled in, so that the package depends on nothing.
 * @param {'full' | 'quick'} kind quick: no types
 */
export async function buildClient(kind) {
  const { build } = await import('esbuild');
  rmSync(dist, { recursive: true, force: true });
  const { ai, element, ...apart } = clientEntries;
  const commonjs = (entryPoints, plugins = []) =>
    build({
      ...common,
      entryPoints,
      plugins,
      outdir: dist,
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
    });
  const script = (entryPoints, more) =>
    build({ ...common, entryPoints, outdir: dist, format: 'iife', minify: true, ...more });
  await Promise.all([
    modules(),
    commonjs(apart),
    commonjs({ ai, element }, [clientBeside]),
    script({ 'offhook.global': clientEntries.index }, { globalName: 'TelnyxWebRTC' }),
    script({ ...elementScripts, ...workerScripts }),
    ...(kind === 'full' ? [types()] : []),
  ]);
  writeFileSync(join(dist, 'THIRD-PARTY-NOTICES.txt'), notices());
  writeFileSync(join(dist, 'integrity.json'), `${JSON.stringify(integrity(), null, 2)}\n`);
}

/** What a page says in `integrity` of the script tag, by file: `sha384-…` (W3C Subresource Integrity). */
function integrity() {
  const hash = (name) =>
    `sha384-${createHash('sha384')
      .update(readFileSync(join(dist, name)))
      .digest('base64')}`;
  return Object.fromEntries(
    ['offhook.global', ...Object.keys(elementScripts)]
      .map((name) => `${name}.js`)
      .map((name) => [name, hash(name)]),
  );
}

/**
 * What is loaded when it is used: file → its sources below `src`. Each is complete in itself, with copies of the small parts that the client
 * has too: what two files share a bundler puts in a third one, and a page would load three where one will do.
 */
const late = {
  calls: ['extras/extras.ts', 'extras/reporting.ts', 'quality/outbox.ts'],
  recordings: ['extras/recordings.ts'],
  debugging: ['extras/debugging.ts'],
  simulate: ['simulate.ts'],
  'speed-test': ['speed-test.ts'],
  'pre-call': ['diagnostics/client-checks.ts'],
  resolutions: ['media/resolutions.ts'],
};

/**
 * The ES modules: one file of what every page with a client loads, one of what comes with calls, and one for each part that is loaded
 * when it is used. Names stay readable and code unminified: the application's bundler minifies, and its stack traces make sense
 * before.
 */
async function modules() {
  const always = await importedBy(['client.ts']);
  const { push, 'push-worker': worker, ...together } = clientEntries;
  await bundle(together, {
    chunkFileNames: '[name]-[hash].js',
    codeSplitting: {
      groups: [
        { name: 'client', test: (id) => always.has(id), priority: 1 },
        // Gives calls their `ai` when it is imported: package.json says by this name that it may not be dropped.
        { name: 'assistant', test: /\/src\/assistant\/(?!json-schema)/, priority: 0 },
      ],
    },
  });
  // A service worker loads no client, and a page that is opened for a call asks before it does.
  for (const [name, source] of Object.entries({ push, 'push-worker': worker })) {
    await bundle({ [name]: source }, { codeSplitting: false });
  }
  for (const [name, sources] of Object.entries(late)) {
    const entry = `late:${name}`;
    const code = sources.map((source) => `export * from ${JSON.stringify(client('src', source))};`);
    const text = {
      name: 'late-entry',
      resolveId: (id) => (id === entry ? id : null),
      load: (id) => (id === entry ? code.join('\n') : null),
    };
    await bundle({ [name]: entry }, { codeSplitting: false }, [text], name);
  }
}

/** @param {string} [own] the late file that this is: what it has is its own, the rest it loads */
async function bundle(input, output, plugins = [], own) {
  const { rolldown } = await import('rolldown');
  const built = await rolldown({
    input,
    plugins: [...plugins, loadedLate(own)],
    resolve: { conditionNames: ['offhook-source', 'import', 'module', 'browser', 'default'] },
    transform: { target: 'es2022' },
    logLevel: 'warn',
    checks: { pluginTimings: false },
  });
  await built.write({ dir: dist, format: 'es', sourcemap: true, ...output });
  await built.close();
}

/** `import()` of a late part loads its file. @param {string | undefined} own */
const loadedLate = (own) => ({
  name: 'loaded-late',
  async resolveDynamicImport(source, importer) {
    if (typeof source !== 'string' || !importer) {
      return null;
    }
    const path = relative(client('src'), resolve(dirname(importer), source));
    const name = Object.keys(late).find((file) => late[file].includes(path));
    return name === undefined || name === own ? null : { id: `./${name}.js`, external: true };
  },
});

/** The sources that these reach by static imports, without what tree-shaking leaves out. @param {string[]} sources below `src` */
async function importedBy(sources) {
  const { build } = await import('esbuild');
  const { metafile } = await build({
    ...common,
    entryPoints: sources.map((source) => client('src', source)),
    outdir: dist,
    format: 'esm',
    splitting: true,
    write: false,
    metafile: true,
  });
  const found = new Set();
  const follow = (name) => {
    const chunk = metafile.outputs[name];
    if (!chunk || found.has(name)) {
      return;
    }
    found.add(name);
    for (const { kind, path } of chunk.imports) {
      if (kind === 'import-statement') {
        follow(path);
      }
    }
  };
  for (const [name, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (sources.some((source) => entryPoint?.endsWith(`src/${source}`))) {
      follow(name);
    }
  }
  const files = [...found].flatMap((name) => Object.keys(metafile.outputs[name].inputs));
  return new Set(files.map((path) => resolve(path)));
}

/** Declarations by tsc, then one file an entry, with those of the wire that they need. */
async function types() {
  const declared = join(cache, 'client-types');
  rmSync(declared, { recursive: true, force: true });
  await must('Building the types of packages/client', node, [
    at('node_modules/typescript/bin/tsc'),
    ...['-p', client('tsconfig.build.json'), '--outDir', declared],
    ...['--emitDeclarationOnly', '--declarationMap', 'false', '--stripInternal'],
  ]);
  const [{ rolldown }, { dts }] = await Promise.all([
    import('rolldown'),
    import('rolldown-plugin-dts'),
  ]);
  const bundle = await rolldown({
    input: {
      index: join(declared, 'index.d.ts'),
      diagnostics: join(declared, 'diagnostics/index.d.ts'),
      ai: join(declared, 'assistant/index.d.ts'),
      'assistant-element': join(declared, 'element/index.d.ts'),
      element: join(declared, 'phone-element/index.d.ts'),
      tracing: join(declared, 'tracing/index.d.ts'),
      push: join(declared, 'push/index.d.ts'),
      'push-worker': join(declared, 'push/worker-index.d.ts'),
    },
    plugins: [dts({ dtsInput: true, tsconfig: false })],
    resolve: { alias: { '@offhook/protocol': at('packages/protocol/dist/index.d.ts') } },
    logLevel: 'warn',
    checks: { pluginTimings: false },
  });
  await bundle.write({ dir: dist, format: 'es', chunkFileNames: 'types-[hash].d.ts' });
  await bundle.close();
  for (const file of readdirSync(dist).filter((name) => name.endsWith('.d.ts'))) {
    const text = readFileSync(join(dist, file), 'utf8');
    const cjs = text.replace(/(from\s+["']\.\/[^"']+)\.js(["'])/g, '$1.cjs$2');
    writeFileSync(join(dist, file.replace(/\.d\.ts$/, '.d.cts')), cjs);
  }
}

/** The licence of what is bundled into the entries for assistants asks to travel with it. */
function notices() {
  const name = '@cfworker/json-schema';
  const file = readFileSync(at('node_modules', name, 'package.json'), 'utf8');
  const { version, author, license } = JSON.parse(file);
  return `The entries for assistants (ai, assistant-element, offhook-assistant.js) contain code of ${name} ${version}
by ${author} (https://github.com/cfworker/cfworker), ${license} License:

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files
(the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge,
publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do
so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE
FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION
WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;
}
