import { describe, expect, it } from 'vitest';
import { stickyNode, stickySigner } from './sticky.ts';

const SECRET = 'a secret of the edge and its gateways';

describe('voice_sdk_id', () => {
  it('names the gateway that issued it and is new each time', () => {
    const signer = stickySigner('eu-1', SECRET);
    const token = signer.issue();
    expect(stickyNode(token, SECRET)).toBe('eu-1');
    expect(signer.issue()).not.toBe(token);
    expect(token).toMatch(/^[\w.-]+$/);
  });

  it.each([
    ['another secret', (token: string) => [token, 'another secret of 32 characters..']],
    ['another name', (token: string) => [token.replace(/^[^.]+/, 'dXMtMQ'), SECRET]],
    ['no signature', (token: string) => [token.slice(0, token.lastIndexOf('.')), SECRET]],
    ['a cut signature', (token: string) => [token.slice(0, -3), SECRET]],
    ['more parts', (token: string) => [`x.${token}`, SECRET]],
    ['nothing', () => ['', SECRET]],
    ['a very long text', () => ['a.'.repeat(100_000), SECRET]],
  ])('is refused with %s', (_name, forge) => {
    const [token = '', secret = ''] = forge(stickySigner('eu-1', SECRET).issue());
    expect(stickyNode(token, secret)).toBeNull();
  });
});
