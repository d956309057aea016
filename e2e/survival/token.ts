import { createHmac, randomBytes } from 'node:crypto';

/** Signs login tokens as an operator's own issuer does: a JWT (RFC 7519) of a secret that the gateway was given. */
export class Issuer {
  readonly secret = randomBytes(32).toString('hex');

  /** @param seconds how long it is valid */
  token(user: string, seconds = 3600): string {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1000);
    const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: user, iat: now, exp: now + seconds })}`;
    return `${body}.${createHmac('sha256', this.secret).update(body).digest('base64url')}`;
  }
}
