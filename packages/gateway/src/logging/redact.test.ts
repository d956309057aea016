import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';
import { REDACTED, redact } from './redact.ts';

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMDAxIn0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg';

function capture(level = 'trace') {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  return { logger: createLogger(level, sink), lines };
}

describe('redaction', () => {
  it('replaces secrets by key, at any depth and in any case', () => {
    const value = {
      user: '1001',
      params: {
        Passwd: 'p1',
        login_token: 't1',
        dialogParams: { sdp: 'v=0' },
        list: [{ credential: 'c1' }],
      },
    };
    expect(redact(value)).toEqual({
      user: '1001',
      params: {
        Passwd: REDACTED,
        login_token: REDACTED,
        dialogParams: REDACTED,
        list: [{ credential: REDACTED }],
      },
    });
  });

  it('finds a JWT inside a text', () => {
    expect(redact(`refused ${JWT} from there`)).toBe(`refused ${REDACTED} from there`);
  });

  it('survives cycles and depth', () => {
    const value: Record<string, unknown> = { name: 'x' };
    value['self'] = value;
    expect(JSON.stringify(redact(value))).toContain('[deep]');
  });

  it('keeps of an error only what an error is', () => {
    const error = Object.assign(new Error(`bad ${JWT}`), {
      code: 'E_BAD',
      config: { passwd: 'p1' },
    });
    const described = JSON.stringify(redact({ error }));
    expect(described).toContain('E_BAD');
    expect(described).not.toContain('p1');
    expect(described).not.toContain(JWT);
  });
});

describe('the logger', () => {
  it('lets no secret through: not in fields, bindings, errors or messages', () => {
    const { logger, lines } = capture();
    logger
      .child({ token: 'canary-1', session: 's1' })
      .info({ password: 'canary-2' }, `with ${JWT}`);
    logger.error(
      { error: new Error(`with ${JWT}`), params: { dialogParams: { x: 'canary-3' } } },
      'Failed',
    );
    logger.warn(new Error(`alone ${JWT}`));
    const text = lines.join('');
    expect(text).not.toMatch(/canary/);
    expect(text).not.toContain(JWT);
    expect(text).toContain('"session":"s1"');
    expect(lines).toHaveLength(3);
  });

  it('writes one JSON object a line, with level and time', () => {
    const { logger, lines } = capture();
    logger.info({ user: '1001' }, 'Signed in');
    const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    expect(line).toMatchObject({ level: 'info', user: '1001', message: 'Signed in' });
    expect(Date.parse(String(line['time']))).not.toBeNaN();
  });
});
