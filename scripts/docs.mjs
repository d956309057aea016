/**
 * `npm run docs`: the documentation site on a port of this machine, with changes of docs/ as they are made (`PORT=9000 npm run docs` for another port).
 * `npm run docs -- --build` writes it to site/dist, for a web server; the address that it is made for is in packages/client/src/errors/docs.ts.
 * `npm run docs -- --check` checks links, blocks of code against the packages, and that docs/api.md is what the gateway says of `/api`.
 * `npm run docs -- --api` writes docs/api.md and docs/openapi.json.
 * `npm run docs -- --look` builds it and looks at it in a browser: widths on a telephone, accessibility; `--pictures FOLDER` keeps pictures.
 */
import { existsSync, readFileSync, watch } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureChromium } from './lib/chromium.mjs';
import { ensureFolder, ensureInstalled } from './lib/install.mjs';
import { at, node } from './lib/paths.mjs';
import { StepError, main, must, run, seconds } from './lib/run.mjs';

const usage = 'Usage: npm run docs [-- --api | --build | --check | --look [--pictures <folder>]]';

function asked() {
  const options = {
    ...{
      api: { type: 'boolean' },
      build: { type: 'boolean' },
      check: { type: 'boolean' },
      look: { type: 'boolean' },
    },
    pictures: { type: 'string' },
  };
  try {
    const { values } = parseArgs({ options });
    if ([values.api, values.build, values.check, values.look].filter(Boolean).length > 1) {
      throw new Error('One of --api, --build, --check and --look.');
    }
    if (values.pictures !== undefined && !values.look) {
      throw new Error('--pictures belongs to --look.');
    }
    return values;
  } catch (error) {
    throw new StepError(`${error.message}\n${usage}`, 2);
  }
}

/** Under our Node, which strips the types of what is read from the packages. @param {string} script @param {...string} args */
const ours = (script, ...args) => [
  '--conditions=offhook-source',
  '--disable-warning=ExperimentalWarning',
  at('scripts', 'lib', 'docs', script),
  ...args,
];

const vitepress = at('site', 'node_modules', 'vitepress', 'bin', 'vitepress.js');

async function build() {
  const since = Date.now();
  await must('Gathering the pages', node, ours('gather.mjs'));
  await must('Making the API reference', node, ours('api-reference.mjs'));
  console.log(`Pages gathered, reference made (${seconds(since)}).`);
  await must('Building the site', node, [vitepress, 'build', at('site')]);
  console.log(`Built in ${seconds(since)}: site/dist`);
}

/** @param {string | undefined} pictures */
async function look(pictures) {
  const chromium = await ensureChromium();
  await build();
  const setting = {
    ...{ chromium, folder: at('site', 'dist') },
    base: new URL(JSON.parse(readFileSync(at('site', '.cache', 'site.json'), 'utf8')).address)
      .pathname,
    ...(pictures === undefined ? {} : { pictures: resolve(pictures) }),
  };
  const { code } = await run(node, [at('e2e/site/look.ts'), JSON.stringify(setting)]);
  return code;
}

async function serve() {
  await must('Gathering the pages', node, ours('gather.mjs'));
  if (!existsSync(at('site', '.cache', 'pages', 'api', 'sidebars.json'))) {
    console.log('Making the API reference ...');
    await must('Making the API reference', node, ours('api-reference.mjs'));
  }
  watch(at('docs'), { recursive: true }, (_event, path) => {
    if (path?.endsWith('.md')) {
      void run(node, ours('gather.mjs', path));
    }
  });
  const port = process.env.PORT ?? '5173';
  const { code } = await run(node, [vitepress, 'dev', at('site'), '--port', port]);
  return code;
}

main(async () => {
  const values = asked();
  await ensureInstalled();
  if (values.api) {
    const { code } = await run(node, ours('write-api-page.mjs'));
    return code;
  }
  await ensureFolder('site', 'Installing what the documentation site needs');
  if (values.check) {
    const { code } = await run(node, ours('check.mjs'));
    return code;
  }
  if (values.build) {
    await build();
    return 0;
  }
  if (values.look) {
    return look(values.pictures);
  }
  const code = await serve();
  process.exit(code);
});
