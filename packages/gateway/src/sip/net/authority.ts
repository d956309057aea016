import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** What OpenSSL says of a certificate that nobody whom we trust has signed. */
const UNTRUSTED: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
]);

/** Certificates of authorities, PEM. @throws Error that names the file, when there are none in it */
export function readAuthorities(path: string): string {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`ca: ${path} cannot be read (${codeOf(error) ?? String(error)})`, {
      cause: error,
    });
  }
  const all = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const each of all) {
      new X509Certificate(each);
    }
  } catch (error) {
    throw new Error(`ca: ${path} holds a certificate that cannot be read`, { cause: error });
  }
  if (all.length === 0) {
    throw new Error(`ca: ${path} holds no certificate`);
  }
  return pem;
}

/** Says whose certificate is not trusted, and by which authorities; any other error stays as it is. */
export function namingAuthority(error: unknown, name: string, ca: string | undefined): unknown {
  const code = codeOf(error);
  if (code === undefined || !UNTRUSTED.has(code)) {
    return error;
  }
  const of = ca === undefined ? 'an authority that this system knows' : `an authority of ${ca}`;
  return new Error(`the certificate of ${name} is not signed by ${of}`, { cause: error });
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}
