import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Identity } from './stream-peer.ts';

const OPENSSL = '/usr/bin/openssl';
/** `npm test` installs it where it may; elsewhere there are no certificates, and what needs none is tested. */
export const hasOpenssl = existsSync(OPENSSL);

/** A certificate of its own for the loopback. */
export function makeIdentity(name: string): Identity {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-tls-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  execFileSync(
    OPENSSL,
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-subj', '/CN=test', '-addext', `subjectAltName=${name}`, '-days', '2'],
      ...['-keyout', key, '-out', cert],
    ],
    { stdio: 'ignore' },
  );
  const identity = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  rmSync(folder, { recursive: true });
  return identity;
}
