import { describe, expect, it } from 'vitest';
import { NO_FEATURES, parseResult } from './index.ts';

describe('parseResult', () => {
  it('reads a login at a gateway that announces itself', () => {
    const result = {
      message: 'logged in',
      sessid: 's-1',
      offhook: {
        v: 1,
        trickle: true,
        reattach: true,
        replace: true,
        ping: true,
        ai: false,
        transfer: true,
      },
      ice_servers: [{ urls: ['turn:t.example.net?transport=udp'], username: 'u', credential: 'c' }],
    };
    expect(parseResult('login', result)).toEqual({ ok: true, value: result });
  });

  it('reads a login elsewhere, without features', () => {
    expect(parseResult('login', { message: 'logged in', sessid: 's-1' })).toEqual({
      ok: true,
      value: { message: 'logged in', sessid: 's-1' },
    });
    expect(parseResult('login', {})).toEqual({ ok: true, value: { sessid: '' } });
  });

  it('takes a feature that was not announced as off, and an announcement without a version as none', () => {
    expect(parseResult('login', { sessid: 's', offhook: { v: 1, ping: true, ai: 'yes' } })).toEqual(
      {
        ok: true,
        value: { sessid: 's', offhook: { ...NO_FEATURES, v: 1, ping: true } },
      },
    );
    expect(parseResult('login', { sessid: 's', offhook: { ping: true } })).toMatchObject({
      value: { offhook: undefined },
    });
  });

  it.each<[string, unknown]>([
    ['a list of none', 'stun:x'],
    ['a server without an address', [{ username: 'u' }]],
    ['a credential that is no text', [{ urls: 'turn:x', username: 'u', credential: 5 }]],
  ])('does not hand %s to the browser as ICE servers', (_title, ice_servers) => {
    expect(parseResult('login', { sessid: 's', ice_servers })).toEqual({
      ok: true,
      value: { sessid: 's', ice_servers: undefined },
    });
  });

  it('reads a gateway state with what comes along, and needs the state', () => {
    const result = {
      method: 'telnyx_rtc.gatewayState',
      params: {
        state: 'REGED',
        call_report_id: 'r',
        dc: 'd',
        region: 'eu',
        ice_servers: [{ urls: 'stun:x' }],
      },
      sessid: 's',
    };
    expect(parseResult('gatewayState', result)).toEqual({ ok: true, value: result });
    expect(parseResult('gatewayState', { params: {} })).toMatchObject({
      ok: false,
      error: { code: 'bad_params', method: 'gatewayState' },
    });
  });

  it.each([
    ['invite', { message: 'CALL CREATED', callID: 'c', sessid: 's' }],
    ['answer', { callID: 'c', sessid: 's' }],
    ['attach', {}],
    ['modify', { action: 'hold', callID: 'c', holdState: 'held', sessid: 's' }],
    ['modify', { action: 'updateMedia', callID: 'c', sdp: 'v=0', holdState: 'active' }],
    ['bye', { callID: 'c', cause: 'NORMAL_CLEARING', causeCode: 16, message: 'CALL ENDED' }],
    ['subscribe', { subscribedChannels: ['a'], unauthorizedChannels: ['b'] }],
    ['unsubscribe', { unsubscribedChannels: ['a'], notSubscribedChannels: [] }],
    ['broadcast', { code: -32002, message: 'no' }],
    ['ping', { message: 'pong', sessid: 's' }],
  ] as const)('reads the result of %s: %o', (method, result) => {
    expect(parseResult(method, result)).toEqual({ ok: true, value: result });
  });

  it('reads null as an empty result', () => {
    expect(parseResult('info', null)).toEqual({ ok: true, value: {} });
  });

  it('unwraps the envelopes of a relay', () => {
    const inner = { message: 'CALL CREATED', callID: 'c' };
    for (const result of [
      { result: inner },
      { result: { code: '200', result: inner } },
      { result: { code: 200, node_id: 'n', result: { result: inner } } },
    ]) {
      expect(parseResult('invite', result)).toEqual({ ok: true, value: inner });
    }
  });

  it('tells a refusal inside an envelope, whatever its code is', () => {
    expect(parseResult('invite', { result: { code: '404', message: 'No node' } })).toEqual({
      ok: false,
      error: { code: 'relay_rejected', method: 'invite', message: 'No node', rpcCode: 404 },
    });
    expect(parseResult('invite', { result: { code: { valueOf: 1 } } })).toMatchObject({
      ok: false,
      error: { code: 'relay_rejected', rpcCode: 0 },
    });
  });

  it('does not follow envelopes for ever', () => {
    let result: unknown = {};
    for (let i = 0; i < 1000; i++) {
      result = { result };
    }
    expect(parseResult('ping', result).ok).toBe(true);
  });
});
