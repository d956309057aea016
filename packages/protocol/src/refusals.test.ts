import { describe, expect, it } from 'vitest';
import { type FrameError, parseClientFrame, telnyxDialect } from './index.ts';

function refuse(frame: object | string): FrameError {
  const text = typeof frame === 'string' ? frame : JSON.stringify(frame);
  const parsed = parseClientFrame(text, telnyxDialect);
  if (parsed.ok) {
    throw new Error(`taken as ${parsed.value.kind}`);
  }
  return parsed.error;
}

const request = (method: string, params?: unknown): object => ({
  jsonrpc: '2.0',
  id: '0f8c',
  method,
  params,
});
const sdp = 'v=0\r\no=- 77 2 IN IP4 127.0.0.1\r\n';
const dialogParams = { callID: 'leg-1', destination_number: 'bea' };

describe('a gateway refuses', () => {
  it('what is no JSON object, with the code of JSON-RPC', () => {
    expect(refuse('hello')).toMatchObject({ code: 'not_json', rpcCode: -32700 });
    expect(refuse('')).toMatchObject({ code: 'not_json', rpcCode: -32700 });
    expect(refuse('#hello')).toMatchObject({ code: 'not_json' });
    expect(refuse('[{"id":1}]')).toMatchObject({ code: 'not_object', rpcCode: -32600 });
    expect(refuse('null')).toMatchObject({ code: 'not_object', rpcCode: -32600 });
  });

  it('an envelope that is none, naming the id where there is one', () => {
    expect(refuse({ jsonrpc: '1.0', id: 7, method: 'login' })).toMatchObject({
      code: 'bad_envelope',
      id: 7,
      rpcCode: -32600,
    });
    expect(refuse({ id: 7, method: 5 })).toMatchObject({ code: 'bad_envelope', id: 7 });
    expect(refuse({ id: { a: 1 }, method: 'login' })).toMatchObject({ code: 'bad_envelope' });
    expect(refuse({ id: 'x'.repeat(257), method: 'login' })).toMatchObject({
      code: 'bad_envelope',
    });
    expect(refuse('{"id":1e999,"method":"login"}')).toMatchObject({ code: 'bad_envelope' });
  });

  it.each<[string, string, unknown]>([
    ['params that are a list', 'telnyx_rtc.ping', []],
    ['an invite without an SDP', 'telnyx_rtc.invite', { dialogParams }],
    [
      'an invite without a destination',
      'telnyx_rtc.invite',
      { sdp, dialogParams: { callID: 'x' } },
    ],
    ['an SDP beyond 64 KiB', 'telnyx_rtc.invite', { sdp: 'v'.repeat(65_537), dialogParams }],
    ['a call message without dialogParams', 'telnyx_rtc.bye', {}],
    ['an empty callID', 'telnyx_rtc.bye', { dialogParams: { callID: '' } }],
    ['a callID of 129 characters', 'telnyx_rtc.bye', { dialogParams: { callID: 'c'.repeat(129) } }],
    ['a callID with a line break', 'telnyx_rtc.bye', { dialogParams: { callID: 'a\nb' } }],
    [
      'a callID with half a surrogate pair',
      'telnyx_rtc.bye',
      { dialogParams: { callID: 'a\ud800' } },
    ],
    ['a callID that turns text around', 'telnyx_rtc.bye', { dialogParams: { callID: 'a\u202eb' } }],
    ['digits that are none', 'telnyx_rtc.info', { dtmf: '12x', dialogParams }],
    ['a digit below zero', 'telnyx_rtc.info', { dtmf: -5, dialogParams }],
    ['no digits', 'telnyx_rtc.info', { dtmf: ' ', dialogParams }],
    ['65 digits', 'telnyx_rtc.info', { dtmf: '1'.repeat(65), dialogParams }],
    [
      '65 headers of an invite',
      'telnyx_rtc.invite',
      {
        sdp,
        dialogParams: {
          ...dialogParams,
          custom_headers: Array(65).fill({ name: 'a', value: 'b' }),
        },
      },
    ],
    [
      'a header of an invite with a line break in it',
      'telnyx_rtc.invite',
      {
        sdp,
        dialogParams: { ...dialogParams, custom_headers: [{ name: 'a', value: 'b\r\nVia: c' }] },
      },
    ],
    [
      'a header of an invite without a name',
      'telnyx_rtc.invite',
      { sdp, dialogParams: { ...dialogParams, custom_headers: [{ name: '', value: 'b' }] } },
    ],
    ['a password that is an object', 'login', { login: 'ada', passwd: {} }],
    ['an anonymous login without a target', 'anonymous_login', { target_type: 'ai_assistant' }],
    ['a candidate that is an object', 'telnyx_rtc.candidate', { candidate: {}, dialogParams }],
    [
      'a line index below zero',
      'telnyx_rtc.candidate',
      { candidate: '', sdpMLineIndex: -1, dialogParams },
    ],
    ['a modify without an action', 'telnyx_rtc.modify', { dialogParams }],
    ['a subscription to nothing', 'telnyx_rtc.subscribe', {}],
  ])('%s, naming id and method for its answer', (_title, method, params) => {
    expect(refuse(request(method, params))).toMatchObject({
      code: 'bad_params',
      id: '0f8c',
      method: method.replace('telnyx_rtc.', ''),
      rpcCode: -32602,
    });
  });

  it('a debug report of no call', () => {
    expect(refuse({ id: 'c', type: 'debug_report_data' })).toMatchObject({
      code: 'bad_params',
      id: 'c',
      method: 'debug_report_data',
    });
  });

  it('and says which member was wrong', () => {
    const error = refuse(request('telnyx_rtc.bye', { dialogParams: { callID: 5 } }));
    expect(error.message).toBe('dialogParams.callID: expected string');
  });
});
