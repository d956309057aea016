/**
 * The pages of the documentation site, gathered in site/.cache/pages: docs/, the texts beside it that readers of the site want, and what is
 * made (errors, API). docs/ is written for code hosts, so what it links to outside of docs/ is mended here.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { at } from '../paths.mjs';
import { sidebar } from '../../../site/sidebar.mjs';
import { DOCS, errorPages } from './error-pages.mjs';
import { readPage } from './markdown.mjs';

/** The page before the reference, which `npm run docs` makes of the types. */
const API_INDEX = `# API

Made of the types and their descriptions, one page for each class, interface and function.

| package | gives |
| --- | --- |
| [@offhook/client](client/index.md) | \`TelnyxRTC\`, \`Call\`, options, events, errors |
| [@offhook/client/ai](client-ai/index.md) | \`call.ai\` and \`AssistantSession\` |
| [@offhook/client/element](client-element/index.md) | \`<offhook-phone>\` |
| [@offhook/client/assistant-element](client-assistant-element/index.md) | \`<offhook-assistant>\` |
| [@offhook/client/diagnostics](client-diagnostics/index.md) | checks before a call |
| [@offhook/client/tracing](client-tracing/index.md) | spans of calls |
| [@offhook/client/push](client-push/index.md) | calls while every page is closed |
| [@offhook/client/push-worker](client-push-worker/index.md) | its service worker |
| [@offhook/react](react/index.md) | the provider, hooks, and the store below them |
| [@offhook/react/testing](react-testing/index.md) | a client, calls and devices of no network, for tests |
| [@offhook/protocol](protocol/index.md) | parsers and types of what goes over the wire |
| [@offhook/gateway](gateway/index.md) | the gateway as a library |
`;

const folder = at('site', '.cache');
export const pagesFolder = join(folder, 'pages');

/** Texts outside of docs/ that are pages of the site, by their path in the repository. */
const OTHERS = new Map([
  ['packages/react/README.md', 'react.md'],
  ['CHANGELOG.md', 'changelog.md'],
  ['SECURITY.md', 'security.md'],
  ['docs', ''],
]);

/** All Markdown under docs/, as paths from there. */
export const docsPages = () =>
  readdirSync(at('docs'), { recursive: true })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.md'))
    .sort();

/**
 * A link of a page in the repository, as it is on the site. What the site does not have loses its link and keeps its text.
 * @param {string} from path of the page in the repository @param {string} to path of the page on the site @param {string} target
 * @returns {string | null}
 */
function mended(from, to, target) {
  if (/^([a-z]+:|#)/.test(target)) {
    return target;
  }
  const [path, hash = ''] = target.split(/(?=#)/);
  const full = posix.normalize(posix.join(posix.dirname(from), path));
  const page = OTHERS.get(full) ?? (full.startsWith('docs/') ? full.slice('docs/'.length) : null);
  if (page === null) {
    return null;
  }
  const way = posix.relative(posix.dirname(to), page);
  return (way.startsWith('.') ? way : `./${way}`) + hash;
}

/** The title of the page that a link leads to, or of the heading. @param {string} from @param {string} target */
function titleAt(from, target) {
  const [path, id] = target.split('#');
  const file = at(posix.join(posix.dirname(from), path));
  if (!existsSync(file)) {
    return undefined;
  }
  const { title, headings } = readPage(readFileSync(file, 'utf8'));
  return id === undefined ? title : headings.find((heading) => heading.id === id)?.text;
}

/** @param {string} from @param {string} to @param {string} text */
function forSite(from, to, text) {
  const parts = text.split(/(^[ \t]*```[\s\S]*?^[ \t]*```[^\n]*$|`[^`\n]*`)/m);
  return parts
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part.replace(
            /(!?)\[((?:[^\]\\]|\\.)*)\]\(([^)\s]+)\)/g,
            (whole, image, words, target) => {
              const way = mended(from, to, target);
              // A code host shows files, the site pages: `[sip.md](sip.md)` has the title of its page there.
              const title = /^[\w./-]+\.md$/.test(words) ? titleAt(from, target) : undefined;
              const named = title?.replace(/[\\`*_<>[\]]/g, '\\$&') ?? words;
              return way === null ? named : `${image}[${named}](${way})`;
            },
          ),
    )
    .join('');
}

/** @param {string} path @param {string} text */
function write(path, text) {
  const file = join(pagesFolder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** One page of docs/, again. @param {string} path */
export function gatherPage(path) {
  write(path, forSite(`docs/${path}`, path, readFileSync(at('docs', path), 'utf8')));
}

const titleOf = (path) => readPage(readFileSync(join(pagesFolder, `${path}.md`), 'utf8')).title;

/** The side bar with titles; what is not there is left out, and what nobody named comes last. @param {Set<string>} there */
function sidebarOf(there) {
  const named = new Set(sidebar.flatMap(({ pages }) => pages));
  const item = (path) => ({
    // VitePress takes it for HTML.
    text: titleOf(path).replaceAll('<', '&lt;'),
    link: `/${path.replace(/(^|\/)index$/, '$1')}`,
  });
  const groups = sidebar.map(({ text, pages }) => ({
    text,
    items: pages.filter((path) => there.has(path)).map(item),
  }));
  const rest = [...there].filter(
    (path) => !named.has(path) && !/^(errors|api)\/|^index$/.test(path),
  );
  return [...groups, { text: 'More', items: rest.map(item) }].filter(
    ({ items }) => items.length > 0,
  );
}

/** Everything but the API reference, which takes long and is made apart. @returns {string[]} the paths, without `.md` */
export function gatherPages() {
  for (const path of readdirSync(mkdirp(pagesFolder))) {
    if (path !== 'api') {
      rmSync(join(pagesFolder, path), { recursive: true });
    }
  }
  const pages = docsPages();
  pages.forEach(gatherPage);
  for (const [from, to] of OTHERS) {
    if (to !== '') {
      write(to, forSite(from, to, readFileSync(at(from), 'utf8')));
    }
  }
  const errors = errorPages();
  for (const [path, text] of errors) {
    write(path, text);
  }
  write('index.md', readFileSync(at('site', 'index.md'), 'utf8'));
  cpSync(at('docs', 'images'), join(pagesFolder, 'images'), { recursive: true });
  for (const file of ['docs/images/phone.png', 'apps/softphone/public/favicon.svg']) {
    cpSync(at(file), join(pagesFolder, 'public', basename(file)));
  }
  const all = [...pages, ...errors.keys(), ...OTHERS.values(), 'api/index.md']
    .filter((path) => path !== '')
    .map((path) => path.replace(/\.md$/, ''));
  write('api/index.md', API_INDEX);
  writeFileSync(
    join(folder, 'site.json'),
    JSON.stringify({ address: DOCS, sidebar: sidebarOf(new Set(all)) }),
  );
  return all;
}

const mkdirp = (path) => {
  mkdirSync(path, { recursive: true });
  return path;
};
