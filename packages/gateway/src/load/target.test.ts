import { describe, expect, it } from 'vitest';
import { httpOrigin, parseTarget } from './target.ts';

describe('The gateway under load', () => {
  it.each([
    ['127.0.0.1:8080', 'ws://127.0.0.1:8080/'],
    ['ws://localhost:8080', 'ws://localhost:8080/'],
    ['http://[::1]:8080', 'ws://[::1]:8080/'],
    ['https://127.0.0.2', 'wss://127.0.0.2/'],
  ])('%s is %s', (given, url) => {
    expect(parseTarget(given, false).href).toBe(url);
  });

  it.each([
    'ws://phone.example.com',
    'ws://127.0.0.1.example.com',
    'ws://0.0.0.0',
    'ws://10.0.0.1',
  ])('%s is another machine: only when that is asked for', (given) => {
    expect(() => parseTarget(given, false)).toThrow('--allow-remote');
    expect(parseTarget(given, true).hostname).not.toBe('');
  });

  it.each(['', 'ftp://localhost', 'ws://', 'ws://ann:secret@localhost'])(
    '%o is refused',
    (given) => {
      expect(() => parseTarget(given, true)).toThrow(/Give the gateway|Credentials/);
    },
  );

  it('is asked over HTTP at the same place', () => {
    expect(httpOrigin(new URL('wss://phone.example.com:8443/path?x=1'))).toBe(
      'https://phone.example.com:8443',
    );
  });
});
