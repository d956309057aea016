import { describe, expect, it } from 'vitest';
import {
  encodeError,
  encodeRequest,
  encodeResult,
  encodeSpeedTestResult,
  type FrameError,
  freeswitchDialect,
  type GatewayFrame,
  parseGatewayFrame,
  telnyxDialect,
} from './index.ts';

function read(frame: object | string, dialect = telnyxDialect): GatewayFrame {
  const text = typeof frame === 'string' ? frame : JSON.stringify(frame);
  const parsed = parseGatewayFrame(text, dialect);
  if (!parsed.ok) {
    throw new Error(parsed.error.message);
  }
  return parsed.value;
}

function refuse(frame: object): FrameError {
  const parsed = parseGatewayFrame(JSON.stringify(frame), telnyxDialect);
  if (parsed.ok) {
    throw new Error(`taken as ${parsed.value.kind}`);
  }
  return parsed.error;
}

const sdp = 'v=0\r\ns=-\r\n';
const ids = { telnyx_call_control_id: 'cc', telnyx_session_id: 'ts', telnyx_leg_id: 'tl' };
const parties = {
  caller_id_name: 'Ada',
  caller_id_number: '41',
  callee_id_name: 'Bea',
  callee_id_number: '42',
};

describe('a client reads', () => {
  it.each<[string, string, unknown]>([
    ['that it may start', 'telnyx_rtc.clientReady', { reattached_sessions: ['leg-1'] }],
    ['a state that was pushed', 'telnyx_rtc.gatewayState', { state: 'UNREGED' }],
    ['a ping', 'telnyx_rtc.ping', { serno: 4 }],
    ['a punt', 'telnyx_rtc.punt', {}],
    ['a punt that names a call', 'telnyx_rtc.punt', { callID: 'leg-1' }],
    [
      'an invite',
      'telnyx_rtc.invite',
      {
        callID: 'in-1',
        sdp,
        ...parties,
        ...ids,
        display_direction: 'outbound',
        client_state: 'e30=',
        mediaSettings: { useSdpASBandwidthKbps: false },
        dialogParams: { custom_headers: [{ name: 'X-Queue', value: 'sales' }] },
        variables: { 'Event-Name': 'CHANNEL_DATA' },
      },
    ],
    ['that it rings', 'telnyx_rtc.ringing', { callID: 'leg-1', ...parties, ...ids }],
    ['early media', 'telnyx_rtc.media', { callID: 'leg-1', sdp }],
    ['an answer', 'telnyx_rtc.answer', { callID: 'leg-1', sdp, ...ids }],
    ['an answer after early media', 'telnyx_rtc.answer', { callID: 'leg-1' }],
    [
      'a bye with all that SIP knew',
      'telnyx_rtc.bye',
      {
        callID: 'leg-1',
        cause: 'CALL_REJECTED',
        causeCode: 21,
        sipCode: 603,
        sipReason: 'Decline',
        sip_call_id: 'x@y',
        client_state: 'e30=',
        dialogParams: { custom_headers: [] },
      },
    ],
    ['a bare bye', 'telnyx_rtc.bye', { callID: 'leg-1' }],
    ['an attach', 'telnyx_rtc.attach', { callID: 'leg-1', sdp, ...parties, ...ids }],
    [
      'an attach with what a new page cannot know',
      'telnyx_rtc.attach',
      { callID: 'leg-1', sdp, offhook: { direction: 'outbound', held: true, talkedMs: 61_000 } },
    ],
    [
      'an attach of a call that is handed over',
      'telnyx_rtc.attach',
      { callID: 'leg-1', sdp, offhook: { handover: true } },
    ],
    ['a punt that says why', 'telnyx_rtc.punt', { offhook: { reason: 'taken_over' } }],
    [
      'a candidate',
      'telnyx_rtc.candidate',
      { callID: 'leg-1', candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0 },
    ],
    [
      'a candidate whose call is in dialogParams',
      'telnyx_rtc.candidate',
      { candidate: '', dialogParams: { callID: 'l' } },
    ],
    [
      'the end of candidates',
      'telnyx_rtc.endOfCandidates',
      { callID: 'leg-1', endOfCandidates: true },
    ],
    [
      'who it speaks with',
      'telnyx_rtc.display',
      { callID: 'leg-1', display_name: 'Bea', display_number: '42', display_direction: 'inbound' },
    ],
    ['a digit of the far party', 'telnyx_rtc.info', { callID: 'leg-1', dtmf: '5' }],
    ['a chat message without a call', 'telnyx_rtc.info', { msg: { from: 'a', body: 'hi' } }],
    ['an event', 'telnyx_rtc.event', { eventChannel: 'room', eventData: { a: 1 }, eventSerno: 0 }],
    [
      'a notice of a live array',
      'telnyx_rtc.event',
      {
        eventType: 'channelPvtData',
        pvtData: { action: 'conference-liveArray-join', laChannel: 'c' },
      },
    ],
    [
      'an AI message',
      'ai_conversation',
      { type: 'conversation.item.created', item: { type: 'function_call' } },
    ],
    ['that the far party holds', 'offhook', { callID: 'leg-1', event: 'remote_held' }],
  ])('%s', (_title, method, params) => {
    expect(read({ jsonrpc: '2.0', id: 12, method, params, voice_sdk_id: 'v' })).toEqual({
      kind: 'request',
      id: 12,
      method: method.replace('telnyx_rtc.', ''),
      params,
      voiceSdkId: 'v',
    });
  });

  it('both spellings of an event', () => {
    const frame = { id: 1, method: 'webrtc.event', params: { eventChannel: 'c' } };
    expect(read(frame)).toMatchObject({ kind: 'request', method: 'event' });
  });

  it('a message whose lesser members are not what they should be, without them', () => {
    const params = {
      callID: 'leg-1',
      cause: 7,
      causeCode: '21',
      sipCode: 'none',
      client_state: null,
      dialogParams: { custom_headers: 'none' },
    };
    expect(read({ method: 'telnyx_rtc.bye', params })).toMatchObject({
      params: {
        callID: 'leg-1',
        cause: undefined,
        causeCode: 21,
        sipCode: undefined,
        client_state: undefined,
        dialogParams: { custom_headers: undefined },
      },
    });
  });

  it('a null result as an empty one', () => {
    expect(read('{"id":1,"result":null}')).toEqual({ kind: 'reply', id: 1, ok: true, result: {} });
    expect(read(encodeResult(1, null))).toEqual({ kind: 'reply', id: 1, ok: true, result: {} });
  });

  it('errors as FreeSWITCH writes them: without a code, without a message, with details beside them', () => {
    const error = (body: unknown): unknown => {
      const frame = read({ id: 'a', error: body });
      return frame.kind === 'reply' && !frame.ok ? frame.error : frame;
    };
    expect(error({ code: -32001, message: 'Login Incorrect' })).toEqual({
      code: -32001,
      message: 'Login Incorrect',
    });
    expect(error({ unauthorizedChannels: ['c'] })).toEqual({
      code: 0,
      message: '',
      data: { unauthorizedChannels: ['c'] },
    });
    expect(error({ code: -32002, message: 'CALL ERROR', cause: 'X', causeCode: 27 })).toMatchObject(
      {
        code: -32002,
        data: { cause: 'X', causeCode: 27 },
      },
    );
    expect(error({ code: '-32000', message: 'm', data: 1 })).toEqual({
      code: -32000,
      message: 'm',
      data: 1,
    });
    expect(error('no')).toEqual({ code: 0, message: 'no' });
  });

  it('an error beside a result as an error', () => {
    expect(read({ id: 1, result: {}, error: { code: 1, message: 'm' } })).toMatchObject({
      ok: false,
    });
    expect(read({ id: 1, result: {}, error: null })).toMatchObject({ ok: true });
  });

  it('an error that answers nothing in particular as unknown', () => {
    expect(read(encodeError(null, { code: -32700, message: 'm' }))).toMatchObject({
      kind: 'unknown',
      id: undefined,
    });
  });

  it('what a client sends as unknown', () => {
    const frame = encodeRequest(telnyxDialect, 1, 'login', { login: 'a' });
    expect(read(frame)).toMatchObject({ kind: 'unknown', method: 'login' });
  });

  it('what FreeSWITCH has and nobody else as unknown', () => {
    const frame = { id: 1, method: 'verto.prompt', params: { type: 'dtmf' } };
    expect(read(frame, freeswitchDialect)).toMatchObject({
      kind: 'unknown',
      method: 'verto.prompt',
    });
  });

  it('the results of a speed test', () => {
    expect(read(encodeSpeedTestResult('upload', 12.4))).toMatchObject({
      step: 'upload',
      value: 12,
    });
    expect(read('#SPD 30')).toMatchObject({ kind: 'speedtest', step: 'download', value: 30 });
  });

  it('a frame without jsonrpc', () => {
    expect(read({ method: 'telnyx_rtc.ping' })).toMatchObject({ kind: 'request', id: undefined });
  });
});

describe('a client refuses', () => {
  it.each<[string, string, unknown]>([
    ['an invite without an SDP', 'telnyx_rtc.invite', { callID: 'x' }],
    ['an invite without a callID', 'telnyx_rtc.invite', { sdp }],
    ['early media without an SDP', 'telnyx_rtc.media', { callID: 'x' }],
    ['a bye of no call', 'telnyx_rtc.bye', { callID: '' }],
    ['a state that is none', 'telnyx_rtc.gatewayState', {}],
    ['params that are text', 'telnyx_rtc.ping', 'x'],
  ])('%s', (_title, method, params) => {
    expect(refuse({ id: 3, method, params })).toMatchObject({
      code: 'bad_params',
      id: 3,
      method: method.replace('telnyx_rtc.', ''),
    });
  });
});

describe('encodeRequest', () => {
  it('writes no id for a notification and no routing token where there is none', () => {
    expect(JSON.parse(encodeRequest(telnyxDialect, undefined, 'ping', {}))).toEqual({
      jsonrpc: '2.0',
      method: 'telnyx_rtc.ping',
      params: {},
    });
  });

  it('refuses a method that the dialect does not have', () => {
    expect(() => encodeRequest(freeswitchDialect, 1, 'gatewayState', {})).toThrow(
      new TypeError('The freeswitch dialect has no gatewayState'),
    );
  });
});
