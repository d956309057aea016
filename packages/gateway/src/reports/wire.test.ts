import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallView, ViewMessage } from '@offhook/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RANDOM_PASSWORD_COST, hashPassword } from '../auth/passwords.ts';
import { Store, databasePath } from '../auth/store.ts';
import { Users } from '../auth/users.ts';
import { configFrom } from '../config.ts';
import { startGateway, type Gateway } from '../gateway.ts';
import { silentLogger } from '../logging/logger.ts';
import { FakeMediaPlane } from '../media/testing/fake-media-plane.ts';
import { createSignalingServer } from '../signaling/server.ts';
import { answerNext, dial, hangup } from '../signaling/testing/fixture.ts';
import { ManualClock } from '../signaling/testing/manual-clock.ts';
import { WireClient } from '../signaling/testing/wire-client.ts';
import { phoneSdp, SipPeer } from '../sip/testing/sip-peer.ts';
import { collectGarbage } from '../testing/garbage.ts';
import { MessageLog, type CallMessages, type KeptMessage } from './message-log.ts';
import { SqliteReports } from './sqlite/store.ts';
import { viewMessage } from './view/message.ts';

/** A whole gateway with a trunk, and what its store holds of the messages of a call. */
describe('the messages of a call by a trunk', () => {
  let folder: string;
  let gateway: Gateway;
  let peer: SipPeer;
  let ann: WireClient;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'offhook-wire-'));
    const store = new Store(databasePath(folder));
    const passwordHash = await hashPassword('secret-1001', RANDOM_PASSWORD_COST);
    const rest = { displayName: 'Ann', passwordHash, admin: false, generateRingback: false };
    new Users(store).add({ name: '1001', ...rest });
    store.close();
    peer = await SipPeer.open();
    gateway = await startGateway(
      configFrom({
        port: 0,
        dataDir: folder,
        drain: { callSeconds: 0, idleSeconds: 0 },
        sip: {
          bind: '127.0.0.1',
          port: 0,
          trunks: [
            {
              name: 'net',
              servers: [peer.place],
              username: 'acme',
              password: 'hush-hush',
              dtmf: 'info',
              numbers: { '+4930100': '1001' },
            },
          ],
          routes: [{ prefix: '', trunk: 'net' }],
          callers: [{ users: '*', routes: ['+49'] }],
        },
      }),
      silentLogger(),
      { createSignaling: createSignalingServer, createMedia: () => new FakeMediaPlane() },
    );
    ann = await WireClient.connect(`ws://127.0.0.1:${String(gateway.port)}/`);
    await ann.register('1001');
    // The trunk is up when its first OPTIONS was answered.
    await expect.poll(async () => (await metrics()).includes(`trunk_up{trunk="net"} 1`)).toBe(true);
  });
  afterEach(async () => {
    await gateway.close();
    peer.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const metrics = async (): Promise<string> =>
    (await fetch(`http://127.0.0.1:${String(gateway.port)}/metrics`)).text();
  const store = (): SqliteReports =>
    new SqliteReports({ dataDir: folder, retentionDays: 30, maxBytes: 2 ** 30 });
  /** By any of its ids. */
  async function shown(id: string): Promise<CallView> {
    let view: CallView | null = null;
    await expect
      .poll(
        () => {
          const reader = store();
          view = reader.view(id);
          reader.close();
          return view?.messages.length ?? 0;
        },
        { timeout: 10_000 },
      )
      .toBeGreaterThan(0);
    if (!view) {
      throw new Error('no call');
    }
    return view;
  }
  /** `→ INVITE` to the party, `← 180` from it. */
  const ladder = (messages: readonly ViewMessage[], protocol: string): string[] =>
    messages
      .filter((message) => message.protocol === protocol)
      .map(
        ({ sent, first }) =>
          `${sent ? '→' : '←'} ${first.replace(/^SIP\/2\.0 |(?<=^[A-Z]+) .*/g, '')}`,
      );

  it('are kept from the INVITE to the answer of the BYE, without credentials, keys and digits', async () => {
    const { callID } = await dial(ann, '+494011122');
    const first = await peer.request('INVITE');
    first.reply(407, {
      headers: [['Proxy-Authenticate', 'Digest realm="net", nonce="n1", qop="auth"']],
    });
    const { request, reply } = await peer.request('INVITE');
    expect(request.headers.get('Proxy-Authorization')).toContain('acme');
    reply(180);
    reply(200, { body: phoneSdp() });
    await ann.next('answer');
    await ann.request('info', { dtmf: '4711', sessid: ann.sessid, dialogParams: { callID } });
    for (let digit = 0; digit < 4; digit += 1) {
      (await peer.request('INFO')).reply(200);
    }
    await hangup(ann, callID, 'NORMAL_CLEARING', 16);
    (await peer.request('BYE')).reply(200);

    const sipCallId = request.headers.get('Call-ID') ?? '';
    const { call, legs, messages } = await shown(sipCallId);
    expect(call).toMatchObject({ caller: '1001', callee: 'trunk:net', sipCallId });
    expect(legs.map(({ via, callId }) => [via, callId])).toEqual([
      ['browser', callID],
      ['sip', sipCallId],
    ]);
    expect(ladder(messages, 'SIP').slice(0, 8)).toEqual([
      '→ INVITE',
      '← 407 Unknown',
      '→ ACK',
      '→ INVITE',
      '← 180 Ringing',
      '← 200 OK',
      '→ ACK',
      '→ INFO',
    ]);
    // The BYE does not wait for the answer to the last INFO: its `200 OK` is before or after the BYE.
    const end = ladder(messages, 'SIP').slice(-3);
    expect(end.at(-1)).toBe('← 200 OK');
    expect(end.sort()).toEqual(['← 200 OK', '← 200 OK', '→ BYE']);
    expect(ladder(messages, 'Verto')).toEqual([
      '← invite',
      '→ invite result',
      '→ ringing',
      '→ answer',
      '← info',
      '→ info result',
      '← bye',
      '→ bye result',
    ]);
    const text = JSON.stringify(messages);
    expect(text).toContain('v=0');
    expect(text).toContain('Proxy-Authorization: [redacted]');
    expect(text).toContain('Proxy-Authenticate: [redacted]');
    for (const secret of ['hush', 'nonce', '4711', 'Signal=4', ann.sessid ?? '?']) {
      expect(text).not.toContain(secret);
    }
    expect(messages.map(({ t }) => t)).toEqual(messages.map(({ t }) => t).sort((a, b) => a - b));

    const reader = store();
    for (const id of [call.id, callID, sipCallId]) {
      expect(reader.list({ id }).calls.map((each) => each.id)).toEqual([call.id]);
    }
    expect(reader.list({ id: 'another' }).total).toBe(0);
    expect(reader.find(sipCallId)?.messages).toEqual(messages);
    reader.close();
  });

  it('are beside figures of the trunk: its state, its calls, and how long it takes to answer', async () => {
    await dial(ann, '+494011122');
    const { reply } = await peer.request('INVITE');
    reply(200, { body: phoneSdp() });
    await ann.next('answer');
    const text = await metrics();
    expect(text).toContain('offhook_sip_trunk_calls{trunk="net"} 1');
    expect(text).toContain('offhook_sip_trunk_calls_limit{trunk="net"} 30');
    expect(text).toMatch(/offhook_sip_trunk_rtt_seconds\{trunk="net"\} 0\.\d+/);
  });

  it('of one that comes in begin with the INVITE, and a retransmission is seen as one', async () => {
    const options = peer.received.find((each) => each.kind === 'request');
    const port = Number(/127\.0\.0\.1:(\d+);/.exec(options?.headers.get('Via') ?? '')?.[1]);
    const invite = peer.ask(port, 'INVITE', 'sip:+4930100@gateway', {
      body: phoneSdp(),
      callId: 'abc@peer.example',
    });
    const answered = answerNext(ann);
    const ok = await peer.response('INVITE');
    const { copies } = peer;
    await expect.poll(() => peer.copies).toBeGreaterThan(copies);
    peer.acknowledge(port, invite, ok);
    await hangup(ann, await answered, 'NORMAL_CLEARING', 16);
    (await peer.request('BYE')).reply(200);
    const { call, messages } = await shown('abc@peer.example');
    expect(call).toMatchObject({ callee: '1001', sipCallId: 'abc@peer.example' });
    const seen = ladder(messages, 'SIP');
    expect(seen.slice(0, 2)).toEqual(['← INVITE', '→ 100 Trying']);
    expect(seen.filter((each) => each === '→ 200 OK').length).toBeGreaterThan(1);
    expect(seen.slice(-3)).toEqual(['← ACK', '→ BYE', '← 200 OK']);
  });
});

describe('the log of messages', () => {
  const message = { protocol: 'SIP', sent: true, first: '', text: 'BYE' } as const;

  it('is bounded by call and in all, says what it left out, and forgets calls that are over', () => {
    const clock = new ManualClock();
    const saved: CallMessages[] = [];
    const log = new MessageLog({ clock, save: (messages) => saved.push(messages) });
    log.add('unknown', 'l', message);
    log.begin('many');
    for (let index = 0; index < 250; index += 1) {
      log.add('many', 'l', message);
    }
    log.begin('long');
    for (let index = 0; index < 20; index += 1) {
      log.add('long', 'l', { ...message, text: 'x'.repeat(100_000) });
    }
    log.callEnded('many');
    log.callEnded('long');
    log.callEnded('long');
    clock.advance(1_000);
    log.add('many', 'l', message);
    expect(saved).toEqual([]);
    clock.advance(1_000);
    log.add('many', 'l', message);
    expect(saved.map(({ call, messages, dropped }) => [call, messages.length, dropped])).toEqual([
      ['many', 200, 51],
      ['long', 12, 8],
    ]);
    expect(saved[1]?.messages.every(({ cut, text }) => cut && text.length === 16_384)).toBe(true);
    // All of the memory is there again for others.
    for (let call = 0; call < 200; call += 1) {
      log.begin(String(call));
      for (let index = 0; index < 12; index += 1) {
        log.add(String(call), 'l', { ...message, text: 'x'.repeat(16_384) });
      }
    }
    log.close();
    const kept = saved.slice(2).flatMap(({ messages }) => messages);
    expect(kept).toHaveLength(2_048);
    expect(saved.slice(2).reduce((sum, { dropped }) => sum + dropped, 0)).toBeGreaterThan(0);
  });

  it('holds no more than what it keeps of a long message', () => {
    const log = new MessageLog({ clock: new ManualClock(), save: () => undefined });
    log.begin('long');
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < 10; index += 1) {
      log.add('long', 'l', { ...message, text: JSON.stringify('x'.repeat(4_000_000)) });
    }
    collectGarbage();
    // Ten whole ones are 40 MB; the last one may still be in a register here.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000);
    log.close();
  });
});

describe('a message as it is shown', () => {
  const view = (text: string, protocol: KeptMessage['protocol'] = 'SIP'): ViewMessage =>
    viewMessage({ t: 1, leg: 'l', protocol, sent: true, first: 'bye', text, cut: false });

  it('has no secret header, whatever its case and however it is folded', () => {
    const { first, text } = view(
      [
        'REGISTER sip:x SIP/2.0',
        'authorization:Digest username="canary"',
        '  response="canary"',
        'WWW-AUTHENTICATE: canary',
        'Authentication-Info: canary',
        'y: canary',
        'X-Room: 7',
        ' of 9',
        'Content-Type: application/dtmf',
        '',
        'canary',
      ].join('\r\n'),
    );
    expect(first).toBe('REGISTER sip:x SIP/2.0');
    expect(text).not.toContain('canary');
    expect(text).toContain('X-Room: 7\n of 9');
  });

  it('has no header whose name says that it opens a door', () => {
    const names = ['X-Api-Key', 'X-Auth-Token', 'Cookie', 'Set-Cookie', 'X-Authorization', 'X-Pin'];
    const lines = names.map((name) => `${name}: canary`);
    const { text } = view(['INVITE sip:x SIP/2.0', ...lines, 'X-Room: 7', '', ''].join('\r\n'));
    expect(text).toBe([...names.map((name) => `${name}: [redacted]`), 'X-Room: 7'].join('\n'));
    const custom = [...names, 'X-Room'].map((name) => ({ name, value: `canary ${name}` }));
    const frame = { dialogParams: { customHeaders: custom, custom_headers: custom } };
    const shown = view(JSON.stringify(frame), 'Verto').text;
    expect(shown.match(/canary .*(?=")/g)).toEqual(['canary X-Room', 'canary X-Room']);
  });

  it('has neither the id of a session nor digits, however deep they are in a frame', () => {
    const frame = {
      ...{ sessid: 'canary', dtmf: 'canary' },
      dialogParams: { sessid: 'canary', list: [{ sessid: 'canary', dtmf: 'canary' }], room: 7 },
    };
    const { text } = view(JSON.stringify(frame), 'Verto');
    expect(text).not.toContain('canary');
    expect(text).not.toContain('sessid');
    expect(text).toContain('"room": 7');
  });

  it('has no keys of its media, and of a frame neither credentials nor tokens', () => {
    const sdp =
      'v=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:canary\r\na=ice-pwd:canary\r\nk=clear:canary\r\n';
    expect(view(`INVITE sip:x SIP/2.0\r\nTo: x\r\n\r\n${sdp}`).text).not.toContain('canary');
    const frame = {
      sdp,
      dialogParams: { iceServers: [{ credential: 'canary' }], custom_headers: [] },
    };
    const { text } = view(JSON.stringify(frame), 'Verto');
    expect(text).not.toContain('canary');
    expect(text).toContain('\n\nv=0\na=crypto');
    // One that was cut is no JSON any more.
    const cut = view(JSON.stringify({ ...frame, dtmf: 'canary' }).slice(0, -3), 'Verto');
    expect([cut.first, cut.text]).toEqual(['bye', '']);
  });

  it('is bounded, and ends for what is no SIP', () => {
    const { text, cut } = view(`A\r\nB: ${'x'.repeat(100_000)}`);
    expect([text.length, cut]).toEqual([8_192, true]);
    expect(view('').text).toBe('');
    expect(view('[1]', 'Verto').text).toBe('{}');
  });
});
