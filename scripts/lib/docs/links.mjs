/**
 * Whether every link of our texts leads somewhere: the file is there, and the heading. Addresses of other hosts are not asked.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { readPage } from './markdown.mjs';

/**
 * @param {string} root of the repository
 * @param {string[]} files Markdown, by path from there
 * @returns {string[]} what leads nowhere, a line each
 */
export function deadLinks(root, files) {
  const pages = new Map();
  const pageOf = (path) => {
    if (!pages.has(path)) {
      pages.set(path, readPage(readFileSync(posix.join(root, path), 'utf8')));
    }
    return pages.get(path);
  };
  const dead = [];
  for (const file of files) {
    for (const { target, line } of pageOf(file).links) {
      const said = `${file}:${line}: ${target}`;
      if (/^[a-z][a-z+.-]*:/i.test(target)) {
        if (!/^(https?|mailto):/.test(target)) {
          dead.push(`${said} is neither a path nor an address of the web`);
        }
        continue;
      }
      const [path, id] = target.split('#');
      const to = path === '' ? file : posix.join(posix.dirname(file), decodeURIComponent(path));
      if (to.startsWith('..') || path.startsWith('/') || !existsSync(posix.join(root, to))) {
        dead.push(`${said} is not there`);
        continue;
      }
      if (id === undefined) {
        continue;
      }
      if (!to.endsWith('.md') || !statSync(posix.join(root, to)).isFile()) {
        dead.push(`${said} names a heading of what is no page`);
      } else if (!pageOf(to).anchors.has(decodeURIComponent(id))) {
        dead.push(`${said} names no heading there`);
      }
    }
  }
  return dead;
}
