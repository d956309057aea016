import { createHash, createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import type { DiallingGrant } from '../calls/dialling-grant.ts';
import { DIALLING_CLAIM } from './dialling-claim.ts';

export const LOCAL_ISSUER = 'offhook';
/** The claim of a token that is good for as long only as its user has the password that he has now, see `standing.ts`. */
export const STANDING_CLAIM = 'offhook_standing';

/** The gateway's own signing key for login tokens. It never leaves the data folder. */
export interface LocalKey {
  /** Names the key in a token's header, so that a token of another gateway is told from a forged one. */
  readonly kid: string;
  readonly key: KeyObject;
}

function fromSecret(secret: Buffer): LocalKey {
  const digest = createHash('sha256').update('offhook kid').update(secret).digest('base64url');
  return { kid: `offhook-${digest.slice(0, 16)}`, key: createSecretKey(secret) };
}

export function randomLocalKey(): LocalKey {
  return fromSecret(randomBytes(32));
}

/** Reads the key of a data folder; the first caller makes it, also when several start at once. */
export function loadLocalKey(dataDir: string): LocalKey {
  const path = join(dataDir, 'token-secret');
  for (;;) {
    try {
      const secret = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64url');
      if (secret.length < 32) {
        throw new Error(`${path} does not hold a secret; delete it to have a new one made`);
      }
      if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
        throw new Error(`${path} can be read by others; run: chmod 600 ${path}`);
      }
      return fromSecret(secret);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        throw error;
      }
    }
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const draft = join(dataDir, `.token-secret.${randomUUID()}`);
    writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
    try {
      // A link appears whole or not at all, and fails when another process was first.
      linkSync(draft, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw error;
      }
    } finally {
      rmSync(draft, { force: true });
    }
  }
}

/** What a login token says besides who it is. */
export interface TokenClaims {
  /** Of calls outside. */
  readonly dialling?: DiallingGrant | undefined;
  /** See {@link STANDING_CLAIM}. */
  readonly standing?: string | undefined;
}

/** Mints a login token for a user of this gateway. */
export async function mintToken(
  local: LocalKey,
  user: string,
  ttlSeconds: number,
  now: number,
  { dialling, standing }: TokenClaims = {},
): Promise<string> {
  const issuedAt = Math.floor(now / 1000);
  return new SignJWT({
    ...(dialling === undefined ? {} : { [DIALLING_CLAIM]: dialling }),
    ...(standing === undefined ? {} : { [STANDING_CLAIM]: standing }),
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid: local.kid })
    .setIssuer(LOCAL_ISSUER)
    .setSubject(user)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + ttlSeconds)
    .setJti(randomUUID())
    .sign(local.key);
}
