import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { at, root } from './paths.mjs';

describe('the examples', () => {
  it('have one look: a folder is copied alone, so each has the file, and all are the same', () => {
    const files = globSync('examples/*/{.,src,app}/style.css', { cwd: root });
    const looks = files
      .map((file) => readFileSync(at(file), 'utf8'))
      .filter((text) => text.startsWith('/* The same look in each example that is a phone. */'));
    expect(looks.length).toBeGreaterThan(1);
    expect(new Set(looks).size).toBe(1);
  });

  it('say the same thing in the same words: each has a file of them, and what two have is the same', () => {
    const files = globSync('examples/*/{.,src,phone}/words.{js,ts}', { cwd: root });
    expect(files.length).toBeGreaterThan(5);
    /** By what is said, as `USER_BUSY` or `case 'held'`: how, and by whom. */
    const said = new Map();
    for (const file of files) {
      const text = readFileSync(at(file), 'utf8');
      const pairs = [
        ...text.matchAll(/^ {2}(\w+): ('.*'),$/gm),
        ...text.matchAll(/^ {4}(case '\w+'):\n {6}return (.*);$/gm),
        ...text.matchAll(/^ {4}(default):\n {6}return (.*);$/gm),
        ...text.matchAll(/(TimeoutError)' \? ('.*?') :/g),
        ...text.matchAll(/(LOGIN_FAILED)\) \{\n {4}return ('.*');/g),
      ];
      expect(pairs.length, file).toBeGreaterThan(10);
      for (const [, what, how] of pairs) {
        // A call is `call` in one file and taken apart in another.
        const words = how.replaceAll('call.', '').replace(/^clock\(.*\)$/, 'clock()');
        const saying = said.get(what) ?? new Map();
        saying.set(words, [...(saying.get(words) ?? []), file]);
        said.set(what, saying);
      }
    }
    const differing = [...said].filter(([, saying]) => saying.size > 1);
    expect(differing.map(([what, saying]) => [what, Object.fromEntries(saying)])).toEqual([]);
  });
});
