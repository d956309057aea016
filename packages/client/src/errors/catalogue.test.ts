import { describe, expect, it } from 'vitest';
import { createWarning, SDK_ERRORS, SDK_WARNINGS } from './catalogue.ts';
import { TELNYX_ERROR_CODES, TELNYX_WARNING_CODES } from './codes.ts';
import { createError, TelnyxError } from './telnyx-error.ts';
import { DOCS } from './docs.ts';
import {
  AUTOPLAY_REFUSED,
  EXTRA_NOT_LOADED,
  ONE_WAY_AUDIO,
  OTHER_DEVICE,
  leftOutWarning,
  processorFailed,
} from './own-warnings.ts';

describe('the catalogue', () => {
  it('holds 24 errors and 26 warnings, each with its name, causes and solutions', () => {
    expect(Object.keys(SDK_ERRORS)).toHaveLength(24);
    expect(Object.keys(SDK_WARNINGS)).toHaveLength(26);
    for (const [name, code] of Object.entries(TELNYX_ERROR_CODES)) {
      expect(SDK_ERRORS[code]).toMatchObject({ name, fatal: expect.any(Boolean) as boolean });
    }
    for (const [name, code] of Object.entries(TELNYX_WARNING_CODES)) {
      expect(SDK_WARNINGS[code].name).toBe(name);
      expect(SDK_WARNINGS[code]).not.toHaveProperty('fatal');
    }
    for (const entry of [...Object.values(SDK_ERRORS), ...Object.values(SDK_WARNINGS)]) {
      const texts = [entry.message, entry.description, ...entry.causes, ...entry.solutions];
      expect(entry.causes).toHaveLength(1);
      expect(entry.solutions).toHaveLength(1);
      for (const text of texts) {
        expect(text).toMatch(/^\S.{3,}\S$/);
      }
    }
  });

  it('reads well in a toast: a title, a sentence why, a sentence what to do, none of them twice', () => {
    for (const entry of [...Object.values(SDK_ERRORS), ...Object.values(SDK_WARNINGS)]) {
      const { message, description, causes, solutions } = entry;
      expect(message).toMatch(/^[A-Z].*[^.]$/);
      for (const sentence of [description, ...solutions]) {
        expect(sentence).toMatch(/^([A-Z]|answer\(\)|originalError).*\.$/);
      }
      expect(causes[0]).toMatch(/[^.]$/);
      const words = [message, description, ...causes, ...solutions].map((text) =>
        text.toLowerCase().replace(/\.$/, ''),
      );
      for (const [index, text] of words.entries()) {
        expect(words.filter((other, at) => at !== index && other.includes(text))).toEqual([]);
      }
    }
  });

  it('calls fatal what does not go on by itself', () => {
    const mild = Object.entries(SDK_ERRORS).filter(([, { fatal }]) => !fatal);
    expect(mild.map(([code]) => Number(code))).toEqual([
      44001, 44003, 44004, 45002, 45004, 46003, 47001, 48001,
    ]);
  });

  it('gives each receiver lists of its own', () => {
    createWarning(31001).causes.push('x');
    createError(40001).solutions.push('x');
    expect(createWarning(31001).causes).toHaveLength(1);
    expect(createError(40001).solutions).toHaveLength(1);
  });
});

describe('docs', () => {
  const page = (code: number) => `${DOCS}errors/${code}.html`;

  it('leads from each error and each warning to its page', () => {
    expect(DOCS).toMatch(/^https:\/\/.+\/$/);
    for (const code of Object.values(TELNYX_ERROR_CODES)) {
      expect(createError(code).docs).toBe(page(code));
    }
    for (const code of Object.values(TELNYX_WARNING_CODES)) {
      expect(createWarning(code).docs).toBe(page(code));
    }
    const own = [AUTOPLAY_REFUSED, processorFailed('inbound'), ONE_WAY_AUDIO];
    for (const warning of [...own, OTHER_DEVICE, leftOutWarning(['x']), EXTRA_NOT_LOADED]) {
      expect(warning.docs).toBe(page(warning.code));
    }
  });
});

describe('TelnyxError', () => {
  it('is an Error named by its code, with nine keys in JSON', () => {
    const error = createError(46001, new Error('Login Incorrect'));
    expect(error).toBeInstanceOf(TelnyxError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('LOGIN_FAILED');
    expect(Object.keys(error.toJSON())).toEqual([
      'code',
      'name',
      'message',
      'description',
      'causes',
      'solutions',
      'docs',
      'originalError',
      'fatal',
    ]);
  });

  it('keeps the words of what was no Error', () => {
    const original = (value: unknown): string =>
      (createError(49001, value).originalError as Error).message;
    expect(original({ code: -1, message: 'from the gateway' })).toBe('from the gateway');
    expect(original('text')).toBe('text');
    expect(original(null)).toBe('null');
  });

  it('takes another text and another severity', () => {
    const error = createError(42001, undefined, { message: 'mine', fatal: false });
    expect([error.message, error.fatal, error.originalError]).toEqual(['mine', false, undefined]);
  });
});
