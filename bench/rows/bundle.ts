import { launch } from '../../e2e/lib/browser.ts';
import { Gateway } from '../../e2e/lib/gateway.ts';
import type { Measure, Row } from '../lib/measure.ts';
import { alternate } from '../lib/measure.ts';
import { pageLoad } from '../lib/page-load.ts';
import type { PageLoad } from '../lib/page-load.ts';

const WHO = ['offhook', 'reference'] as const;
type Who = (typeof WHO)[number];
const PACKAGES: Readonly<Record<Who, string>> = {
  offhook: '@offhook/client',
  reference: '@telnyx/webrtc',
};

const BUNDLER = 'vite';
const STAGES = ['start', 'call', 'report'] as const;
const TITLES: Readonly<Record<(typeof STAGES)[number], string>> = {
  start: 'Loaded at start, minified, gzip',
  call: 'Loaded when a call has been placed, held and ended',
  report: 'The same, with the report of the call',
};
/** kB of 1000 bytes. */
const CALL_GOAL = 43;

/** What an application loads that places a call, built from the packed tarballs by Vite, and what a browser does with it before it can begin. */
export const bundle: Row = {
  name: 'bundle',
  title: 'Size',
  async run({ quick, log }) {
    const loads = await pageLoads();
    log('counted');
    const evaluate = await evaluation(quick ? 5 : 25);
    const samples = (of: (load: PageLoad) => number): Record<Who, number[]> => ({
      offhook: [of(loads.offhook)],
      reference: [of(loads.reference)],
    });
    return [
      ...STAGES.map((stage) => ({
        id: `bundle.${stage}`,
        title: TITLES[stage],
        unit: 'kB',
        samples: samples((load) => load[stage].bytes / 1000),
        ...(stage === 'call'
          ? { goals: [{ text: `≤ ${CALL_GOAL} kB`, at: 'most' as const, bound: CALL_GOAL }] }
          : {}),
      })),
      {
        id: 'bundle.files',
        title: 'Files that a call without a report needs',
        unit: 'files',
        samples: samples((load) => load.call.files),
        goals: [{ text: '≤ 2', at: 'most', bound: 2 }],
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

async function pageLoads(): Promise<Record<Who, PageLoad>> {
  const folder = process.env['OFFHOOK_PACKED'];
  if (folder === undefined) {
    throw new Error('Run it as `npm run bench`, which packs the client.');
  }
  const gateway = await Gateway.start();
  const browser = await launch(440);
  try {
    const load = (who: Who): Promise<PageLoad> =>
      pageLoad(folder, PACKAGES[who], BUNDLER, gateway, browser);
    return { offhook: await load('offhook'), reference: await load('reference') };
  } finally {
    await browser.close();
    await gateway.stop();
  }
}

/** Each time a new page and a text that no cache knows. Chunks that import each other are given as one text. */
async function evaluation(times: number): Promise<Record<Who, number[]>> {
  const scripts = {
    offhook: await asScript('offhook'),
    reference: await asScript('reference'),
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
        if (!('app' in globalThis)) {
          throw new Error('It did not run.');
        }
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
async function asScript(who: Who): Promise<string> {
  const { build } = await import('esbuild');
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
