import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { at, cache, node } from './paths.mjs';
import { must } from './run.mjs';

const client = (...path) => at('packages/client', ...path);
const dist = client('dist');

/** What an application can import: name → source. */
export const clientEntries = {
  index: client('src/index.ts'),
  diagnostics: client('src/diagnostics/index.ts'),
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
  await Promise.all([
    // Names stay readable and code unminified: the application's bundler minifies, and its stack traces make sense before.
    build({ ...common, entryPoints: clientEntries, outdir: dist, format: 'esm', splitting: true }),
    build({
      ...common,
      entryPoints: clientEntries,
      outdir: dist,
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
    }),
    build({
      ...common,
      entryPoints: { 'offhook.global': clientEntries.index },
      outdir: dist,
      format: 'iife',
      globalName: 'TelnyxWebRTC',
      minify: true,
    }),
    ...(kind === 'full' ? [types()] : []),
  ]);
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
