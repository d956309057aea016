import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deadLinks } from './links.mjs';
import { slug } from './markdown.mjs';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'offhook-links-'));
  mkdirSync(join(root, 'docs'));
  writeFileSync(join(root, 'docs/b.md'), '# B\n\n## One, two: `three`\n\n## Again\n\n## Again\n');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const dead = (text) => {
  writeFileSync(join(root, 'a.md'), text);
  return deadLinks(root, ['a.md']);
};

describe('links', () => {
  it.each([
    '[page](docs/b.md)',
    '[heading](docs/b.md#one-two-three)',
    '[the second of one name](docs/b.md#again-1)',
    '# Here\n\n[up](#here)',
    '[folder](docs)',
    '[elsewhere](https://example.com/x#y) <a href="docs/b.md">html</a>',
    '`[code](none.md)`\n\n```md\n[block](none.md)\n```',
    '![image in a link](docs/b.md) [![x](docs/b.md)](docs/b.md#b)',
  ])('%j leads somewhere', (text) => {
    expect(dead(text)).toEqual([]);
  });

  it.each([
    ['[page](docs/c.md)', 'is not there'],
    ['[heading](docs/b.md#four)', 'names no heading there'],
    ['[heading](#four)', 'names no heading there'],
    ['[out](../x.md)', 'is not there'],
    ['[absolute](/docs/b.md)', 'is not there'],
    ['[![x](docs/no.png)](docs/b.md)', 'is not there'],
    ['[scheme](javascript:x)', 'neither a path nor'],
    ['<img src="docs/no.png">', 'is not there'],
  ])('%j does not', (text, why) => {
    expect(dead(text)).toEqual([expect.stringContaining(why)]);
  });

  it('headings get the ids that code hosts give them', () => {
    expect(slug('`offhook load`: how much?')).toBe('offhook-load-how-much');
    expect(slug('ICE-TCP (RFC 6544)')).toBe('ice-tcp-rfc-6544');
    expect(slug('A → B')).toBe('a--b');
  });
});
