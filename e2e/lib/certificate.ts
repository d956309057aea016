import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
  remove(): void;
}

/** A certificate of a server's own, and its key, as files. */
export function makeCertificate(name: string): CertificateFiles {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-e2e-tls-'));
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const out = ['-subj', `/CN=${name}`, '-keyout', files.key, '-out', files.cert];
  execFileSync('openssl', ['req', '-x509', ...curve, ...out], { stdio: 'ignore' });
  return {
    ...files,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
