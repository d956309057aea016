/** Gathers all pages of the site, or one of docs/ again. */
import { existsSync } from 'node:fs';
import { at } from '../paths.mjs';
import { gatherPage, gatherPages } from './pages.mjs';

const [path] = process.argv.slice(2);
if (path === undefined) {
  gatherPages();
} else if (existsSync(at('docs', path))) {
  gatherPage(path);
}
