import { createSecretKey, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SignJWT } from 'jose';
import * as v from 'valibot';
import { LoadError } from './load-error.ts';
import { httpOrigin } from './target.ts';

/** What one client of the load signs in with. */
export type LoadUser =
  | { readonly name: string; readonly loginToken: string }
  | { readonly name: string; readonly password: string };

/** Where the users come from: exactly one of these. */
export interface UserSource {
  /** File with one user a line, `name password`. */
  readonly usersFile?: string;
  /** File with the HS256 secret that the gateway has in `auth.jwt.secrets`. */
  readonly jwtSecretFile?: string;
  /** Ask a gateway in demo mode. */
  readonly demo?: boolean;
}

const TOKEN_SECONDS = 2 * 3600;

/** @throws {LoadError} when there are fewer users than asked for, or the source cannot be read */
export async function loadUsers(
  target: URL,
  source: UserSource,
  count: number,
  prefix: string,
): Promise<LoadUser[]> {
  const { usersFile, jwtSecretFile, demo } = source;
  if ([usersFile, jwtSecretFile, demo].filter((given) => given !== undefined).length !== 1) {
    throw new LoadError(
      'users',
      'Say who signs in: one of --users, --jwt-secret-file and --demo (docs/load.md)',
    );
  }
  if (usersFile !== undefined) {
    return fromFile(usersFile, count);
  }
  if (jwtSecretFile !== undefined) {
    return minted(read(jwtSecretFile).trim(), count, prefix);
  }
  return fromDemo(target, count);
}

function fromFile(path: string, count: number): LoadUser[] {
  const lines = read(path)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (lines.length < count) {
    throw new LoadError('users', `${path} holds ${lines.length} users, ${count} are needed`);
  }
  return lines.slice(0, count).map((line, index) => {
    const [, name, password] = /^(\S+)\s+(\S.*)$/.exec(line.trim()) ?? [];
    if (name === undefined || password === undefined) {
      throw new LoadError('users', `Line ${index + 1} of ${path} is not "name password"`);
    }
    return { name, password };
  });
}

function minted(secret: string, count: number, prefix: string): Promise<LoadUser[]> {
  if (Buffer.byteLength(secret) < 32) {
    throw new LoadError('users', 'The JWT secret must be 32 bytes or more');
  }
  const key = createSecretKey(Buffer.from(secret));
  const now = Math.floor(Date.now() / 1000);
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const name = `${prefix}${index + 1}`;
      const loginToken = await new SignJWT({})
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setSubject(name)
        .setIssuedAt(now)
        .setExpirationTime(now + TOKEN_SECONDS)
        .setJti(randomUUID())
        .sign(key);
      return { name, loginToken };
    }),
  );
}

const DemoInfo = v.object({ users: v.nullable(v.array(v.string())) });
const DemoSession = v.object({ login_token: v.string() });

async function fromDemo(target: URL, count: number): Promise<LoadUser[]> {
  const origin = httpOrigin(target);
  const { users } = v.parse(DemoInfo, await ask(`${origin}/demo/info`, {}));
  if (users === null) {
    throw new LoadError('users', `${origin} is no demo gateway`);
  }
  if (users.length < count) {
    throw new LoadError(
      'users',
      `The demo has ${users.length} users, ${count} are needed; start it with --demo-users ${count}`,
    );
  }
  const found: LoadUser[] = [];
  for (const name of users.slice(0, count)) {
    const body = await ask(`${origin}/demo/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: JSON.stringify({ user: name }),
    });
    found.push({ name, loginToken: v.parse(DemoSession, body).login_token });
  }
  return found;
}

async function ask(url: string, init: RequestInit): Promise<unknown> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) }).catch(
    (cause: unknown) => {
      throw new LoadError('users', `The gateway does not answer at ${url}`, { cause });
    },
  );
  if (!response.ok) {
    throw new LoadError('users', `${url} answered ${response.status}: it is no demo gateway`);
  }
  return response.json();
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new LoadError('users', `${path} cannot be read`, { cause });
  }
}
