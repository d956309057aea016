import { IDBFactory } from 'fake-indexeddb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { TelnyxRTC } from '../client.ts';
import '../media/device-list.ts';
import type { ClientOptions } from '../options.ts';
import { settle } from '../testing/fake-clock.ts';
import { FakeGateway } from '../testing/fake-gateway.ts';
import { FakePlatform } from '../testing/fake-platform.ts';
import { FakeWebRtc } from '../testing/fake-webrtc.ts';
import './debugging.ts';
import './extras.ts';
import './reporting.ts';

/*
 * Secrets are planted in every option that takes one and in every message that may carry one; then everything that leaves the page
 * or stays behind in it is searched for them.
 */

const SECRET = 'canary';
const ADDRESS = '203.0.113.77';
const ADDRESS6 = '2001:db8:77::1';

const sdp = [
  'v=0',
  `o=- 1 1 IN IP4 ${ADDRESS}`,
  's=-',
  't=0 0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  `c=IN IP6 ${ADDRESS6}`,
  'a=ice-ufrag:u',
  `a=ice-pwd:${SECRET}-ice-password`,
  `a=fingerprint:sha-256 ${SECRET}:AA`,
  `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${SECRET}-srtp`,
  `a=candidate:1 1 udp 2130706431 ${ADDRESS} 9 typ host`,
  '',
].join('\r\n');

const stats = [
  { id: 'T', type: 'transport', selectedCandidatePairId: 'P', dtlsState: 'connected' },
  {
    id: 'P',
    type: 'candidate-pair',
    localCandidateId: 'L',
    remoteCandidateId: 'R',
    state: 'succeeded',
  },
  {
    id: 'L',
    type: 'local-candidate',
    candidateType: 'host',
    address: ADDRESS,
    ip: ADDRESS,
    port: 7,
    url: `turn:${ADDRESS}`,
  },
  {
    id: 'R',
    type: 'remote-candidate',
    candidateType: 'host',
    address: ADDRESS6,
    relatedAddress: ADDRESS,
  },
  {
    id: 'C',
    type: 'certificate',
    fingerprint: `${SECRET}:BB`,
    base64Certificate: `${SECRET}-certificate`,
  },
  { id: 'I', type: 'inbound-rtp', kind: 'audio', packetsReceived: 50, bytesReceived: 5000 },
];

const logins: readonly [string, ClientOptions][] = [
  ['a password', { login: '1001', password: `${SECRET}-password` }],
  ['passwd', { login: '1001', passwd: `${SECRET}-passwd` }],
  ['a token', { login_token: `${SECRET}-token-that-is-no-jwt` }],
  [
    'a token from a function',
    { login_token: () => `${SECRET}xxxxxxx.payload-payload.${SECRET}signature` },
  ],
  [
    'an anonymous target',
    {
      anonymous_login: {
        target_type: 'ai_assistant',
        target_id: 'a',
        target_params: { api_key: `${SECRET}-key`, nested: { secret: `${SECRET}-nested` } },
      },
    },
  ],
];

afterEach(() => vi.restoreAllMocks());

async function secretsOf(options: ClientOptions): Promise<Record<string, string>> {
  const files: Blob[] = [];
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
    files.push(blob as Blob);
    return 'blob:x';
  });
  const webrtc = new FakeWebRtc();
  const indexedDB = new IDBFactory();
  const platform = Object.assign(new FakePlatform({ webrtc }), { indexedDB });
  const gateway = new FakeGateway(platform);
  const turn = { urls: 'turn:t.test', username: 'u', credential: `${SECRET}-turn` };
  gateway.loginExtras = { ice_servers: [{ ...turn, credential: `${SECRET}-gateway-turn` }] };
  const client = new TelnyxRTC(
    {
      host: 'ws://gw.test',
      iceServers: [turn],
      debug: true,
      project: 'p',
      token: `${SECRET}-other`,
      ...options,
    },
    platform,
  );
  await client.connect({});
  const given = {
    destinationNumber: '1002',
    iceServers: [{ ...turn, credential: `${SECRET}-call` }],
  };
  const call = client.newCall(given);
  await vi.dynamicImportSettled();
  await platform.clock.advance(10);
  webrtc.peer.stats = new Map(stats.map((entry) => [entry.id, entry]));
  gateway.send(platform.socket, 'answer', { callID: call.id, sdp });
  await platform.clock.advance(3_000);
  webrtc.peer.connection('connected');
  // Signs in again on the live socket: the frame with the credentials is part of the call's signalling.
  await client.login({});
  webrtc.peer.connection('disconnected');
  client.__logger.debug(
    'frame',
    { params: { passwd: `${SECRET}-logged` } },
    `{"password":"${SECRET}-text"}`,
  );
  client.__logger.warn(new Error(`refused ${options.password ?? ''}`), sdp);
  const file = client.newCall({ ...given, debugOutput: 'file' });
  await platform.clock.advance(10);
  gateway.send(platform.socket, 'answer', { callID: file.id, sdp });
  await platform.clock.advance(2_000);
  platform.reachable = false;
  await Promise.all([call.hangup(), file.hangup()]);
  await platform.clock.advance(4_000);
  for (let turns = 0; turns < 20; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  const kept = await database(indexedDB);
  expect(kept).toContain('call_report');
  platform.reachable = true;
  platform.socket.lose(1006);
  await platform.clock.advance(2_000);
  await settle();
  const debug = platform.sockets
    .flatMap(({ sent }) => sent)
    .filter(({ type }) => String(type).startsWith('debug_report'));
  expect(debug.length).toBeGreaterThan(5);
  expect(files).toHaveLength(1);
  const text = await files[0]?.text();
  // The file holds all that issue 5 asks of it.
  for (const part of ['"stats"', '"signaling"', '"onicegatheringstatechange"', '"log"']) {
    expect(text).toContain(part);
  }
  expect(JSON.stringify(debug)).toMatch(/"method":"(anonymous_)?login"/);
  await client.disconnect();
  return {
    uploads: JSON.stringify(platform.posted),
    console: platform.logged.filter((line) => !/-logged|-text|refused|v=0/.test(line)).join('\n'),
    debug: JSON.stringify(debug),
    file: text ?? '',
    indexedDB: kept,
    sessionStorage: JSON.stringify(
      Array.from({ length: platform.storage.length }, (_, n) => {
        const key = platform.storage.key(n) ?? '';
        return [key, platform.storage.getItem(key)];
      }),
    ),
  };
}

async function database(factory: IDBFactory): Promise<string> {
  const open = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = factory.open('offhook-uploads');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('none'));
  });
  return new Promise((resolve) => {
    const request = open.transaction('parcels').objectStore('parcels').getAll();
    request.onsuccess = () => {
      open.close();
      resolve(JSON.stringify(request.result));
    };
  });
}

describe.each(logins)('with %s', (_, options) => {
  it('no upload, log, file or storage holds a secret or an address', async () => {
    for (const [where, text] of Object.entries(await secretsOf(options))) {
      const at = text.indexOf(SECRET);
      expect(at < 0 ? '' : text.slice(Math.max(0, at - 80), at + 40), where).toBe('');
      if (where === 'console') {
        continue;
      }
      for (const address of [ADDRESS, ADDRESS6]) {
        expect(text, where).not.toContain(address);
      }
    }
  });
});

it('addresses are there where the application allows them, and secrets all the same are not', async () => {
  const all = await secretsOf({
    login: '1001',
    password: `${SECRET}-password`,
    callReportDetail: { addresses: true },
  });
  for (const where of ['uploads', 'debug', 'file'] as const) {
    expect(all[where], where).toContain(ADDRESS);
    expect(all[where], where).not.toContain(SECRET);
  }
});
