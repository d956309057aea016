import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { at } from './paths.mjs';
import { StepError, run } from './run.mjs';

/**
 * Packs `@offhook/client` as it would be published and installs the tarball in an empty folder.
 * @param {string} folder
 * @returns {Promise<string>} the tarball
 */
export async function packClient(folder) {
  const packed = await run('npm', ['pack', at('packages/client'), '--pack-destination', folder], {
    quiet: true,
  });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  if (!tarball) throw new StepError(`npm pack failed:\n${packed.output}`);
  const target = join(folder, 'node_modules/@offhook/client');
  mkdirSync(target, { recursive: true });
  await run('tar', ['-xzf', join(folder, tarball), '--strip-components=1', '-C', target]);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  return join(folder, tarball);
}

export const REFERENCE = '@telnyx/webrtc';

/** Puts the reference beside it, as npm installed it here. @param {string} folder */
export function linkReference(folder) {
  const target = join(folder, 'node_modules', REFERENCE);
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(at('node_modules', REFERENCE), target);
}
