/**
 * The API reference, by TypeDoc from the public entries. `node api-reference.mjs` in a process of its own, since it wants the packages of
 * site/node_modules, and a lot of memory.
 */
import { createRequire } from 'node:module';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { at } from '../paths.mjs';
import { apiEntries } from './api-entries.mjs';

const require = createRequire(at('site', 'package.json'));
const { Application } = await import(pathToFileURL(require.resolve('typedoc')).href);

const out = at('site', '.cache', 'pages', 'api');

/** What has a page of its own; everything else is on the page of its entry. */
const OWN_PAGE = { classes: 'Classes', functions: 'Functions' };

/**
 * The side bar beside the pages of one entry. A page holds its side bar, so it names no more than what people look for by name.
 * @param {string} name @param {string} text
 */
function sidebarOf(name, text) {
  const groups = Object.entries(OWN_PAGE)
    .filter(([kind]) => existsSync(join(out, name, kind)))
    .map(([kind, title]) => ({
      text: title,
      items: readdirSync(join(out, name, kind))
        .map((file) => file.replace(/\.md$/, ''))
        .sort()
        .map((page) => ({ text: page, link: `/api/${name}/${kind}/${page}` })),
    }));
  const others = apiEntries.map((one) => ({ text: one.text, link: `/api/${one.name}/` }));
  return [
    { text, link: `/api/${name}/`, items: groups },
    { text: 'All entries', link: '/api/', items: others },
  ];
}

const index = readFileSync(join(out, 'index.md'), 'utf8');
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const sidebars = {};
for (const { name, text, entry } of apiEntries) {
  const application = await Application.bootstrapWithPlugins({
    entryPoints: [at(entry)],
    tsconfig: at(entry.split('/').slice(0, 2).join('/'), 'tsconfig.json'),
    plugin: [require.resolve('typedoc-plugin-markdown')],
    name: text,
    outputs: [{ name: 'markdown', path: join(out, name) }],
    readme: 'none',
    disableSources: true,
    excludeInternal: true,
    excludePrivate: true,
    excludeExternals: true,
    skipErrorChecking: true,
    logLevel: 'Error',
    entryFileName: 'index',
    membersWithOwnFile: ['Class', 'Function'],
    hideBreadcrumbs: true,
    hidePageHeader: true,
    useCodeBlocks: true,
    parametersFormat: 'table',
    propertiesFormat: 'table',
    typeDeclarationFormat: 'table',
    enumMembersFormat: 'table',
    sanitizeComments: true,
    tableColumnSettings: {
      hideDefaults: true,
      hideInherited: true,
      hideModifiers: true,
      hideOverrides: true,
      hideSources: true,
    },
  });
  const project = await application.convert();
  if (!project) {
    throw new Error(`TypeDoc made nothing of ${entry}.`);
  }
  await application.generateOutputs(project);
  sidebars[`/api/${name}/`] = sidebarOf(name, text);
}
writeFileSync(join(out, 'index.md'), index);
writeFileSync(join(out, 'sidebars.json'), JSON.stringify(sidebars));
