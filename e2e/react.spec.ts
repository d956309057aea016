import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from './lib/test.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
/** Where each version is installed. */
const VERSIONS = { 18: join(here, 'react-18'), 19: join(here, '../packages/react') } as const;

/** Bundles a page or a server's script against one version of React. */
async function bundleWith(version: keyof typeof VERSIONS, path: string, server = false) {
  const require = createRequire(join(VERSIONS[version], 'package.json'));
  const alias = Object.fromEntries(
    ['react/jsx-runtime', 'react-dom/client', 'react-dom/server', 'react'].map((name) => [
      name,
      require.resolve(name),
    ]),
  );
  const { outputFiles } = await build({
    entryPoints: [join(here, path)],
    bundle: true,
    write: false,
    format: server ? 'cjs' : 'iife',
    platform: server ? 'node' : 'browser',
    target: 'es2022',
    jsx: 'automatic',
    conditions: ['offhook-source'],
    define: { 'process.env.NODE_ENV': '"development"' },
    alias,
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}

for (const version of [18, 19] as const) {
  test(`React ${String(version)}, StrictMode: one client signs in, places a call and hangs it up`, async ({
    gateway,
    party,
  }) => {
    const ann = await party('1001', { options: false });
    await ann.page.evaluate(
      (options) => {
        document.body.insertAdjacentHTML('beforeend', '<div id="root"></div>');
        Object.assign(window, { options });
      },
      { host: gateway.host, token: await gateway.token('1001') },
    );
    await ann.page.addScriptTag({ content: await bundleWith(version, 'pages/react-phone.tsx') });
    await ann.page.getByRole('button', { name: 'Call echo' }).click();
    await expect(ann.page.getByRole('listitem')).toHaveText(/echo: active/);
    await ann.page.getByRole('button', { name: 'Hang up' }).click();
    await expect(ann.page.getByRole('listitem')).toHaveCount(0);
    await ann.page.getByRole('button', { name: 'Leave' }).click();
    await expect(ann.page.getByText('gone')).toBeVisible();
    // StrictMode mounts twice: one sign-in all the same.
    expect(ann.frames.sent('login')).toHaveLength(1);
    expect(ann.console.filter((line) => /Warning|act\(|useLayoutEffect/.test(line))).toEqual([]);
  });

  test(`React ${String(version)} renders on a server without a word of warning`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'offhook-ssr-'));
    try {
      const script = join(folder, 'server.cjs');
      writeFileSync(script, await bundleWith(version, 'pages/react-server.tsx', true));
      const output = execFileSync(process.execPath, [script], { encoding: 'utf8', stdio: 'pipe' });
      expect(JSON.parse(output)).toEqual({
        version: String(version),
        warnings: [],
        html: expect.stringContaining('idle') as unknown,
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
