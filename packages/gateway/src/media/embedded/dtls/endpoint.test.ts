import { X509Certificate } from 'node:crypto';
import { DtlsClient, HashAlgorithm, SignatureAlgorithm } from 'werift';
import { describe, expect, it } from 'vitest';
import { SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80 } from '../rtp/srtp.ts';
import { createCertificate } from './certificate.ts';
import type { Certificate, Fingerprint } from './certificate.ts';
import { DtlsEndpoint } from './endpoint.ts';
import type { SrtpKeying } from './keys.ts';

const sha256 = ({ fingerprint }: Certificate): Fingerprint[] => [
  { algorithm: 'sha-256', value: fingerprint },
];

type Profile = typeof SRTP_AEAD_AES_128_GCM | typeof SRTP_AES128_CM_SHA1_80;

interface Options {
  /** What the client shows, and the key that it signs with. */
  readonly shown: Certificate;
  readonly key: Certificate;
  readonly announced: readonly Fingerprint[];
  readonly profiles?: readonly Profile[];
  /** Whether a datagram is lost. */
  readonly drop?: (data: Buffer) => boolean;
}

type Outcome = { connected: SrtpKeying } | { failed: string };

/** A client of another implementation against our endpoint, in memory. */
async function handshake({ shown, key, announced, profiles, drop = () => false }: Options) {
  const server = createCertificate();
  const transport = {
    type: 'test',
    address: { address: '', family: '', port: 0 },
    closed: false,
    onData: (_data: Buffer) => {},
    send: (data: Buffer) => {
      if (!drop(data)) {
        setImmediate(() => {
          endpoint.receive(data);
        });
      }
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const client = new DtlsClient({
    transport,
    cert: new X509Certificate(shown.der).toString(),
    key: key.key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    signatureHash: { signature: SignatureAlgorithm.ecdsa_3, hash: HashAlgorithm.sha256_4 },
    srtpProfiles: [...(profiles ?? [SRTP_AEAD_AES_128_GCM])],
    extendedMasterSecret: true,
  });
  const closed: string[] = [];
  let endpoint!: DtlsEndpoint;
  const outcome = new Promise<Outcome>((resolve) => {
    endpoint = new DtlsEndpoint(server, announced, {
      send: (data) => {
        if (!drop(data)) {
          setImmediate(() => {
            transport.onData(data);
          });
        }
      },
      connected: (connected) => {
        resolve({ connected });
      },
      closed: () => closed.push('closed'),
      failed: (failed) => {
        resolve({ failed });
      },
    });
  });
  client.connect().catch(() => {});
  return { outcome: await outcome, client, endpoint, closed };
}

describe('our end of DTLS', () => {
  it.each([
    ['AES-GCM', SRTP_AEAD_AES_128_GCM, 12],
    ['AES-CM', SRTP_AES128_CM_SHA1_80, 14],
  ] as const)('agrees on keys for %s with another implementation', async (_n, profile, salt) => {
    const mine = createCertificate();
    const { outcome, client, endpoint } = await handshake({
      shown: mine,
      key: mine,
      announced: sha256(mine),
      profiles: [profile],
    });
    if (!('connected' in outcome)) {
      throw new Error(outcome.failed);
    }
    const keys = client.extractSessionKeys(16, salt);
    expect(outcome.connected.profile).toBe(profile);
    expect(outcome.connected.local).toEqual({ key: keys.remoteKey, salt: keys.remoteSalt });
    expect(outcome.connected.remote).toEqual({ key: keys.localKey, salt: keys.localSalt });
    endpoint.close();
  });

  it('refuses a certificate that the SDP did not announce', async () => {
    const [mine, other] = [createCertificate(), createCertificate()];
    const { outcome } = await handshake({ shown: mine, key: mine, announced: sha256(other) });
    expect(outcome).toEqual({ failed: expect.stringContaining('not the one') as string });
  });

  it('refuses the right certificate without its key', async () => {
    const [victim, thief] = [createCertificate(), createCertificate()];
    const { outcome } = await handshake({ shown: victim, key: thief, announced: sha256(victim) });
    expect(outcome).toEqual({ failed: expect.stringContaining('does not hold the key') as string });
  });

  it('is not disturbed by a forged end or a forged new beginning', async () => {
    const mine = createCertificate();
    const { outcome, endpoint, closed } = await handshake({
      shown: mine,
      key: mine,
      announced: sha256(mine),
    });
    expect(outcome).toHaveProperty('connected');
    // close_notify and a ClientHello, both in the clear.
    endpoint.receive(Buffer.from('15fefd000000000000000900020100', 'hex'));
    endpoint.receive(Buffer.from('16fefd0000000000000009000d0100000100000000000000010a', 'hex'));
    expect(closed).toEqual([]);
    endpoint.close();
  });

  it('comes through when any one of the handshake’s datagrams is lost', async () => {
    const mine = createCertificate();
    for (let lost = 0; lost < 8; lost += 1) {
      let count = -1;
      const { outcome, endpoint } = await handshake({
        shown: mine,
        key: mine,
        announced: sha256(mine),
        drop: () => (count += 1) === lost,
      });
      expect(outcome, `datagram ${String(lost)}`).toHaveProperty('connected');
      endpoint.close();
    }
  }, 60_000);
});
