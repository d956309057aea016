/** Every package we use, for running or for developing, has a licence that permits it. */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { ensureFolder } from './lib/install.mjs';
import { at, root } from './lib/paths.mjs';
import { ensurePublishing } from './lib/registry.mjs';
import { main } from './lib/run.mjs';

const permissive = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-3.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'OFL-1.1',
  'Python-2.0',
  'Unlicense',
  'WTFPL',
  'Zlib',
]);
/** Copyleft by file: fine as long as we use it unmodified. */
const unmodified = new Set(['MPL-2.0']);

/** `A OR B` needs one, `A AND B` needs both. @param {string} expression @returns {boolean} */
function allowed(expression) {
  const text = expression.trim().replace(/^\((.*)\)$/, '$1');
  if (/ OR /.test(text)) {
    return text.split(' OR ').some(allowed);
  }
  if (/ AND /.test(text)) {
    return text.split(' AND ').every(allowed);
  }
  return permissive.has(text) || unmodified.has(text);
}

main(async () => {
  const checker = createRequire(import.meta.url)('license-checker-rseidelsohn');
  await ensurePublishing();
  await ensureFolder('site', 'Installing what the documentation site needs');
  const under = (start) =>
    new Promise((resolve, reject) =>
      checker.init({ start }, (error, found) => (error ? reject(error) : resolve(found))),
    );
  const packages = {
    ...(await under(root)),
    ...(await under(at('scripts/publishing'))),
    ...(await under(at('site'))),
  };
  const own = new Set(
    Object.keys(JSON.parse(readFileSync(at('package-lock.json'), 'utf8')).packages)
      .filter((path) => !path.includes('node_modules/'))
      .map((path) => JSON.parse(readFileSync(at(path, 'package.json'), 'utf8')).name)
      .concat('offhook-publishing', 'offhook-site'),
  );
  const names = Object.keys(packages).filter((id) => !own.has(id.replace(/@[^@]*$/, '')));
  const refused = names.filter((id) => ![packages[id].licenses].flat().every(allowed));
  for (const id of refused) {
    console.error(`${id}: ${packages[id].licenses}`);
  }
  // What the examples use is installed elsewhere; their lock file says under which licences.
  const examples = Object.entries(
    JSON.parse(readFileSync(at('examples/package-lock.json'), 'utf8')).packages,
  ).filter(([path]) => path.includes('node_modules/') && !/node_modules\/@?offhook/.test(path));
  for (const [path, { version, license, link }] of examples) {
    if (!link && !allowed(license ?? 'none told')) {
      refused.push(`${path}@${version}`);
      console.error(`examples/${path}@${version}: ${license}`);
    }
  }
  const mpl = names.filter((id) => unmodified.has(String(packages[id].licenses)));
  console.log(
    `Licences: ${names.length} packages and ${examples.length} of the examples, ${mpl.length} under MPL-2.0 (unmodified), ${refused.length} refused.`,
  );
  return refused.length === 0 ? 0 : 1;
});
