import { describe, expect, it } from 'vitest';
import type { RequestError, RequestOptions } from '../calls/ports.ts';
import { settle } from '../testing/fake-clock.ts';
import { FakePlatform } from '../testing/fake-platform.ts';
import { Requests } from './requests.ts';

type Json = Record<string, unknown>;

function makeRequests() {
  const platform = new FakePlatform();
  const sent: Json[] = [];
  const session = { id: 's-1' };
  const requests = new Requests(platform, () => session.id);
  return {
    requests,
    platform,
    clock: platform.clock,
    sent,
    session,
    up(): void {
      requests.attach((text) => {
        sent.push(JSON.parse(text) as Json);
        return true;
      });
    },
    info: (dtmf: string, options?: RequestOptions) =>
      requests.request('info', { dtmf, dialogParams: { callID: 'c' } }, options),
    digits: () => sent.map(({ params }) => (params as Json)['dtmf']),
    reply(frame: Json, body: Json): void {
      const id = String(frame['id']);
      if ('error' in body) {
        requests.settle({ kind: 'reply', id, ok: false, error: body['error'] as never });
      } else {
        requests.settle({ kind: 'reply', id, ok: true, result: body['result'] });
      }
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
    const { requests, info, digits, up, session, sent } = makeRequests();
    const all = ['1', '2', '3'].map((digit) => codeOf(info(digit)));
    up();
    expect(digits()).toEqual([]);
    session.id = 's-2';
    requests.ready();
    expect(digits()).toEqual(['1', '2', '3']);
    expect(sent[0]).toMatchObject({ method: 'telnyx_rtc.info', params: { sessid: 's-2' } });
    requests.close('end');
    expect(await Promise.all(all)).toEqual(['closed', 'closed', 'closed']);
  });

  it('fail by name when they get too old, are aborted, or do not want to wait', async () => {
    const { info, clock, platform, requests } = makeRequests();
    const abort = new AbortController();
    const results = Promise.all([
      codeOf(info('1')),
      codeOf(info('2', { maxAgeMs: 5_000 })),
      codeOf(info('3', { signal: abort.signal })),
      codeOf(info('4', { signal: AbortSignal.abort() })),
      codeOf(info('5', { whenOffline: 'fail' })),
    ]);
    expect(requests.size).toBe(3);
    abort.abort();
    await clock.advance(5_000);
    expect(requests.size).toBe(1);
    await clock.advance(25_000);
    expect(await results).toEqual(['expired', 'expired', 'aborted', 'aborted', 'not_ready']);
    expect(platform.running().timers).toBe(0);
  });

  it('fail at their usual limit also while the socket is closing: it takes nothing, and has not gone yet', async () => {
    const { requests, info, clock, platform } = makeRequests();
    requests.attach(() => false);
    requests.ready();
    const results = Promise.all([codeOf(info('1', { maxAgeMs: 5_000 })), codeOf(info('2'))]);
    await clock.advance(4_999);
    expect(requests.size).toBe(2);
    await clock.advance(1);
    expect(requests.size).toBe(1);
    await clock.advance(25_000);
    expect(await results).toEqual(['expired', 'expired']);
    expect(platform.running().timers).toBe(0);
  });

  it('fail by name when they hold what JSON cannot, and hold up no other', async () => {
    const { requests, digits, info, up, platform } = makeRequests();
    const bad = requests.request('info', { dtmf: 1n } as never);
    const good = codeOf(info('2'));
    up();
    requests.ready();
    expect(await codeOf(bad)).toBe('invalid');
    expect(await codeOf(requests.request('info', { dtmf: 1n } as never))).toBe('invalid');
    expect(digits()).toEqual(['2']);
    requests.close('end');
    expect(await good).toBe('closed');
    expect(platform.running().timers).toBe(0);
  });

  it('let those of a call that is being taken up again pass', () => {
    const { requests, info, sent, up } = makeRequests();
    info('1').catch(() => undefined);
    up();
    const dialogParams = { callID: 'c' };
    requests.request('attach', { sdp: 'v=0', dialogParams }).catch(() => undefined);
    requests.request('candidate', { candidate: 'x', dialogParams }).catch(() => undefined);
    requests
      .request('candidate', { candidate: 'x', dialogParams: { callID: 'd' } })
      .catch(() => undefined);
    expect(sent.map(({ method }) => method)).toEqual(['telnyx_rtc.attach', 'telnyx_rtc.candidate']);
    requests.ready();
    expect(sent).toHaveLength(4);
    requests.close('end');
  });
});

describe('requests under way', () => {
  it('end with the reply, a refusal with its code and words', async () => {
    const { requests, info, up, sent, reply, clock } = makeRequests();
    up();
    requests.ready();
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
    expect([requests.size, requests.answeredAt]).toEqual([0, clock.now()]);
  });

  it('end with a null result, and with a refusal inside a relay envelope', async () => {
    const { requests, info, up, sent, reply } = makeRequests();
    up();
    requests.ready();
    const taken = info('1');
    const refused = info('2');
    reply(sent[0] as Json, { result: null });
    reply(sent[1] as Json, { result: { result: { code: '404', message: 'gone' } } });
    await expect(taken).resolves.toBeDefined();
    await expect(refused).rejects.toMatchObject({ code: 'rejected', serverCode: 404 });
  });

  it('end with `timeout`, counted from the moment they are sent, and ignore the reply after it', async () => {
    const { requests, info, up, clock, sent, reply } = makeRequests();
    const result = codeOf(info('1'));
    await clock.advance(9_000);
    up();
    requests.ready();
    await clock.advance(9_900);
    expect(requests.size).toBe(1);
    await clock.advance(200);
    expect(await result).toBe('timeout');
    reply(sent[0] as Json, { result: {} });
    await settle();
  });

  it('end with `connection_lost` with their socket, while what was not sent goes on waiting', async () => {
    const { requests, info, up, digits } = makeRequests();
    up();
    requests.ready();
    const lost = codeOf(info('1'));
    requests.detach();
    expect(await lost).toBe('connection_lost');
    info('2').catch(() => undefined);
    up();
    requests.ready();
    expect(digits()).toEqual(['1', '2']);
    requests.close('end');
  });

  it('are not sent twice when the session becomes ready twice', () => {
    const { requests, info, up, digits } = makeRequests();
    up();
    requests.ready();
    info('1').catch(() => undefined);
    requests.ready();
    expect(digits()).toEqual(['1']);
    requests.close('end');
  });

  it('free their timer and their listener on the signal, however they end', async () => {
    const { requests, info, up, platform, sent, reply } = makeRequests();
    const { signal } = new AbortController();
    let listeners = 0;
    signal.addEventListener = () => {
      listeners++;
    };
    signal.removeEventListener = () => {
      listeners--;
    };
    up();
    requests.ready();
    const all = Promise.all(['1', '2', '3'].map((digit) => codeOf(info(digit, { signal }))));
    expect([listeners, platform.running().timers]).toEqual([3, 3]);
    reply(sent[0] as Json, { result: {} });
    reply(sent[1] as Json, { error: { code: 1, message: '' } });
    requests.close('end');
    await all;
    expect([listeners, platform.running().timers]).toEqual([0, 0]);
  });
});

describe('notifications', () => {
  it('carry no id, and throw `not_ready` when they cannot be sent now', () => {
    const { requests, up, sent } = makeRequests();
    const params = { type: 'conversation.item.create' };
    expect(() => requests.notify('ai_conversation', params)).toThrow(/not ready/);
    up();
    requests.ready();
    requests.notify('ai_conversation', params);
    expect(sent[0]).toEqual({ jsonrpc: '2.0', method: 'ai_conversation', params });
  });
});
