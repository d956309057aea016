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
});
