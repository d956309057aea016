import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';

/** `$scrypt$ln=15,r=8,p=1$salt$hash`, salt and hash in base64 without padding. */
const FORMAT =
  /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{16,88})\$([A-Za-z0-9+/]{32,128})$/;

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

const MIN_LENGTH = 8;
const MAX_BYTES = 512;

/** Why a password cannot be taken, or null. */
export function passwordProblem(password: string): string | null {
  if (password.length < MIN_LENGTH) {
    return `A password has ${String(MIN_LENGTH)} characters or more`;
  }
  return Buffer.byteLength(password) > MAX_BYTES
    ? `A password has ${String(MAX_BYTES)} bytes or less`
    : null;
}

/** 128 random bits, in characters that survive being read aloud and pasted. */
export function randomPassword(): string {
  return randomBytes(16).toString('base64url');
}

const SALT_BYTES = 16;
const HASH_BYTES = 32;

export interface PasswordCost {
  /** log2 of scrypt's N. 15 takes about 0.1 s and 32 MiB. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

export const DEFAULT_COST: PasswordCost = { ln: 15, r: 8, p: 1 };

/** For random 128-bit passwords that live for one run only: nobody can guess those, so stretching them is waste. */
export const RANDOM_PASSWORD_COST: PasswordCost = { ln: 10, r: 8, p: 1 };

/** Runs on the thread pool, never on the thread that carries the calls. */
export async function hashPassword(
  password: string,
  cost: PasswordCost = DEFAULT_COST,
): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await stretch(password, salt, HASH_BYTES, cost);
  return `$scrypt$ln=${String(cost.ln)},r=${String(cost.r)},p=${String(cost.p)}$${plain(salt)}$${plain(hash)}`;
}

/** A hash in an unknown form verifies nothing, after the time of a real one. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const parts = FORMAT.exec(stored);
  if (parts === null) {
    await verifyNothing(password);
    return false;
  }
  const [, ln, r, p, salt = '', hash = ''] = parts;
  const expected = Buffer.from(hash, 'base64');
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) };
  const actual = await stretch(password, Buffer.from(salt, 'base64'), expected.length, cost);
  return timingSafeEqual(actual, expected);
}

/** Takes as long as a real check, so that an unknown user is not told apart by time. */
export async function verifyNothing(
  password: string,
  cost: PasswordCost = DEFAULT_COST,
): Promise<void> {
  await stretch(password, Buffer.alloc(SALT_BYTES), HASH_BYTES, cost);
}

function stretch(
  password: string,
  salt: Buffer,
  bytes: number,
  cost: PasswordCost,
): Promise<Buffer> {
  const N = 2 ** cost.ln;
  // NFC: the same letters typed on two systems give the same bytes.
  return derive(password.normalize('NFC'), salt, bytes, {
    N,
    r: cost.r,
    p: cost.p,
    maxmem: 256 * N * cost.r,
  });
}

function plain(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
