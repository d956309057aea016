import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../http/testing/certificate.ts';
import { openPool } from './database.ts';
import type { PostgresSettings } from './database.ts';
import { Cluster } from './testing/cluster.ts';

let cluster: Cluster;
let port: number;
let ca: string;

beforeAll(async () => {
  cluster = await Cluster.start();
  const files = await makeCertificate('localhost');
  port = await cluster.listen(files);
  ca = join(cluster.folder, 'ca.pem');
  writeFileSync(ca, files.cert);
}, 120_000);
afterAll(() => cluster.stop());

/** Whether the server says that the connection is encrypted. */
async function isEncrypted(settings: Omit<PostgresSettings, 'pool'>): Promise<boolean> {
  const pool = openPool({ ...settings, pool: 1 });
  try {
    const { rows } = await pool.query<{ ssl: boolean }>(
      'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    );
    return rows[0]?.ssl === true;
  } finally {
    await pool.end();
  }
}

describe('TLS with PostgreSQL', () => {
  const urlOf = (host: string): string => `postgres://offhook@${host}:${String(port)}/postgres`;

  it('is spoken where the certificate is of a known CA and for that host', async () => {
    expect(await isEncrypted({ url: urlOf('localhost'), tls: true, ca })).toBe(true);
    expect(await isEncrypted({ url: urlOf('localhost') })).toBe(false);
  });

  it('is refused where anybody could have made the certificate', async () => {
    await expect(isEncrypted({ url: urlOf('localhost'), tls: true })).rejects.toThrow(
      /self-signed/,
    );
  });

  it('is refused where the certificate is for another host', async () => {
    await expect(isEncrypted({ url: urlOf('127.0.0.1'), tls: true, ca })).rejects.toThrow(
      /does not match/,
    );
  });

  it('says which file of the CA cannot be read', () => {
    const settings = { url: urlOf('localhost'), tls: true, ca: '/nowhere/ca.pem', pool: 1 };
    expect(() => openPool(settings)).toThrow(/database.ca cannot be read/);
  });
});
