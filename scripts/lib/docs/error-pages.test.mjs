import { describe, expect, it } from 'vitest';
import { TELNYX_ERROR_CODES, TELNYX_WARNING_CODES } from '@offhook/client';
import { notes } from '../../../site/errors.mjs';
import { errorPages, pageOf } from './error-pages.mjs';
import { readPage } from './markdown.mjs';

/** Those of our own have no table of codes; their type is `OwnWarningCode`. */
const OWN = [37001, 37002, 37003, 37004, 37005, 37006];
const codes = [
  ...Object.values(TELNYX_ERROR_CODES),
  ...Object.values(TELNYX_WARNING_CODES),
  ...OWN,
];

describe('pages on errors and warnings', () => {
  const pages = errorPages();

  it.each(codes)('%i has all three parts, where its docs lead', (code) => {
    const text = pages.get(pageOf(code));
    expect(text).toBeDefined();
    const parts = text.split(/^## /m);
    for (const title of ['What it means', 'What the user notices', 'What to do']) {
      const [part] = parts.filter((one) => one.startsWith(`${title}\n`));
      expect(part?.slice(title.length).trim().length, title).toBeGreaterThan(15);
    }
  });

  it('are one for each code, and an index of them', () => {
    expect([...pages.keys()].sort()).toEqual(
      [...codes.map((code) => `errors/${code}.md`), 'errors/index.md'].sort(),
    );
    expect(Object.keys(notes).map(Number).sort()).toEqual([...codes].sort());
    const linked = readPage(pages.get('errors/index.md')).links.map(({ target }) => target);
    expect(linked).toEqual(expect.arrayContaining(codes.map((code) => `${code}.md`)));
  });
});
