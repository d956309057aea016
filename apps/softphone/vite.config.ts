import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { build, defineConfig, type Plugin } from 'vite';

/** The gateway for `vite dev`: where `npm run demo` serves one. */
const gateway = process.env['OFFHOOK_DEV_GATEWAY'] ?? 'http://localhost:8080';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The font travels with its licence. */
const fontLicence: Plugin = {
  name: 'font-licence',
  apply: 'build',
  generateBundle() {
    const file = createRequire(import.meta.url).resolve('@fontsource-variable/inter/LICENSE');
    this.emitFile({ type: 'asset', fileName: 'licences/inter.txt', source: readFileSync(file) });
  },
};

// The packages from their sources, in development and in the build.
const resolve = { conditions: ['offhook-source', 'module', 'browser', 'development|production'] };

/** The service worker: one file of a fixed name, which is a script and no module, so that every browser takes it. */
const pushWorker: Plugin = {
  name: 'push-worker',
  apply: 'build',
  async generateBundle() {
    const built = await build({
      configFile: false,
      logLevel: 'error',
      resolve,
      build: {
        target: 'es2023',
        write: false,
        rollupOptions: {
          input: here('../../packages/client/src/push/worker-script.ts'),
          output: { format: 'iife' },
        },
      },
    });
    const [{ output }] = [built].flat() as [{ output: { type: string; code?: string }[] }];
    const source = output.find(({ type }) => type === 'chunk')?.code ?? '';
    this.emitFile({ type: 'asset', fileName: 'push-worker.js', source });
  },
};

export default defineConfig(({ command }) => ({
  plugins: [react(), fontLicence, pushWorker],
  resolve,
  define:
    command === 'serve'
      ? { 'import.meta.env.VITE_GATEWAY': JSON.stringify(gateway.replace(/^http/, 'ws')) }
      : {},
  build: {
    target: 'es2023',
    // The gateway's content security policy allows no inline data beyond images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: 'licences/packages.md' },
    // Two pages: the phone, and the one of the embedded assistant.
    rollupOptions: { input: ['index.html', 'assistant/index.html'].map(here) },
  },
  server: {
    // The gateway signs in its own pages only.
    proxy: Object.fromEntries(
      ['/demo', '/api', '/push/'].map((path) => [
        path,
        { target: gateway, changeOrigin: true, headers: { origin: gateway } },
      ]),
    ),
  },
}));
