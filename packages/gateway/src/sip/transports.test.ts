import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { answerNext, dial, hangup } from '../signaling/testing/fixture.ts';
import { parseVia } from './core/address.ts';
import { hasOpenssl, makeIdentity } from './testing/identity.ts';
import { SipSetting } from './testing/setting.ts';
import { phoneSdp, SipPeer } from './testing/sip-peer.ts';
import { StreamPeer, type Identity, type StreamTransport } from './testing/stream-peer.ts';

const transports = (['tcp', 'ws', 'tls', 'wss'] as const).slice(0, hasOpenssl ? 4 : 2);

let trusted: Identity = { cert: '', key: '' };
let misnamed = trusted;
const authorities = getCACertificates('default');

beforeAll(() => {
  if (!hasOpenssl) {
    return;
  }
  trusted = makeIdentity('IP:127.0.0.1');
  misnamed = makeIdentity('DNS:other.example');
  setDefaultCACertificates([...authorities, trusted.cert, misnamed.cert]);
});

afterAll(() => {
  setDefaultCACertificates(authorities);
});

async function trunkOver(transport: StreamTransport, identity = trusted) {
  const peer = await StreamPeer.open(transport, identity);
  onTestFinished(() => {
    peer.close();
  });
  const setting = await SipSetting.start({ servers: [peer.place], transport });
  return { peer, setting };
}

function invite(number: string, callId: string): string {
  const body = phoneSdp();
  return [
    `INVITE sip:${number}@gateway SIP/2.0`,
    `Via: SIP/2.0/TCP 127.0.0.1:5999;branch=z9hG4bK${callId}`,
    'From: <sip:+4940111@net.example>;tag=1',
    `To: <sip:${number}@gateway>`,
    `Call-ID: ${callId}`,
    'CSeq: 1 INVITE',
    'Contact: <sip:peer@127.0.0.1:5999;transport=tcp>',
    'Content-Type: application/sdp',
    `Content-Length: ${String(Buffer.byteLength(body))}`,
    '',
    body,
  ].join('\r\n');
}

function inDialog(method: string, to: string, callId: string, sequence: number): string {
  return [
    `${method} sip:x@gateway SIP/2.0`,
    `Via: SIP/2.0/TCP 127.0.0.1:5999;branch=z9hG4bK${callId}${String(sequence)}${method}`,
    'From: <sip:+4940111@net.example>;tag=1',
    `To: ${to}`,
    `Call-ID: ${callId}`,
    `CSeq: ${String(sequence)} ${method}`,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

describe.each(transports)('a trunk by %s', (transport) => {
  it('carries calls both ways on the one connection that we open', async () => {
    const { peer, setting } = await trunkOver(transport);
    const ann = await (await setting.up()).fixture.register('1001');
    const { callID } = await dial(ann, '+494011122');
    const { request, reply } = await peer.request('INVITE');
    expect(parseVia(request.headers.get('Via') ?? '')?.protocol).toBe(transport.toUpperCase());
    const named = transport === 'wss' ? 'ws' : transport;
    expect(request.headers.get('Contact')).toContain(`;transport=${named}>`);
    reply(200, { body: phoneSdp() });
    await ann.next('answer');
    await peer.request('ACK');
    await hangup(ann, callID, 'NORMAL_CLEARING', 16);
    (await peer.request('BYE')).reply(200);

    peer.send(invite('+4930100', 'in'));
    await answerNext(ann);
    const ok = await peer.response('INVITE');
    const to = ok.headers.get('To') ?? '';
    peer.send(inDialog('ACK', to, 'in', 1));
    peer.send(inDialog('BYE', to, 'in', 2));
    expect((await peer.response('BYE')).status).toBe(200);
    await ann.next('bye');
    expect(peer.connections).toBe(1);
  });

  it('ends a call that rings with its connection, and connects again', async () => {
    const { peer, setting } = await trunkOver(transport);
    const ann = await (await setting.up()).fixture.register('1001');
    await dial(ann, '+494011122');
    (await peer.request('INVITE')).reply(180);
    await ann.next('ringing');
    peer.drop();
    expect((await ann.next('bye')).params).toMatchObject({ sipCode: 503 });
    await setting.up();
    expect(peer.connections).toBe(2);
  });

  it('keeps a call whose connection is lost, and ends it on the next one', async () => {
    const { peer, setting } = await trunkOver(transport);
    const ann = await (await setting.up()).fixture.register('1001');
    const { callID } = await dial(ann, '+494011122');
    (await peer.request('INVITE')).reply(200, { body: phoneSdp() });
    await ann.next('answer');
    await peer.request('ACK');
    peer.drop();
    await expect.poll(() => setting.sip.states[0]?.state).toBe('down');
    expect(setting.fixture.server.stats().calls).toBe(1);
    await hangup(ann, callID, 'NORMAL_CLEARING', 16);
    (await peer.request('BYE')).reply(200);
    expect(peer.connections).toBe(2);
  });
});

const streams = transports.filter((each) => each === 'tcp' || each === 'tls');
describe.each(streams)('messages by %s', (transport) => {
  it('are cut out of the stream wherever the network cuts it', async () => {
    const { peer, setting } = await trunkOver(transport);
    await setting.up();
    const calls = ['one', 'two', 'three'].map((callId) => invite('+4930200', callId));
    const stream = Buffer.from(['\r\n\r\n', calls.join('\r\n'), '\r\n'].join(''));
    for (let at = 0; at < stream.length; at += 7) {
      peer.send(stream.subarray(at, at + 7));
      if (at % 70 === 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    for (const callId of ['one', 'two', 'three']) {
      const ok = await peer.response('INVITE');
      expect(ok.status).toBe(200);
      const id = ok.headers.get('Call-ID') ?? '';
      expect(['one', 'two', 'three']).toContain(id);
      peer.send(inDialog('ACK', ok.headers.get('To') ?? '', id, 1));
      peer.send(inDialog('BYE', ok.headers.get('To') ?? '', id, 2));
      expect((await peer.response('BYE')).status, callId).toBe(200);
    }
    expect(peer.connections).toBe(1);
  });

  it.each([
    ['no length', (text: string) => text.replace(/Content-Length: \d+\r\n/, '')],
    ['a length that is none', (text: string) => text.replace(/Content-Length: \d+/, 'l: 1x')],
    [
      'a length beyond every message',
      (text: string) => text.replace(/Length: \d+/, 'Length: 99999'),
    ],
    ['headers without an end', () => `INVITE sip:a@b SIP/2.0\r\nX: ${'x'.repeat(20_000)}`],
    [
      'a body that is longer than it says',
      (text: string) => text.replace(/Length: \d+/, 'Length: 1'),
    ],
  ])('with %s end the connection, which is opened again', async (_, damage) => {
    const { peer, setting } = await trunkOver(transport);
    await setting.up();
    peer.send(`${damage(invite('+4930555', 'bad'))}${'y'.repeat(20_000)}`);
    await expect.poll(() => setting.refused.includes('malformed')).toBe(true);
    await expect.poll(() => peer.connections, { timeout: 5_000 }).toBe(2);
    await setting.up();
    expect(setting.caught).toEqual([]);
  });
});

it.each(transports.slice(2))(
  'a server by %s whose certificate names another is not spoken to',
  async (transport) => {
    const { peer, setting } = await trunkOver(transport, misnamed);
    await expect.poll(() => setting.sip.states[0]?.state, { timeout: 5_000 }).toBe('down');
    expect(setting.sip.states[0]?.reason).toMatch(/altnames|certificate/i);
    expect(peer.connections).toBe(0);
  },
);

describe.runIf(hasOpenssl).each(['tls', 'wss'] as const)(
  'a server by %s whose certificate is of an authority of its own',
  (transport) => {
    const folder = mkdtempSync(join(tmpdir(), 'offhook-ca-'));
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    afterAll(() => {
      rmSync(folder, { recursive: true });
    });

    async function start(identity: Identity, ca?: string): Promise<SipSetting> {
      const peer = await StreamPeer.open(transport, identity);
      onTestFinished(() => {
        peer.close();
      });
      const trunk = { servers: [peer.place], transport, ...(ca === undefined ? {} : { ca }) };
      return SipSetting.start(trunk);
    }

    const reasonOf = async ({ sip }: SipSetting): Promise<string | null | undefined> => {
      await expect.poll(() => sip.states[0]?.state, { timeout: 5_000 }).toBe('down');
      return sip.states[0]?.reason;
    };

    it('is spoken to with that authority', async () => {
      const own = makeIdentity('IP:127.0.0.1');
      await (await start(own, file('own.pem', own.cert))).up();
    });

    it('is refused with another one, with none and with a file that is none; each says why', async () => {
      const own = makeIdentity('IP:127.0.0.1');
      const foreign = file('foreign.pem', makeIdentity('IP:127.0.0.1').cert);
      expect(await reasonOf(await start(own, foreign))).toBe(
        `the certificate of 127.0.0.1 is not signed by an authority of ${foreign}`,
      );
      expect(await reasonOf(await start(own))).toBe(
        'the certificate of 127.0.0.1 is not signed by an authority that this system knows',
      );
      const junk = file('junk.pem', 'hello');
      expect(await reasonOf(await start(own, junk))).toBe(`ca: ${junk} holds no certificate`);
      const nowhere = join(folder, 'nowhere.pem');
      expect(await reasonOf(await start(own, nowhere))).toBe(
        `ca: ${nowhere} cannot be read (ENOENT)`,
      );
      // The system's authorities are not asked beside it.
      expect(await reasonOf(await start(trusted, foreign))).toContain('not signed by');
    });

    it('with its authority, but another name, is refused by name', async () => {
      const other = makeIdentity('DNS:other.example');
      expect(await reasonOf(await start(other, file('other.pem', other.cert)))).toMatch(/altnames/);
    });
  },
);

describe('a request that is too large for a datagram', () => {
  const long = [{ name: 'X-Long', value: 'x'.repeat(500) }];
  const custom = [...long, { name: 'X-Longer', value: 'y'.repeat(500) }];

  it('goes over a connection to the same port, and so does its CANCEL', async () => {
    const datagrams = await SipPeer.open();
    const streams = await StreamPeer.open('tcp', trusted, datagrams.port);
    onTestFinished(() => {
      datagrams.close();
      streams.close();
    });
    const setting = await SipSetting.start({ servers: [datagrams.place] });
    const ann = await (await setting.up()).fixture.register('1001');
    const { callID } = await dial(ann, '+494011122', { dialog: { custom_headers: custom } });
    const { request, reply } = await streams.request('INVITE');
    expect(parseVia(request.headers.get('Via') ?? '')?.protocol).toBe('TCP');
    reply(180);
    await ann.next('ringing');
    await hangup(ann, callID, 'NORMAL_CLEARING', 16);
    (await streams.request('CANCEL')).reply(200);
    reply(487);
    await streams.request('ACK');
    expect(
      datagrams.received.some((each) => each.kind === 'request' && each.method === 'INVITE'),
    ).toBe(false);

    await dial(ann, '+494011122');
    (await datagrams.request('INVITE')).reply(486);
    await ann.next('bye');
  });

  it.each([
    ['where nobody takes connections', {}],
    ['where the trunk wants it so', { largeRequests: 'udp' }],
  ])('goes as a datagram %s', async (_, trunk) => {
    const datagrams = await SipPeer.open();
    onTestFinished(() => {
      datagrams.close();
    });
    const setting = await SipSetting.start({ servers: [datagrams.place], ...trunk });
    const ann = await (await setting.up()).fixture.register('1001');
    for (let times = 0; times < 2; times++) {
      await dial(ann, '+494011122', { dialog: { custom_headers: custom } });
      const { request, reply } = await datagrams.request('INVITE');
      expect(parseVia(request.headers.get('Via') ?? '')?.protocol).toBe('UDP');
      reply(486);
      expect((await ann.next('bye')).params).toMatchObject({ sipCode: 486 });
    }
  });
});
