import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pageLoad } from '../../bench/lib/page-load.ts';
import { launch } from '../../e2e/lib/browser.ts';
import { Gateway } from '../../e2e/lib/gateway.ts';
import { build } from './build.mjs';
import { ensureChromium } from './chromium.mjs';
import { REFERENCE, linkReference, packClient } from './pack.mjs';
import { at } from './paths.mjs';

export const OURS = '@offhook/client';

/**
 * What a page loads of each package, by each bundler. Ours is the tarball that `npm pack` makes; the reference is as npm installed it.
 * @param {readonly string[]} packages @param {readonly import('../../bench/lib/page-load.ts').Bundler[]} bundlers
 * @returns {Promise<{ sdk: string, bundler: string, load: import('../../bench/lib/page-load.ts').PageLoad }[]>}
 */
export async function measurePages(packages, bundlers) {
  await build(['client'], { kind: 'quick' });
  const chromium = await ensureChromium();
  const folder = mkdtempSync(join(tmpdir(), 'offhook-size-'));
  const open = [];
  try {
    await packClient(folder);
    if (packages.includes(REFERENCE)) {
      linkReference(folder);
    }
    const gateway = await Gateway.start();
    open.push(() => gateway.stop());
    const browser = await launch(440, chromium);
    open.push(() => browser.close());
    const rows = [];
    for (const sdk of packages) {
      for (const bundler of bundlers) {
        rows.push({ sdk, bundler, load: await pageLoad(folder, sdk, bundler, gateway, browser) });
      }
    }
    return rows;
  } finally {
    for (const close of open.reverse()) {
      await close();
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The script tag's phone, as it is built: with the SDK inside, minified and gzipped. */
export const phoneScriptBytes = () =>
  gzipSync(readFileSync(at('packages/client/dist/offhook-phone.js')), { level: 9 }).length;

/** The texts of all errors and warnings, minified and gzipped. */
export async function catalogueBytes() {
  const { transform } = await import('esbuild');
  const source = readFileSync(at('packages/client/src/errors/catalogue.ts'), 'utf8');
  const { code } = await transform(source, { loader: 'ts', minify: true });
  return gzipSync(code, { level: 9 }).length;
}
