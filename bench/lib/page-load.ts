/**
 * What a browser loads of an SDK: an application that places one call is built by the bundlers that people use, served, and run in
 * Chromium against a gateway; the scripts that it asks for are counted.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from '@playwright/test';
import type { Gateway } from '../../e2e/lib/gateway.ts';
import { serve } from '../../e2e/lib/web-server.ts';
import type { WebServer } from '../../e2e/lib/web-server.ts';

export const BUNDLERS = ['vite', 'esbuild', 'webpack'] as const;
export type Bundler = (typeof BUNDLERS)[number];

export interface Loaded {
  readonly files: number;
  /** Minified and gzipped. */
  readonly bytes: number;
}

export interface PageLoad {
  /** Before the application can make a client. */
  readonly start: Loaded;
  /** When a call without reports has been placed, held and ended. */
  readonly call: Loaded;
  /** When a call with reports, as is the default, has been placed, held and ended. */
  readonly report: Loaded;
}

/** @param sdk the package's name, as the application imports it */
const application = (sdk: string): string => `import { TelnyxRTC } from '${sdk}';
globalThis.placeCall = ({ host, token, enableCallReports }) =>
  new Promise((resolve, reject) => {
    const client = new TelnyxRTC({ host, login_token: token, enableCallReports });
    client.remoteElement = 'remote';
    let wasActive = false;
    client.on('telnyx.error', reject);
    client.on('telnyx.notification', ({ call }) => {
      if (call?.state === 'active' && !wasActive) {
        wasActive = true;
        Promise.resolve(call.hold()).then(() => call.hangup());
      }
      if (call?.state === 'destroy') Promise.resolve(client.disconnect()).then(() => resolve(wasActive));
    });
    client.on('telnyx.ready', () => client.newCall({ destinationNumber: 'echo' }));
    client.connect();
  });
`;

/**
 * @param folder where the package is installed in `node_modules`; builds are written there
 * @param sdk the package's name
 */
export async function pageLoad(
  folder: string,
  sdk: string,
  bundler: Bundler,
  gateway: Gateway,
  browser: Browser,
): Promise<PageLoad> {
  const source = join(folder, `${bundler}-${sdk.replace(/\W/g, '-')}`);
  const output = join(source, 'dist');
  mkdirSync(source, { recursive: true });
  const app = join(source, 'app.js');
  writeFileSync(app, application(sdk));
  writeFileSync(join(source, 'index.html'), page('/app.js'));
  await builders[bundler](source, app, output);
  if (bundler !== 'vite') {
    writeFileSync(join(output, 'index.html'), page('/app.js'));
  }
  const site = await scriptSite(output);
  try {
    const visit = async (enableCallReports: boolean): Promise<{ start: Loaded; end: Loaded }> => {
      site.asked.clear();
      const tab = await browser.newPage();
      await tab.goto(site.origin);
      await tab.waitForFunction(() => 'placeCall' in globalThis);
      const start = site.loaded();
      const talked = await tab.evaluate(
        (options) =>
          (globalThis as unknown as { placeCall: (given: object) => Promise<boolean> }).placeCall(
            options,
          ),
        { host: gateway.host, token: await gateway.token('1001'), enableCallReports },
      );
      await tab.close();
      if (!talked) {
        throw new Error(`The call of ${sdk}, built by ${bundler}, was never active.`);
      }
      return { start, end: site.loaded() };
    };
    const quiet = await visit(false);
    const reported = await visit(true);
    return { start: quiet.start, call: quiet.end, report: reported.end };
  } finally {
    await site.close();
  }
}

const page = (script: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8" /><title>app</title><link rel="icon" href="data:," /></head>
<body><audio id="remote" autoplay></audio><script type="module" src="${script}"></script></body></html>
`;

/** Each with the settings that it has by itself for production, and the language level of today's browsers. */
const builders: Record<Bundler, (source: string, app: string, output: string) => Promise<unknown>> =
  {
    vite: async (source, _app, output) => {
      const { build } = await import('vite');
      return build({
        root: source,
        configFile: false,
        logLevel: 'error',
        build: { outDir: output, target: 'es2022' },
      });
    },
    esbuild: async (_source, app, output) => {
      const { build } = await import('esbuild');
      return build({
        entryPoints: [app],
        outdir: output,
        bundle: true,
        minify: true,
        splitting: true,
        format: 'esm',
        target: 'es2022',
        logLevel: 'error',
      });
    },
    webpack: async (source, app, output) => {
      const { default: webpack } = await import('webpack');
      await new Promise<void>((resolve, reject) => {
        webpack(
          {
            mode: 'production',
            target: ['web', 'es2022'],
            context: source,
            entry: app,
            output: { path: output, filename: 'app.js', publicPath: '/' },
            performance: false,
          },
          (error, stats) => {
            if (error) {
              reject(error);
            } else if (stats?.hasErrors()) {
              reject(new Error(stats.toString('errors-only')));
            } else {
              resolve();
            }
          },
        );
      });
    },
  };

interface ScriptSite extends WebServer {
  /** Paths of the scripts that pages asked for. */
  readonly asked: Set<string>;
  loaded(): Loaded;
}

async function scriptSite(folder: string): Promise<ScriptSite> {
  const asked = new Set<string>();
  const server = await serve((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const isScript = path.endsWith('.js');
    let body: Buffer;
    try {
      body = readFileSync(join(folder, path === '/' ? 'index.html' : path));
    } catch {
      response.writeHead(404).end();
      return;
    }
    if (isScript) {
      asked.add(path);
    }
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' });
    response.end(body);
  });
  const bytes = (path: string): number =>
    gzipSync(readFileSync(join(folder, path)), { level: 9 }).length;
  return {
    ...server,
    asked,
    loaded: () => ({
      files: asked.size,
      bytes: [...asked].reduce((sum, path) => sum + bytes(path), 0),
    }),
  };
}
