import { telnyxDialect } from '@offhook/protocol';
import { describe, expect, it } from 'vitest';
import type { RequestError, RequestOptions } from '../calls/ports.ts';
import { settle } from '../testing/fake-clock.ts';
import { FakePlatform } from '../testing/fake-platform.ts';
import { Rpc } from './rpc.ts';

type Json = Record<string, unknown>;

function makeRpc() {
  const platform = new FakePlatform();
  const sent: Json[] = [];
  const session = { id: 's-1' };
  const rpc = new Rpc(platform, telnyxDialect, () => session.id);
  return {
    rpc,
    platform,
    clock: platform.clock,
    sent,
    session,
    up(): void {
      rpc.attach((text) => {
        sent.push(JSON.parse(text) as Json);
        return true;
      });
    },
    info: (dtmf: string, options?: RequestOptions) =>
      rpc.request('info', { dtmf, dialogParams: { callID: 'c' } }, options),
    digits: () => sent.map(({ params }) => (params as Json)['dtmf']),
    reply(frame: Json, body: Json): void {
      const id = String(frame['id']);
      if ('error' in body) {
        rpc.settle({ kind: 'reply', id, ok: false, error: body['error'] as never });
      } else rpc.settle({ kind: 'reply', id, ok: true, result: body['result'] });
    },
  };
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'answered',
    (error: unknown) => (error as RequestError).code,
  );

describe('requests made before the session is ready', () => {
  it('wait, go out in order when it is, and carry the session that is then current', async () => {
    const { rpc, info, digits, up, session, sent } = makeRpc();
    const all = ['1', '2', '3'].map((digit) => codeOf(info(digit)));
    up();
    expect(digits()).toEqual([]);
    session.id = 's-2';
    rpc.ready();
    expect(digits()).toEqual(['1', '2', '3']);
    expect(sent[0]).toMatchObject({ method: 'telnyx_rtc.info', params: { sessid: 's-2' } });
    rpc.close('end');
    expect(await Promise.all(all)).toEqual(['closed', 'closed', 'closed']);
  });

  it('fail by name when they get too old, are aborted, or do not want to wait', async () => {
    const { info, clock, platform, rpc } = makeRpc();
    const abort = new AbortController();
    const results = Promise.all([
      codeOf(info('1')),
      codeOf(info('2', { maxAgeMs: 5_000 })),
      codeOf(info('3', { signal: abort.signal })),
      codeOf(info('4', { signal: AbortSignal.abort() })),
      codeOf(info('5', { whenOffline: 'fail' })),
    ]);
    expect(rpc.size).toBe(3);
    abort.abort();
    await clock.advance(5_000);
    expect(rpc.size).toBe(1);
    await clock.advance(25_000);
    expect(await results).toEqual(['expired', 'expired', 'aborted', 'aborted', 'not_ready']);
    expect(platform.running().timers).toBe(0);
  });

  it('let those of a call that is being taken up again pass', () => {
    const { rpc, info, sent, up } = makeRpc();
    info('1').catch(() => undefined);
    up();
    const dialogParams = { callID: 'c' };
    rpc.request('attach', { sdp: 'v=0', dialogParams }).catch(() => undefined);
    rpc.request('candidate', { candidate: 'x', dialogParams }).catch(() => undefined);
    rpc
      .request('candidate', { candidate: 'x', dialogParams: { callID: 'd' } })
      .catch(() => undefined);
    expect(sent.map(({ method }) => method)).toEqual(['telnyx_rtc.attach', 'telnyx_rtc.candidate']);
    rpc.ready();
    expect(sent).toHaveLength(4);
    rpc.close('end');
  });
});

describe('requests under way', () => {
  it('end with the reply, a refusal with its code and words', async () => {
    const { rpc, info, up, sent, reply, clock } = makeRpc();
    up();
    rpc.ready();
    const taken = info('1');
    const refused = info('2');
    reply(sent[1] as Json, { error: { code: -32002, message: 'CALL DOES NOT EXIST' } });
    reply(sent[0] as Json, { result: { message: 'SENT' } });
    await expect(taken).resolves.toMatchObject({ message: 'SENT' });
    await expect(refused).rejects.toMatchObject({
      name: 'RequestError',
      code: 'rejected',
      method: 'info',
      serverCode: -32002,
      message: 'CALL DOES NOT EXIST',
    });
    expect([rpc.size, rpc.answeredAt]).toEqual([0, clock.now()]);
  });

  it('end with a null result, and with a refusal inside a relay envelope', async () => {
    const { rpc, info, up, sent, reply } = makeRpc();
    up();
    rpc.ready();
    const taken = info('1');
    const refused = info('2');
    reply(sent[0] as Json, { result: null });
    reply(sent[1] as Json, { result: { result: { code: '404', message: 'gone' } } });
    await expect(taken).resolves.toBeDefined();
    await expect(refused).rejects.toMatchObject({ code: 'rejected', serverCode: 404 });
  });

  it('end with `timeout`, counted from the moment they are sent, and ignore the reply after it', async () => {
    const { rpc, info, up, clock, sent, reply } = makeRpc();
    const result = codeOf(info('1'));
    await clock.advance(9_000);
    up();
    rpc.ready();
    await clock.advance(9_900);
    expect(rpc.size).toBe(1);
    await clock.advance(200);
    expect(await result).toBe('timeout');
    reply(sent[0] as Json, { result: {} });
    await settle();
  });

  it('end with `connection_lost` with their socket, while what was not sent goes on waiting', async () => {
    const { rpc, info, up, digits } = makeRpc();
    up();
    rpc.ready();
    const lost = codeOf(info('1'));
    rpc.detach();
    expect(await lost).toBe('connection_lost');
    info('2').catch(() => undefined);
    up();
    rpc.ready();
    expect(digits()).toEqual(['1', '2']);
    rpc.close('end');
  });

  it('are not sent twice when the session becomes ready twice', () => {
    const { rpc, info, up, digits } = makeRpc();
    up();
    rpc.ready();
    info('1').catch(() => undefined);
    rpc.ready();
    expect(digits()).toEqual(['1']);
    rpc.close('end');
  });

  it('free their timer and their listener on the signal, however they end', async () => {
    const { rpc, info, up, platform, sent, reply } = makeRpc();
    const { signal } = new AbortController();
    let listeners = 0;
    signal.addEventListener = () => {
      listeners++;
    };
    signal.removeEventListener = () => {
      listeners--;
    };
    up();
    rpc.ready();
    const all = Promise.all(['1', '2', '3'].map((digit) => codeOf(info(digit, { signal }))));
    expect([listeners, platform.running().timers]).toEqual([3, 3]);
    reply(sent[0] as Json, { result: {} });
    reply(sent[1] as Json, { error: { code: 1, message: '' } });
    rpc.close('end');
    await all;
    expect([listeners, platform.running().timers]).toEqual([0, 0]);
  });
});

describe('notifications', () => {
  it('carry no id, and throw `not_ready` when they cannot be sent now', () => {
    const { rpc, up, sent } = makeRpc();
    const params = { type: 'conversation.item.create' };
    expect(() => rpc.notify('ai_conversation', params)).toThrow(/not ready/);
    up();
    rpc.ready();
    rpc.notify('ai_conversation', params);
    expect(sent[0]).toEqual({ jsonrpc: '2.0', method: 'ai_conversation', params });
  });
});
