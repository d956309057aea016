import { createHmac } from 'node:crypto';

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * A login token: a JWT (RFC 7519) with HS256. The gateway has to know the same secret, and asks nothing else about the user.
 * @param {string} user whom the gateway signs in by it
 * @param {string} secret at least 32 bytes
 * @param {number} seconds for so long it can be used. The page fetches the next one before, and calls go on meanwhile.
 */
export function tokenFor(user, secret, seconds = 300) {
  const now = Math.floor(Date.now() / 1000);
  const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub: user, iat: now, exp: now + seconds })}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
