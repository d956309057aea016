import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const bundles = new Map<string, Promise<string>>();

/** One script of ours as text for a page, from its sources. @param path relative to e2e/ */
export function bundle(path: string): Promise<string> {
  let text = bundles.get(path);
  if (!text) {
    text = build({
      entryPoints: [fileURLToPath(new URL(`../${path}`, import.meta.url))],
      bundle: true,
      write: false,
      format: 'iife',
      target: 'es2022',
      conditions: ['offhook-source'],
      logLevel: 'error',
    }).then(({ outputFiles }) => outputFiles[0]?.text ?? '');
    bundles.set(path, text);
  }
  return text;
}
