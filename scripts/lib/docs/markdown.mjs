/** What the site and its checks read out of a Markdown page: headings, links, blocks of code. */

/** The id that code hosts give a heading, and the site too. @param {string} text */
export const slug = (text) =>
  text
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-');

/** Text of a heading without its markup. @param {string} text */
const plain = (text) =>
  text
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/<[^>]+>/g, (tag, at) => (inCode(text, at) ? tag : ''))
    .replace(/[`*]/g, '');

/** @param {string} text @param {number} at */
const inCode = (text, at) => (text.slice(0, at).split('`').length - 1) % 2 === 1;

/**
 * @typedef {{ language: string, info: string, code: string, line: number, before: string }} Block
 *   `line`: of its first line of code; `before`: the comment that stands above it, if any
 * @typedef {{ target: string, line: number, image: boolean }} Link
 * @typedef {{ title: string, headings: { level: number, text: string, id: string }[], anchors: Set<string>, links: Link[], blocks: Block[] }} Page
 */

/** @param {string} source @returns {Page} */
export function readPage(source) {
  /** @type {Page} */
  const page = { title: '', headings: [], anchors: new Set(), links: [], blocks: [] };
  const lines = source.split('\n');
  const seen = new Map();
  let comment = '';
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    const fence = /^(\s*)(```+|~~~+)\s*(\S*)(.*)$/.exec(line);
    if (fence) {
      const [, indent, mark, language, info] = fence;
      const code = [];
      const first = at + 2;
      for (at += 1; at < lines.length && !lines[at].trim().startsWith(mark); at += 1) {
        code.push(lines[at].startsWith(indent) ? lines[at].slice(indent.length) : lines[at]);
      }
      page.blocks.push({
        language,
        info: info.trim(),
        code: code.join('\n'),
        line: first,
        before: comment,
      });
      comment = '';
      continue;
    }
    const said = /^\s*<!--\s*(.*?)\s*-->\s*$/.exec(line);
    if (said) {
      comment = said[1];
      continue;
    }
    if (line.trim() !== '') {
      comment = '';
    }
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    if (heading) {
      const text = plain(heading[2]);
      const base = slug(text);
      const count = seen.get(base) ?? 0;
      seen.set(base, count + 1);
      const id = count === 0 ? base : `${base}-${count}`;
      page.anchors.add(id);
      page.headings.push({ level: heading[1].length, text, id });
      page.title ||= text;
    }
    for (const { 1: id } of line.matchAll(/<a (?:id|name)="([^"]+)"/g)) {
      page.anchors.add(id);
    }
    for (const { index, 1: image, 2: target } of line.matchAll(
      /(!?)\[(?:[^\]\\]|\\.|\[[^\]]*\]\([^)]*\))*\]\(\s*<?([^)\s>]+)>?[^)]*\)/g,
    )) {
      if (!inCode(line, index)) {
        page.links.push({ target, line: at + 1, image: image === '!' });
      }
    }
    for (const { index, 1: target } of line.matchAll(/(?:href|src)="([^"]+)"/g)) {
      if (!inCode(line, index)) {
        page.links.push({ target, line: at + 1, image: false });
      }
    }
  }
  return page;
}
