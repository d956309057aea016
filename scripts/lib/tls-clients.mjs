import { ensureDebian } from './debian.mjs';

/** DTLS of other people's, which ours is tested against. Only root can install it; elsewhere these tests are left out. */
export async function ensureTlsClients() {
  if (process.getuid?.() !== 0) {
    return;
  }
  await ensureDebian('openssl', '/usr/bin/openssl');
  await ensureDebian('gnutls-bin', '/usr/bin/gnutls-cli');
}
