import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { configFrom } from '../config.ts';
import { hasOpenssl, makeIdentity } from '../sip/testing/identity.ts';
import { StreamPeer } from '../sip/testing/stream-peer.ts';
import { checkTrunks } from './trunks.ts';

it.runIf(hasOpenssl)(
  'a trunk whose certificate is of an authority that nobody knows is named, and what to do about it',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'offhook-ca-'));
    const peer = await StreamPeer.open('tls', makeIdentity('IP:127.0.0.1'));
    onTestFinished(() => {
      peer.close();
      rmSync(folder, { recursive: true });
    });
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, makeIdentity('IP:127.0.0.1').cert);
    const trunk = { name: 'net', servers: [peer.place], transport: 'tls', ca };
    const sip = { bind: '127.0.0.1', trunks: [trunk] };
    const [finding] = await checkTrunks(configFrom({ sip }));
    expect(finding).toMatchObject({ level: 'FAIL' });
    const text = JSON.stringify(finding);
    expect(text).toContain(`the certificate of 127.0.0.1 is not signed by an authority of ${ca}`);
    expect(text).toContain('needs the certificate of the authority');
  },
);
