import { describe, expect, it } from 'vitest';
import { defaultIceServers, loginKind, merge } from './options.ts';

describe('merge', () => {
  it('takes from left to right, and an undefined never overrides', () => {
    expect(merge({ a: 1, b: 2 }, { a: undefined, b: 3 }, { c: null })).toEqual({
      a: 1,
      b: 3,
      c: null,
    });
  });
});

describe('loginKind', () => {
  it.each([
    [{}, null],
    [{ login: 'u' }, null],
    [{ login: 'u', password: '' }, null],
    [{ password: 'p' }, null],
    [{ login: 'u', password: 'p' }, 'password'],
    [{ login: 'u', passwd: 'p' }, 'password'],
    [{ login_token: 't' }, 'token'],
    [{ login_token: () => 't' }, 'token'],
    [{ login: 'u', password: 'p', login_token: 't' }, 'password'],
    [{ anonymous_login: { target_id: 'i', target_type: 't' } }, 'anonymous'],
    [{ anonymous_login: { target_id: '', target_type: 't' } }, null],
    [{ login_token: 't', anonymous_login: { target_id: 'i', target_type: 't' } }, 'token'],
  ])('%j signs in by %s', (options, kind) => {
    expect(loginKind(options)).toBe(kind);
  });
});

describe('the default ICE servers', () => {
  it('are six in production and five in development, each a copy', () => {
    expect(defaultIceServers('production').map(({ urls }) => urls)).toEqual([
      'stun:stun.telnyx.com:3478',
      'stun:stun.l.google.com:19302',
      'turn:turn.telnyx.com:3478?transport=udp',
      'turn:turn.telnyx.com:3478?transport=tcp',
      'turns:turn.telnyx.com:443',
      'turns:turn2.telnyx.com:443',
    ]);
    expect(defaultIceServers('development').map(({ urls }) => urls)).toEqual([
      'stun:stundev.telnyx.com:3478',
      'stun:stun.l.google.com:19302',
      'turn:turndev.telnyx.com:3478?transport=udp',
      'turn:turndev.telnyx.com:3478?transport=tcp',
      'turns:turndev.telnyx.com:443',
    ]);
  });
});
