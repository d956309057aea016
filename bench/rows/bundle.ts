import { brotliCompressSync, gzipSync } from 'node:zlib';
import { launch } from '../../e2e/lib/browser.ts';
import type { Measure, Row } from '../lib/measure.ts';
import { alternate } from '../lib/measure.ts';

const WHO = ['offhook', 'reference'] as const;
type Who = (typeof WHO)[number];
const PACKAGES: Readonly<Record<Who, string>> = {
  offhook: '@offhook/client',
  reference: '@telnyx/webrtc',
};

interface Chunk {
  readonly code: string;
  /** Loaded before the application can make a client. */
  readonly start: boolean;
}

/** What an application ships that imports `TelnyxRTC` and nothing else, and what a browser does with it before it can begin. */
export const bundle: Row = {
  name: 'bundle',
  title: 'Size',
  async run({ quick, log }) {
    const chunks = { offhook: await chunksOf('offhook'), reference: await chunksOf('reference') };
    log('built');
    const bytes = (pack: (text: string) => number, all: boolean) =>
      Object.fromEntries(
        WHO.map((who) => [
          who,
          [
            chunks[who]
              .filter(({ start }) => all || start)
              .reduce((sum, { code }) => sum + pack(code), 0) / 1024,
          ],
        ]),
      );
    const gzip = (text: string): number => gzipSync(text, { level: 9 }).length;
    const brotli = (text: string): number => brotliCompressSync(text).length;
    const evaluate = await evaluation(chunks, quick ? 5 : 25);
    return [
      {
        id: 'bundle.gzip',
        title: 'Loaded at start, minified, gzip',
        unit: 'KiB',
        samples: bytes(gzip, false),
        goals: [{ text: '≤ 30 KiB', at: 'most', bound: 30 }],
      },
      {
        id: 'bundle.brotli',
        title: 'The same, brotli',
        unit: 'KiB',
        samples: bytes(brotli, false),
      },
      {
        id: 'bundle.all',
        title: 'With everything that loads when it is used, gzip',
        unit: 'KiB',
        samples: bytes(gzip, true),
      },
      {
        id: 'bundle.evaluate',
        title: 'Parse and evaluate, in Chromium, what loads at start',
        unit: 'ms',
        samples: evaluate,
      },
    ] satisfies Measure[];
  },
};

async function chunksOf(who: Who): Promise<Chunk[]> {
  const { build } = await import('vite');
  const name = '\0app';
  const built = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'app',
        resolveId: (id: string) => (id === name ? id : undefined),
        load: (id: string) =>
          id === name
            ? `import { TelnyxRTC } from '${PACKAGES[who]}'; globalThis.app = TelnyxRTC;`
            : undefined,
      },
    ],
    resolve: { conditions: ['offhook-source', 'module', 'browser', 'import', 'default'] },
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      rolldownOptions: { input: { app: name } },
    },
  });
  const [{ output }] = (Array.isArray(built) ? built : [built]) as [
    { output: readonly OutputPart[] },
  ];
  const parts = output.filter((part) => part.type === 'chunk');
  const atStart = new Set<OutputPart>();
  const follow = (part: OutputPart | undefined): void => {
    if (!part || atStart.has(part)) return;
    atStart.add(part);
    for (const file of part.imports ?? []) {
      follow(parts.find(({ fileName }) => fileName === file));
    }
  };
  follow(parts.find(({ isEntry }) => isEntry));
  return parts.map((part) => ({ code: part.code ?? '', start: atStart.has(part) }));
}

interface OutputPart {
  readonly type: 'chunk' | 'asset';
  readonly fileName: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly code?: string;
}

/** Each time a new page and a text that no cache knows. Chunks that import each other are given as one text. */
async function evaluation(
  chunks: Record<Who, readonly Chunk[]>,
  times: number,
): Promise<Record<Who, number[]>> {
  const scripts = {
    offhook: await asScript('offhook', chunks.offhook),
    reference: await asScript('reference', chunks.reference),
  };
  const browser = await launch(440);
  try {
    let serial = 0;
    return await alternate(WHO, times, async (who) => {
      const page = await browser.newPage();
      await page.goto('about:blank');
      const text = `${scripts[who]}\n/* ${String((serial += 1))} */`;
      const ms = await page.evaluate((code) => {
        const script = document.createElement('script');
        script.textContent = code;
        const from = performance.now();
        document.head.append(script);
        const until = performance.now();
        if (!('app' in globalThis)) throw new Error('It did not run.');
        return until - from;
      }, text);
      await page.close();
      return ms;
    });
  } finally {
    await browser.close();
  }
}

/** What loads at start as one classic script, the rest left outside. */
async function asScript(who: Who, chunks: readonly Chunk[]): Promise<string> {
  const start = chunks.filter((chunk) => chunk.start);
  const { build } = await import('esbuild');
  const [only] = start;
  if (!only) throw new Error(`Nothing of ${who} loads at start.`);
  const { outputFiles } = await build({
    stdin: {
      contents: `import { TelnyxRTC } from '${PACKAGES[who]}'; globalThis.app = TelnyxRTC;`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2022',
    conditions: ['offhook-source'],
    plugins: [
      {
        name: 'later',
        setup(plugin) {
          plugin.onResolve({ filter: /.*/ }, ({ kind, path }) =>
            kind === 'dynamic-import' ? { path, external: true } : undefined,
          );
        },
      },
    ],
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}
