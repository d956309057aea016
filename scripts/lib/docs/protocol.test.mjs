/** docs/protocol.md is enough to write a client from: that client (testing/wire-client.mjs) signs in and calls at a real gateway. */
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { configFrom, createLogger, realParts, startGateway } from '@offhook/gateway';
import { WireClient } from './testing/wire-client.mjs';

const SECRET = 'a secret of thirty-two bytes or more';
const base64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function tokenOf(user, lifetime = 600) {
  const exp = Math.floor(Date.now() / 1000) + lifetime;
  const text = `${base64({ alg: 'HS256' })}.${base64({ sub: user, exp })}`;
  return `${text}.${createHmac('sha256', SECRET).update(text).digest('base64url')}`;
}

let folder = '';
let gateway;
const clients = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'offhook-protocol-'));
  gateway = await startGateway(
    configFrom({
      port: 0,
      dataDir: folder,
      auth: { jwt: { secrets: [SECRET] } },
      media: { workers: 1 },
      drain: { callSeconds: 0, idleSeconds: 0 },
    }),
    createLogger('silent'),
    realParts,
  );
});
afterEach(() => clients.splice(0).forEach((client) => client.close()));
afterAll(async () => {
  await gateway?.close();
  rmSync(folder, { recursive: true, force: true });
});

const clientOf = () => {
  const client = new WireClient(gateway.url.replace(/^http/, 'ws'));
  clients.push(client);
  return client;
};

async function signedIn(user) {
  const client = clientOf();
  await client.signIn({ login_token: tokenOf(user) });
  return client;
}

async function talking(a, b) {
  const [ann, bob] = [await signedIn(a), await signedIn(b)];
  const hers = await ann.call(b, [{ name: 'X-Order', value: '4711' }]);
  const invite = await bob.next('telnyx_rtc.invite');
  await ann.next('telnyx_rtc.ringing', hers);
  await bob.answer(invite.callID);
  await ann.next('telnyx_rtc.answer', hers);
  return { ann, bob, hers, his: invite.callID, invite };
}

describe('a client written from docs/protocol.md', () => {
  it('signs in, calls, is called, holds, sends digits, hangs up', async () => {
    const { ann, bob, hers, his, invite } = await talking('ann', 'bob');
    expect(invite).toMatchObject({
      caller_id_number: 'ann',
      dialogParams: { custom_headers: [{ name: 'X-Order', value: '4711' }] },
    });
    expect(invite.sdp).toContain('a=setup:actpass');
    expect(await ann.modify(hers, 'hold')).toMatchObject({ holdState: 'held' });
    expect(await ann.modify(hers, 'unhold')).toMatchObject({ holdState: 'active' });
    await ann.digits(hers, '5');
    expect(await bob.next('telnyx_rtc.info', his)).toMatchObject({ dtmf: '5' });
    await bob.hangUp(his);
    expect(await ann.next('telnyx_rtc.bye', hers)).toMatchObject({
      cause: 'NORMAL_CLEARING',
      causeCode: 16,
    });
    expect(await ann.hangUp(hers)).toMatchObject({ message: 'CALL ENDED' });
  });

  it('learns why a call comes to nothing', async () => {
    const [cid, dora] = [await signedIn('cid'), await signedIn('dora')];
    const toDora = await cid.call('dora');
    const { callID } = await dora.next('telnyx_rtc.invite');
    await dora.hangUp(callID, 'CALL_REJECTED', 21);
    expect(await cid.next('telnyx_rtc.bye', toDora)).toMatchObject({ cause: 'CALL_REJECTED' });
    const toNobody = await cid.call('nobody-of-this-name');
    expect(await cid.next('telnyx_rtc.bye', toNobody)).toMatchObject({
      cause: 'UNALLOCATED_NUMBER',
      causeCode: 1,
    });
  });

  it('comes back to its call after its socket was closed', async () => {
    const { ann, bob, hers, his } = await talking('eve', 'finn');
    const { sessid } = ann;
    ann.close();
    const ready = ann.signIn({ login_token: tokenOf('eve') });
    expect((await ann.next('telnyx_rtc.attach', hers)).sdp).toContain('m=audio');
    expect((await ready).reattached_sessions).toEqual([hers]);
    expect(ann.sessid).toBe(sessid);
    await ann.attach(hers);
    await ann.digits(hers, '7');
    expect(await bob.next('telnyx_rtc.info', his)).toMatchObject({ dtmf: '7' });
  });

  it('is told what is wrong by the codes of the page', async () => {
    const gus = clientOf();
    await expect(gus.signIn({ login_token: tokenOf('gus', -60) })).rejects.toMatchObject({
      code: -32001,
      data: { reason: 'token_expired' },
    });
    await expect(gus.call('ann')).rejects.toMatchObject({ code: -32001 });
    const hal = await signedIn('hal');
    await expect(hal.request('telnyx_rtc.nothing', {})).rejects.toMatchObject({ code: -32601 });
    await expect(hal.request('telnyx_rtc.invite', {})).rejects.toMatchObject({ code: -32602 });
    await expect(hal.modify('c-0', 'hold')).rejects.toMatchObject({ code: -32002 });
    expect(await hal.request('telnyx_rtc.ping', {})).toEqual({ message: 'pong' });
    expect(await hal.request('telnyx_rtc.gatewayState', {})).toMatchObject({
      params: { state: 'REGED' },
    });
  });
});
