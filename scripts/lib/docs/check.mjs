/** Links of our texts, blocks of code in them, and whether those that are made are current. Under our Node, from the root of the repository. */
import { readFileSync, readdirSync } from 'node:fs';
import { at, root } from '../paths.mjs';
import { main, seconds } from '../run.mjs';
import { staleApiPage } from './api-page.mjs';
import { CodeBlocks } from './code-blocks.mjs';
import { deadLinks } from './links.mjs';
import { docsPages } from './pages.mjs';

/** Every text that is read on a code host or on the site. */
function texts() {
  const here = readdirSync(root).filter((name) => name.endsWith('.md'));
  const readmes = ['packages', 'apps', 'examples']
    .flatMap((folder) => markdownUnder(folder))
    .filter((path) => !/\/(node_modules|dist|api|test)\//.test(path));
  return [...here, ...readmes, ...docsPages().map((path) => `docs/${path}`)];
}

function markdownUnder(folder) {
  try {
    return readdirSync(at(folder), { withFileTypes: true })
      .filter((one) => one.isDirectory())
      .map(({ name }) => `${folder}/${name}/README.md`)
      .filter((path) => readdirSync(at(path, '..')).includes('README.md'));
  } catch {
    return []; // no such folder
  }
}

main(async () => {
  const since = Date.now();
  const files = texts();
  const blocks = new CodeBlocks();
  for (const file of files) {
    blocks.read(file, readFileSync(at(file), 'utf8'));
  }
  const wrong = [...deadLinks(root, files), ...blocks.faults(), ...(await staleApiPage())];
  for (const line of wrong) {
    console.error(line);
  }
  console.log(
    `${files.length} texts, ${blocks.count} blocks of code, ${wrong.length} faults (${seconds(since)}).`,
  );
  if (wrong.some((line) => line.includes('Cannot find name'))) {
    console.error(
      'Names that stand around a block of code (`client`, `show()`) are declared in site/around.d.ts.',
    );
  }
  return wrong.length === 0 ? 0 : 1;
});
