/**
 * `npm run docs`: the documentation site on a port of this machine, with changes of docs/ as they are made (`PORT=9000 npm run docs` for another port).
 * `npm run docs -- --build` writes it to site/dist, for a web server; the address that it is made for is in packages/client/src/errors/docs.ts.
 * `npm run docs -- --check` checks links, and blocks of code against the packages.
 */
import { existsSync, watch } from 'node:fs';
import { parseArgs } from 'node:util';
import { ensureFolder, ensureInstalled } from './lib/install.mjs';
import { at, node } from './lib/paths.mjs';
import { StepError, main, must, run, seconds } from './lib/run.mjs';

const usage = 'Usage: npm run docs [-- --build | --check]';

function asked() {
  const options = { build: { type: 'boolean' }, check: { type: 'boolean' } };
  try {
    const { values } = parseArgs({ options });
    if (values.build && values.check) {
      throw new Error('One of --build and --check.');
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
  await ensureFolder('site', 'Installing what the documentation site needs');
  if (values.check) {
    const { code } = await run(node, ours('check.mjs'));
    return code;
  }
  if (values.build) {
    await build();
    return 0;
  }
  const code = await serve();
  process.exit(code);
});
