import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { at } from './paths.mjs';
import { StepError, run } from './run.mjs';

/** What is published, in an order in which each finds those that it needs. */
export const published = ['protocol', 'client', 'react', 'gateway'];

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** Removes the way into the sources: it is for this repository. @param {unknown} exported @returns {unknown} */
function withoutSources(exported) {
  if (typeof exported !== 'object' || exported === null) {
    return exported;
  }
  return Object.fromEntries(
    Object.entries(exported)
      .filter(([condition]) => condition !== 'offhook-source')
      .map(([name, value]) => [name, withoutSources(value)]),
  );
}

/**
 * Packs one package of ours as it is published: what `npm pack` takes of its folder, the licence, in the gateway the web phone with the
 * pages on calls, and a package.json without what only this repository needs. The package has to be built.
 * @param {string} name of its folder in packages/
 * @param {string} folder where the tarball goes
 * @returns {Promise<string>} the tarball
 */
export async function pack(name, folder) {
  const source = at('packages', name);
  const stage = mkdtempSync(join(tmpdir(), 'offhook-pack-'));
  try {
    const manifest = readJson(join(source, 'package.json'));
    delete manifest.devDependencies;
    for (const file of ['README.md', ...manifest.files]) {
      if (!file.startsWith('!') && existsSync(join(source, file))) {
        cpSync(join(source, file), join(stage, file), { recursive: true });
      }
    }
    cpSync(at('LICENSE'), join(stage, 'LICENSE'));
    if (name === 'gateway') {
      cpSync(at('apps/softphone/dist'), join(stage, 'web'), { recursive: true });
      manifest.files.push('web');
    }
    manifest.exports = withoutSources(manifest.exports);
    writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    const asked = ['pack', stage, '--pack-destination', folder, '--json', '--ignore-scripts'];
    const { code, output } = await run('npm', asked, { quiet: true });
    if (code !== 0) {
      throw new StepError(`npm pack failed:\n${output}`);
    }
    return join(folder, JSON.parse(output.slice(output.indexOf('[')))[0].filename);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/**
 * Packs `@offhook/client` as it is published and puts what is in the tarball into an empty folder.
 * @param {string} folder
 * @returns {Promise<string>} the tarball
 */
export async function packClient(folder) {
  const tarball = await pack('client', folder);
  const target = join(folder, 'node_modules/@offhook/client');
  mkdirSync(target, { recursive: true });
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', target]);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  return tarball;
}

export const REFERENCE = '@telnyx/webrtc';

/** Puts the reference beside it, as npm installed it here. @param {string} folder */
export function linkReference(folder) {
  const target = join(folder, 'node_modules', REFERENCE);
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(at('node_modules', REFERENCE), target);
}
