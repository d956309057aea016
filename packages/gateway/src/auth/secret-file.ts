import { randomBytes, randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of a secret of the gateway's own making. */
export const SECRET_BYTES = 32;

/**
 * Reads a secret of the data folder; the first caller makes it, also when several start at once. It never leaves the folder.
 * @throws Error when the file holds no secret, or others may read it
 */
export function loadSecret(dataDir: string, name: string): Buffer {
  const path = join(dataDir, name);
  for (;;) {
    try {
      const secret = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64url');
      if (secret.length < SECRET_BYTES) {
        throw new Error(`${path} does not hold a secret; delete it to have a new one made`);
      }
      if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
        throw new Error(`${path} can be read by others; run: chmod 600 ${path}`);
      }
      return secret;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        throw error;
      }
    }
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const draft = join(dataDir, `.${name}.${randomUUID()}`);
    const text = `${randomBytes(SECRET_BYTES).toString('base64url')}\n`;
    writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
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
