import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

describe('What a call needs to live', () => {
  it.each(['calls', 'media'])(
    '%s: is loaded with the client, nothing of it by import()',
    (room) => {
      const folder = new URL(`../${room}/`, import.meta.url);
      const loads = readdirSync(folder)
        .filter((name) => !name.endsWith('.test.ts'))
        .filter((name) => /\bimport\(/.test(readFileSync(new URL(name, folder), 'utf8')));
      expect(loads).toEqual([]);
    },
  );
});
