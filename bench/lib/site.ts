import { build } from 'esbuild';
import type { BuildOptions, OutputFile } from 'esbuild';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '../../e2e/lib/web-server.ts';
import type { WebServer } from '../../e2e/lib/web-server.ts';

export type PageName = 'offhook' | 'reference' | 'bare' | 'direct';

const path = (name: string): string => fileURLToPath(new URL(`../pages/${name}`, import.meta.url));

async function bundle(
  pages: readonly string[],
  options: BuildOptions,
): Promise<readonly OutputFile[]> {
  const { outputFiles } = await build({
    entryPoints: pages.map(path),
    bundle: true,
    write: false,
    minify: true,
    outdir: '/',
    target: 'es2023',
    conditions: ['offhook-source'],
    logLevel: 'error',
    ...options,
  });
  return outputFiles ?? [];
}

/** The pages that are measured, on an origin of their own. */
export class BenchSite {
  readonly #server: WebServer;

  static async start(): Promise<BenchSite> {
    const outputFiles = [
      ...(await bundle(['probe.ts'], { format: 'iife' })),
      ...(await bundle(['offhook.ts', 'sdk.ts', 'bare.ts', 'direct.ts'], {
        format: 'esm',
        splitting: true,
      })),
    ];
    const files = new Map(outputFiles.map((file) => [`/${basename(file.path)}`, file.text]));
    const reference = createRequire(import.meta.url).resolve('@telnyx/webrtc/lib/bundle.js');
    files.set('/reference.js', readFileSync(reference, 'utf8'));
    const server = await serve((request, response) => {
      const url = request.url ?? '/';
      const script = files.get(url);
      response.writeHead(200, {
        'content-type': `text/${script === undefined ? 'html' : 'javascript'}; charset=utf-8`,
      });
      response.end(script ?? html(url.slice(1)));
    });
    return new BenchSite(server);
  }

  private constructor(server: WebServer) {
    this.#server = server;
  }

  get origin(): string {
    return this.#server.origin;
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

function html(name: string): string {
  const scripts =
    name === 'reference'
      ? '<script src="/reference.js"></script><script type="module" src="/sdk.js"></script>'
      : name === 'blank'
        ? ''
        : `<script type="module" src="/${name}.js"></script>`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8" /><title>${name}</title><link rel="icon" href="data:," /></head>
<body><audio id="remote" autoplay></audio><script src="/probe.js"></script>${scripts}</body></html>`;
}
