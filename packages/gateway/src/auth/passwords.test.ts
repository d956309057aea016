import { describe, expect, it } from 'vitest';
import { DEFAULT_COST, RANDOM_PASSWORD_COST, hashPassword, verifyPassword } from './passwords.ts';

const cheap = RANDOM_PASSWORD_COST;

describe('a password hash', () => {
  it('verifies its password and no other', async () => {
    const stored = await hashPassword('correct horse', cheap);
    expect(await verifyPassword('correct horse', stored)).toBe(true);
    expect(await verifyPassword('correct horse ', stored)).toBe(false);
    expect(await verifyPassword('', stored)).toBe(false);
  });

  it('differs for the same password, and holds neither it nor its length', async () => {
    const [a, b] = await Promise.all([hashPassword('same', cheap), hashPassword('same', cheap)]);
    expect(a).not.toBe(b);
    expect(a).not.toContain('same');
  });

  it('is scrypt with N of 2^15 unless told otherwise', async () => {
    expect(DEFAULT_COST).toEqual({ ln: 15, r: 8, p: 1 });
    expect(await hashPassword('x')).toMatch(/^\$scrypt\$ln=15,r=8,p=1\$/);
  });

  it('takes a letter typed in two ways as one', async () => {
    const stored = await hashPassword('caf\u00e9 noir', cheap);
    expect(await verifyPassword('cafe\u0301 noir', stored)).toBe(true);
  });

  it.each([
    '',
    'plain',
    '$scrypt$ln=15,r=8,p=1$',
    '$argon2id$v=19$x$y',
    '$scrypt$ln=99,r=8,p=1$AAAA$AAAA',
  ])('in an unknown form (%j) verifies nothing', async (stored) => {
    expect(await verifyPassword(stored, stored)).toBe(false);
  });

  it('does not block the thread while it is computed', async () => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 1);
    await hashPassword('x');
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(2);
  });
});
