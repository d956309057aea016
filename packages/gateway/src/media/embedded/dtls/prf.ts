import { createHmac } from 'node:crypto';

/** The pseudo-random function of TLS 1.2 with SHA-256 (RFC 5246, 5). */
export function prf(secret: Buffer, label: string, seed: Buffer, length: number): Buffer {
  const full = Buffer.concat([Buffer.from(label, 'latin1'), seed]);
  const hmac = (data: Buffer): Buffer => createHmac('sha256', secret).update(data).digest();
  const blocks: Buffer[] = [];
  let chain: Buffer = full;
  for (let made = 0; made < length; made += 32) {
    chain = hmac(chain);
    blocks.push(hmac(Buffer.concat([chain, full])));
  }
  return Buffer.concat(blocks).subarray(0, length);
}
