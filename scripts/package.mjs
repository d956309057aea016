/**
 * `npm run package`: packs the four packages as they are published and uses them as strangers do, from a registry of their own.
 * `npm run package -- --node 24`: its demo runs on that version of Node, by default on the oldest that a gateway runs on.
 * What is looked at: lib/package/client.mjs, lib/package/installed.mjs.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './lib/build.mjs';
import { ensureChromium } from './lib/chromium.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { pack, packClient, published } from './lib/pack.mjs';
import { clientSteps } from './lib/package/client.mjs';
import { installedSteps } from './lib/package/installed.mjs';
import { workflowFaults } from './lib/package/workflows.mjs';
import { startRegistry } from './lib/registry.mjs';
import { StepError, main, seconds } from './lib/run.mjs';
import { offerSpeech } from './lib/speech.mjs';

const OLDEST_NODE = '22.20.0';

function askedNode() {
  try {
    const options = { node: { type: 'string', default: OLDEST_NODE } };
    return parseArgs({ options }).values.node;
  } catch (error) {
    throw new StepError(`${error.message}\nUsage: npm run package [-- --node <version>]`, 2);
  }
}

main(async () => {
  const demoNode = askedNode();
  await ensureInstalled();
  const chromium = await ensureChromium();
  await offerSpeech();
  await build();
  const folder = mkdtempSync(join(tmpdir(), 'offhook-package-'));
  const registry = await startRegistry(join(folder, 'registry'));
  let failed = 0;
  /** @param {Record<string, () => Promise<string> | string>} steps */
  const take = async (steps) => {
    for (const [name, step] of Object.entries(steps)) {
      const since = Date.now();
      const problem = await step();
      console.log(`${problem ? 'FAIL' : 'ok  '} ${name} (${seconds(since)})`);
      if (!problem) {
        continue;
      }
      failed += 1;
      console.log(problem);
    }
  };
  try {
    const client = join(folder, 'client');
    mkdirSync(client);
    await take(clientSteps(client, await packClient(client)));
    /** @type {Record<string, string>} */
    const tarballs = {};
    for (const name of published) {
      tarballs[name] = await pack(name, folder);
      await registry.publish(tarballs[name]);
    }
    await take(installedSteps({ folder, registry, tarballs, chromium, demoNode }));
    await take({ 'CI workflows of the hosting site': workflowFaults });
  } finally {
    await registry.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return failed === 0 ? 0 : 1;
});
