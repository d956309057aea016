/**
 * `npm run docs -- --look`: the built site in a browser. No page is wider than a telephone, and axe finds nothing in one page of each kind.
 *
 *   node e2e/site/look.ts <JSON of a Setting>
 */
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { chromium as browsers, type Browser } from '@playwright/test';
import { violations } from '../lib/axe.ts';
import { serve } from '../lib/web-server.ts';

interface Setting {
  readonly chromium: string;
  /** What `npm run docs -- --build` wrote. */
  readonly folder: string;
  /** The path at which the site is made to be served. */
  readonly base: string;
  /** Where pictures of the looked-at pages go; without it none are taken. */
  readonly pictures?: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

/** One page of each kind: the first page, a guide with code, wide tables, what is made of types, of errors, of the changelog. */
const KINDS = [
  'index.html',
  'guides/start.html',
  'client.html',
  'performance.html',
  'api/index.html',
  'api/client/classes/TelnyxRTC.html',
  'errors/index.html',
  'errors/42001.html',
  'changelog.html',
  '404.html',
];

const PHONE = { width: 375, height: 720 };
const DESK = { width: 1280, height: 800 };
/** Pages that are open at once. */
const AT_ONCE = 4;

const setting = JSON.parse(process.argv[2] ?? '{}') as Setting;
const { chromium, folder, base, pictures } = setting;

const files = readdirSync(folder, { recursive: true })
  .map((path) => String(path).replaceAll('\\', '/'))
  .sort();
const known = new Set(files);
const pages = files.filter((path) => path.endsWith('.html'));

const server = await serve(({ url = '/' }, response) => {
  const path = decodeURIComponent(new URL(url, 'http://site').pathname).slice(base.length);
  const file = known.has(path) ? path : undefined;
  if (file === undefined || extname(file) === '') {
    response.writeHead(404).end();
    return;
  }
  const type = TYPES[extname(file)] ?? 'application/octet-stream';
  response.setHeader('content-type', type).end(readFileSync(join(folder, file)));
});
const at = (path: string): string => `${server.origin}${base}${path}`;

/** Pages that are wider than a telephone, with what sticks out of them. As they are delivered: scripts change no width. */
async function tooWide(browser: Browser): Promise<string[]> {
  const context = await browser.newContext({ viewport: PHONE, javaScriptEnabled: false });
  const left = [...pages];
  const found: string[] = [];
  const look = async (): Promise<void> => {
    const page = await context.newPage();
    for (let path = left.shift(); path !== undefined; path = left.shift()) {
      await page.goto(at(path));
      const sticks = await page.evaluate(() => {
        const wide = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= wide) {
          return null;
        }
        const out = [...document.querySelectorAll('body *')].filter(
          (element) => element.getBoundingClientRect().right > wide + 0.5,
        );
        const last = out.at(-1);
        return `${String(document.documentElement.scrollWidth)} px: ${last?.outerHTML.slice(0, 160) ?? '?'}`;
      });
      if (sticks !== null) {
        found.push(`${path} is ${sticks}`);
      }
    }
    await page.close();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, look));
  await context.close();
  return found;
}

/** What axe finds in one page of each kind. */
async function unreadable(browser: Browser): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({ colorScheme, reducedMotion: 'reduce' });
    const page = await context.newPage();
    for (const path of KINDS) {
      for (const size of [PHONE, DESK]) {
        await page.setViewportSize(size);
        await page.goto(at(path), { waitUntil: 'networkidle' });
        const what = `${path}, ${String(size.width)} px, ${colorScheme}`;
        found.push(...(await violations(page)).map((one) => `${what}: ${one}`));
        if (pictures !== undefined) {
          const name = path.replace('.html', '').replaceAll('/', '-');
          await page.screenshot({
            path: join(pictures, `${name}-${String(size.width)}-${colorScheme}.png`),
          });
        }
      }
    }
    await context.close();
  }
  return found;
}

const missing = KINDS.filter((path) => !known.has(path)).map((path) => `There is no ${path}`);
if (pictures !== undefined) {
  mkdirSync(pictures, { recursive: true });
}
const browser = await browsers.launch({
  executablePath: chromium,
  args: ['--no-sandbox', '--disable-gpu'],
});
const wrong = [...missing];
if (wrong.length === 0) {
  try {
    wrong.push(...(await tooWide(browser)), ...(await unreadable(browser)));
  } finally {
    await browser.close();
    await server.close();
  }
}
for (const line of wrong) {
  console.error(line);
}
console.log(
  `${String(pages.length)} pages on a telephone, ${String(KINDS.length)} of them by axe, ${String(wrong.length)} faults.`,
);
process.exit(wrong.length === 0 ? 0 : 1);
