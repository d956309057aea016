import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { at } from './paths.mjs';

/** Bytes, minified and gzipped, that an application importing only `TelnyxRTC` may load at start. */
export const START_LIMIT = 30 * 1024;
/** The texts of all errors and warnings. */
export const CATALOGUE_BUDGET = 3 * 1024;

/** Sources that load when they are used, never at start. */
const OPTIONAL =
  /packages\/client\/src\/((diagnostics|recording|quality|extras|reporting|assistant|element)\/|(speed-test|channels|simulate)\.ts$|calls\/(setup|in-call)\.ts$|media\/(device-list|sdp-tuning|negotiation|peer|capture|gathering|processing)\.ts$)/;

const zip = (text) => gzipSync(text, { level: 9 }).length;

/** @typedef {{ name: string, bytes: number, start: boolean, holds: string[] }} Chunk */

/**
 * Builds such an application from the sources, as its own bundler would, and measures each chunk.
 * @returns {Promise<{ chunks: Chunk[], start: number, catalogue: number, optionalAtStart: string[] }>}
 */
export async function measureClient() {
  const { build } = await import('vite');
  const name = '\0offhook-size';
  const { output } = await build({
    root: at('packages/client'),
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'size',
        resolveId: (id) => (id === name ? id : undefined),
        load: (id) =>
          id === name
            ? `import { TelnyxRTC } from ${JSON.stringify(at('packages/client/src/index.ts'))}; globalThis.app = TelnyxRTC;`
            : undefined,
      },
    ],
    resolve: { conditions: ['offhook-source'] },
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      rollupOptions: { input: { app: name } },
    },
  });
  const parts = output.filter((part) => part.type === 'chunk');
  const atStart = new Set();
  const follow = (part) => {
    if (!part || atStart.has(part)) return;
    atStart.add(part);
    for (const file of part.imports) follow(parts.find((other) => other.fileName === file));
  };
  follow(parts.find((part) => part.isEntry));
  const chunks = parts.map((part) => ({
    name: part.name,
    bytes: zip(part.code),
    start: atStart.has(part),
    holds: part.moduleIds.filter((id) => part.modules[id]?.renderedLength),
  }));
  return {
    chunks,
    start: chunks.reduce((sum, { start, bytes }) => sum + (start ? bytes : 0), 0),
    catalogue: await catalogue(),
    optionalAtStart: chunks
      .filter(({ start }) => start)
      .flatMap(({ holds }) => holds.filter((id) => OPTIONAL.test(id))),
  };
}

async function catalogue() {
  const { transform } = await import('esbuild');
  const source = readFileSync(join(at('packages/client'), 'src/errors/catalogue.ts'), 'utf8');
  return zip((await transform(source, { loader: 'ts', minify: true })).code);
}
