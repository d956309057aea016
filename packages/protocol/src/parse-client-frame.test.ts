import { describe, expect, it } from 'vitest';
import {
  type ClientFrame,
  encodeDebugFrame,
  freeswitchDialect,
  parseClientFrame,
  telnyxDialect,
} from './index.ts';

function read(frame: object): ClientFrame {
  const parsed = parseClientFrame(JSON.stringify(frame), telnyxDialect);
  if (!parsed.ok) {
    throw new Error(parsed.error.message);
  }
  return parsed.value;
}

const request = (method: string, params?: unknown): object => ({
  jsonrpc: '2.0',
  id: '0f8c',
  method,
  params,
});
const sdp = 'v=0\r\no=- 77 2 IN IP4 127.0.0.1\r\n';
const dialogParams = { callID: 'leg-1', destination_number: 'bea' };

/** The option object of the reference client, as it puts it into every call message. */
const referenceDialog = {
  ...dialogParams,
  caller_id_name: 'Ada',
  caller_id_number: '41',
  remote_caller_id_name: 'Outbound Call',
  remote_caller_id_number: 'bea',
  custom_headers: [{ name: 'X-Ticket', value: '9' }],
  clientState: 'e30=',
  userVariables: { microphoneLabel: 'Headset' },
  audio: { echoCancellation: true },
  video: false,
  useStereo: false,
  attach: false,
  screenShare: false,
  mediaSettings: { useSdpASBandwidthKbps: false, sdpASBandwidthKbps: 0 },
  prefetchIceCandidates: false,
  debugOutput: 'socket',
  iceServers: [{ urls: ['turn:t.example.net'], username: 'u', credential: 'c' }],
  preferred_codecs: [{ mimeType: 'audio/opus', clockRate: 48_000 }],
};

describe('a gateway reads', () => {
  it.each<[string, string, unknown]>([
    [
      'a login of the reference client, with all of its credentials',
      'login',
      {
        login: 'ada',
        passwd: 'letmein',
        login_token: 'a.b.c',
        userVariables: { push_when_active: false, pn_late_fanout: false },
        reconnection: true,
        loginParams: { early_sdp_answer: false },
        'User-Agent': { sdkVersion: '2.27.10', data: 'Mozilla/5.0' },
        sessid: 's-1',
      },
    ],
    [
      'a login of a client that names its surviving calls',
      'login',
      { login: 'ada', passwd: 'p', offhook: { v: 1, calls: [{ callID: 'leg-1', peer: 'live' }] } },
    ],
    [
      'an anonymous login',
      'anonymous_login',
      {
        target_type: 'ai_assistant',
        target_id: 'assistant-9',
        target_version_id: 'v2',
        target_params: { conversation_id: 'conv-1' },
        reconnection: false,
        'User-Agent': { sdkVersion: '2.27.10', data: 'x' },
      },
    ],
    ['a question for the gateway state', 'telnyx_rtc.gatewayState', { offhook: { v: 1 } }],
    ['a ping', 'telnyx_rtc.ping', {}],
    [
      'an invite of the reference client, options and all',
      'telnyx_rtc.invite',
      { sessid: 's-1', sdp, dialogParams: referenceDialog, 'User-Agent': 'Web-2.27.10' },
    ],
    ['a trickling invite', 'telnyx_rtc.invite', { sdp, trickle: true, dialogParams }],
    [
      'an invite to nowhere, as an anonymous client sends it',
      'telnyx_rtc.invite',
      { sdp, dialogParams: { callID: 'leg-1', destination_number: '' } },
    ],
    [
      'an invite in the place of a lost call',
      'telnyx_rtc.invite',
      { sdp, dialogParams: { ...dialogParams, recoveredCallId: 'leg-0' } },
    ],
    [
      'an answer with no more than the callID',
      'telnyx_rtc.answer',
      { sdp, dialogParams: { callID: 'x' } },
    ],
    [
      'the answer to an attach',
      'telnyx_rtc.attach',
      { sdp, dialogParams: { callID: 'x', attach: true, recoveredCallId: 'x' } },
    ],
    ['a hold', 'telnyx_rtc.modify', { sessid: 's', action: 'hold', dialogParams }],
    [
      'an ICE restart',
      'telnyx_rtc.modify',
      { action: 'updateMedia', callID: 'leg-1', sdp, trickle: true, dialogParams },
    ],
    [
      'a bye, with the nulls of the reference client',
      'telnyx_rtc.bye',
      {
        sipCode: null,
        sip_call_id: null,
        sessid: 's',
        dialogParams: { callID: 'leg-1', custom_headers: [] },
        cause: 'USER_BUSY',
        causeCode: 17,
      },
    ],
    [
      'a bye that names the call to come',
      'telnyx_rtc.bye',
      { dialogParams, offhook: { replacedBy: 'n' } },
    ],
    ['several digits at once', 'telnyx_rtc.info', { dtmf: '12#ABCD*w,', dialogParams }],
    ['a text', 'telnyx_rtc.info', { msg: { from: 'ada', to: 'bea', body: 'hi' }, dialogParams }],
    [
      'a candidate',
      'telnyx_rtc.candidate',
      {
        candidate: 'candidate:1 1 udp 2 192.0.2.1 9 typ host',
        sdpMid: '0',
        sdpMLineIndex: 0,
        dialogParams,
      },
    ],
    [
      'an empty candidate',
      'telnyx_rtc.candidate',
      { candidate: '', sdpMid: null, sdpMLineIndex: null, dialogParams },
    ],
    [
      'the end of candidates',
      'telnyx_rtc.endOfCandidates',
      { endOfCandidates: true, dialogParams },
    ],
    ['a subscription', 'telnyx_rtc.subscribe', { sessid: 's', eventChannel: ['room-1'] }],
    ['its end', 'telnyx_rtc.unsubscribe', { sessid: 's', eventChannel: ['room-1'] }],
    [
      'a broadcast',
      'telnyx_rtc.broadcast',
      { sessid: 's', eventChannel: 'room-1', data: { a: [1] } },
    ],
    [
      'an AI message',
      'ai_conversation',
      {
        type: 'conversation.item.create',
        previous_item_id: null,
        item: {
          id: 'i',
          type: 'message',
          role: 'user',
          content: [{ type: 'input_text', text: 'hi' }],
        },
      },
    ],
  ])('%s', (_title, method, params) => {
    expect(read(request(method, params))).toEqual({
      kind: 'request',
      id: '0f8c',
      method: method.replace('telnyx_rtc.', ''),
      params,
    });
  });

  it('a message without params as one with none', () => {
    const empty = { kind: 'request', id: '0f8c', method: 'ping', params: {} };
    expect(read(request('telnyx_rtc.ping'))).toEqual(empty);
    expect(read(request('telnyx_rtc.ping', null))).toEqual(empty);
  });

  it('a notification: a request without an id', () => {
    const params = { type: 'conversation.item.create', item: { type: 'function_call_output' } };
    expect(read({ jsonrpc: '2.0', method: 'ai_conversation', params })).toEqual({
      kind: 'request',
      id: undefined,
      method: 'ai_conversation',
      params,
    });
  });

  it('the token of sticky routing, and its absence when the client sends null', () => {
    const ping = request('telnyx_rtc.ping', {});
    expect(read({ ...ping, voice_sdk_id: 'v-1' })).toMatchObject({ voiceSdkId: 'v-1' });
    expect(read({ ...ping, voice_sdk_id: null })).not.toHaveProperty('voiceSdkId');
  });

  it('null in an optional member as its absence', () => {
    const frame = read(
      request('login', {
        login: null,
        passwd: null,
        login_token: 't',
        sessid: null,
        userVariables: null,
      }),
    );
    expect(frame).toMatchObject({
      params: { login_token: 't', login: undefined, sessid: undefined },
    });
  });

  it('what mobile clients write otherwise: booleans as text, the user agent as text', () => {
    const frame = read(
      request('login', {
        login_token: 't',
        reconnection: 'true',
        loginParams: { attach_call: 'true' },
        userVariables: { push_when_active: 'true' },
        'User-Agent': 'Flutter-3.1',
      }),
    );
    expect(frame).toMatchObject({ params: { reconnection: true, 'User-Agent': 'Flutter-3.1' } });
  });

  it('numbers where text is meant, and text where a number is meant', () => {
    const dialog = {
      callID: 'x',
      destination_number: 200,
      custom_headers: [{ name: 'X-A', value: 5 }],
    };
    expect(read(request('telnyx_rtc.invite', { sdp, dialogParams: dialog }))).toMatchObject({
      params: {
        dialogParams: { destination_number: '200', custom_headers: [{ name: 'X-A', value: '5' }] },
      },
    });
    expect(read(request('telnyx_rtc.bye', { causeCode: '17', dialogParams }))).toMatchObject({
      params: { causeCode: 17 },
    });
  });

  it('an extension of another version as absent', () => {
    const params = { login: 'ada', passwd: 'p', offhook: { v: 2, calls: { all: true } } };
    expect(read(request('login', params))).toMatchObject({ params: { offhook: undefined } });
  });

  it('the acknowledgement of a request of its own', () => {
    expect(read({ jsonrpc: '2.0', id: 13, result: { method: 'telnyx_rtc.ringing' } })).toEqual({
      kind: 'reply',
      id: 13,
      ok: true,
      result: { method: 'telnyx_rtc.ringing' },
    });
  });

  it('a frame with a method as a request, even when it also holds a result', () => {
    expect(read({ id: 1, method: 'telnyx_rtc.ping', result: {} })).toMatchObject({
      kind: 'request',
    });
  });

  it('debug reports, which have a type in the place of a method', () => {
    const debug = { debug_report_id: 'd-1', debug_report_version: 1, call_id: 'leg-1' };
    for (const type of ['debug_report_start', 'debug_report_stop'] as const) {
      const frame = { id: 'a', type, ...debug };
      expect(read(JSON.parse(encodeDebugFrame(frame)) as object)).toEqual({
        kind: 'debug',
        ...frame,
      });
    }
    const data = {
      id: 'b',
      type: 'debug_report_data',
      ...debug,
      debug_report_data: { event: 'mute' },
    } as const;
    expect(read(JSON.parse(encodeDebugFrame(data)) as object)).toEqual({ kind: 'debug', ...data });
  });

  it('what it does not know, with all that is needed to answer', () => {
    expect(read(request('telnyx_rtc.attachCalls', { a: 1 }))).toEqual({
      kind: 'unknown',
      id: '0f8c',
      method: 'telnyx_rtc.attachCalls',
      params: { a: 1 },
    });
    expect(read({ id: 4 })).toMatchObject({ kind: 'unknown', id: 4, method: undefined });
    expect(read({ id: 5, type: 'something_else' })).toMatchObject({ kind: 'unknown', id: 5 });
  });

  it('a method that only gateways send as unknown', () => {
    for (const method of [
      'telnyx_rtc.clientReady',
      'telnyx_rtc.ringing',
      'telnyx_rtc.punt',
      'offhook',
    ]) {
      expect(read(request(method, { callID: 'x' }))).toMatchObject({ kind: 'unknown', method });
    }
  });

  it('names that objects inherit as unknown methods', () => {
    for (const method of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      expect(read(request(method, {}))).toMatchObject({ kind: 'unknown', method });
    }
  });

  it('the methods of its own dialect only', () => {
    expect(read(request('verto.ping'))).toMatchObject({ kind: 'unknown', method: 'verto.ping' });
    const frame = JSON.stringify(request('verto.bye', { dialogParams }));
    expect(parseClientFrame(frame, freeswitchDialect)).toMatchObject({
      ok: true,
      value: { kind: 'request', method: 'bye' },
    });
  });

  it('members that nobody knows, but none called __proto__, however it is spelt', () => {
    for (const proto of ['__proto__', '\\u005f_proto\\u005f_']) {
      const text = `{"id":1,"method":"telnyx_rtc.bye","params":{"${proto}":{"x":1},"dialogParams":{"callID":"c","own":[{"${proto}":{"x":1},"y":2}],"${proto}":{"x":1}}}}`;
      const parsed = parseClientFrame(text, telnyxDialect);
      const params = { dialogParams: { callID: 'c', own: [{ y: 2 }] } };
      expect(JSON.stringify(parsed)).toBe(
        JSON.stringify({ ok: true, value: { kind: 'request', id: 1, method: 'bye', params } }),
      );
    }
  });
});
