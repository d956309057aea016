import { describe, expect, it } from 'vitest';
import { redact, redactText, stringify } from './redact.ts';

const hidden = (text: string): string => redactText(text, false);

describe('redacted text', () => {
  it.each([
    ['an IPv4 address', 'from 192.0.2.7:4000', 'from [address]:4000'],
    ['an IPv6 address', 'to [2001:db8::7]:9', 'to [[address]]:9'],
    ['a short IPv6 address', 'fd00::2 is here', '[address] is here'],
    ['a whole IPv6 address', '1:2:3:4:5:6:7:8', '[address]'],
    ['the loopback', 'on ::1', 'on [address]'],
    [
      'a candidate',
      'candidate:1 1 udp 21 fe80::1 9 typ host',
      'candidate:1 1 udp 21 [address] 9 typ host',
    ],
  ])('has %s hidden', (_, text, clean) => {
    expect(hidden(text)).toBe(clean);
  });

  it.each(['2026-11-22T10:00:00.000Z', 'at 10:00:00', 'std::map', 'Call a: new → active'])(
    'leaves %s alone',
    (text) => {
      expect(hidden(text)).toBe(text);
    },
  );

  it('keeps addresses where they are allowed, and never keys', () => {
    const sdp = 'c=IN IP4 192.0.2.7\r\na=ice-pwd:hush\r\na=fingerprint:sha-256 AA:BB\r\n';
    expect(redactText(sdp, true)).toBe(
      'c=IN IP4 192.0.2.7\r\na=ice-pwd:[redacted]\r\na=fingerprint:[redacted]\r\n',
    );
  });

  it('hides secret members of JSON in a text, and tokens', () => {
    expect(hidden('{"login":"a","passwd" : "h\\"ush","n":1}')).toBe(
      '{"login":"a","passwd" : "[redacted]","n":1}',
    );
    expect(hidden('bearer abcdefghijk.abcdefghijk.abcdefghijk')).toBe('bearer [redacted]');
  });
});

describe('a redacted value', () => {
  it('has neither secrets nor what JSON cannot hold', () => {
    const given = {
      password: 'x',
      loginToken: 'x',
      nested: { credential: 'x', fingerprint: 'x', kept: 1n },
      call: () => 1,
      error: new Error('at 192.0.2.7'),
    };
    expect(redact(given, { addresses: false })).toEqual({
      nested: { kept: '1' },
      call: undefined,
      error: { name: 'Error', message: 'at [address]' },
    });
  });

  it('is bounded in depth and width', () => {
    const deep = { a: { b: { c: { d: { e: 1 } } } } };
    expect(redact(deep, { addresses: true })).toEqual({ a: { b: { c: { d: '[truncated]' } } } });
    expect(redact([1, 2, 3], { addresses: true, width: 2 })).toEqual([1, 2]);
  });
});

describe('JSON at the last door', () => {
  it('holds none of the known secrets, also inside longer texts, and stays JSON', () => {
    const text = stringify({ a: 'my "hush-hush" word', hush: 1, n: 'ab' }, [
      '"hush-hush"',
      undefined,
      'ab',
    ]);
    expect(JSON.parse(text)).toEqual({ a: 'my [redacted] word', hush: 1, n: 'ab' });
  });
});
