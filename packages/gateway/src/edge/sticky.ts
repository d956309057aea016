import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * `voice_sdk_id`: the opaque token that a gateway hands to its clients and that they repeat when they come back. It names the
 * gateway (`node`) that issued it, signed, so that an edge can send a returning client to the machine that holds its session
 * and nobody can steer themselves elsewhere by making one up.
 *
 * Form: `<node>.<random>.<signature>`, each part base64url; the signature is HMAC-SHA256 over the first two, cut to 128 bits.
 */
export interface StickySigner {
  readonly issue: () => string;
}

const SIGNATURE_BYTES = 16;
const MAX_LENGTH = 256;

function sign(secret: string, text: string): Buffer {
  return createHmac('sha256', secret).update(text).digest().subarray(0, SIGNATURE_BYTES);
}

export function stickySigner(node: string, secret: string): StickySigner {
  const name = Buffer.from(node).toString('base64url');
  return {
    issue: () => {
      const body = `${name}.${randomBytes(9).toString('base64url')}`;
      return `${body}.${sign(secret, body).toString('base64url')}`;
    },
  };
}

/** The node that issued the token; null when it is none of ours. */
export function stickyNode(token: string, secret: string): string | null {
  if (token.length > MAX_LENGTH) {
    return null;
  }
  const at = token.lastIndexOf('.');
  const body = token.slice(0, Math.max(at, 0));
  const [name, random, ...rest] = body.split('.');
  if (name === undefined || random === undefined || rest.length > 0) {
    return null;
  }
  const given = Buffer.from(token.slice(at + 1), 'base64url');
  const wanted = sign(secret, body);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    return null;
  }
  return Buffer.from(name, 'base64url').toString();
}
