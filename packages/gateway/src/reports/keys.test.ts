import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReportKeys, sessionHash } from './keys.ts';

const keys = new ReportKeys(randomBytes(32));
const NOW = 1_800_000_000_000;

describe('a report key', () => {
  it('says which session and user it was made for, and when', () => {
    const claims = keys.verify(keys.issue('session-1', 'änn@example', NOW));
    expect(claims).toEqual({
      session: sessionHash('session-1'),
      user: 'änn@example',
      issuedAt: NOW,
    });
  });

  it('holds no session id, by which a client could be taken over', () => {
    const id = randomBytes(16).toString('hex');
    const key = keys.issue(id, '1001', NOW);
    const readable = Buffer.from(key.split('.')[0] ?? '', 'base64url');
    expect(key).not.toContain(id);
    expect(readable.toString('latin1')).not.toContain(id);
    expect(readable.includes(Buffer.from(id, 'hex'))).toBe(false);
  });

  it('of another gateway is refused', () => {
    const other = new ReportKeys(randomBytes(32));
    expect(other.verify(keys.issue('session-1', '1001', NOW))).toBeNull();
  });

  it('with any character changed is refused', () => {
    const key = keys.issue('session-1', '1001', NOW);
    fc.assert(
      fc.property(fc.nat(key.length - 1), fc.constantFrom('A', 'z', '0', '.', '%'), (at, char) => {
        const changed = key.slice(0, at) + char + key.slice(at + 1);
        const claims = keys.verify(changed);
        // The last character of base64 may carry unused bits: then it is the same signature, and the same claims.
        return claims === null || claims.session === sessionHash('session-1');
      }),
    );
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => keys.verify(text) === null));
  });
});
