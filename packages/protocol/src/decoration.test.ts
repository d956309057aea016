import { describe, expect, it } from 'vitest';
import { telnyxDialect } from './dialects/telnyx.ts';
import { parseClientFrame } from './parse-client-frame.ts';

const callID = 'leg-1';
const sdp = 'v=0\r\no=- 77 2 IN IP4 127.0.0.1\r\n';

function read(method: string, params: object) {
  const frame = { jsonrpc: '2.0', id: 1, method: `telnyx_rtc.${method}`, params };
  const parsed = parseClientFrame(JSON.stringify(frame), telnyxDialect);
  if (!parsed.ok) {
    throw new Error(parsed.error.message);
  }
  if (parsed.value.kind !== 'request') {
    throw new Error(parsed.value.kind);
  }
  return parsed.value;
}

/** What callers, applications and other SDKs put beside what a message means. */
const decorations: readonly (readonly [string, object, string])[] = [
  ['a cause code that is a word', { causeCode: 'busy' }, 'causeCode: expected number'],
  ['a SIP code with its reason', { sipCode: '486 Busy Here' }, 'sipCode: expected number'],
  ['a cause of 300 characters', { cause: 'x'.repeat(300) }, 'cause: expected 0 to 256 characters'],
  ['a cause that is an object', { cause: {} }, 'cause: expected string'],
  ['a session that is a list', { sessid: [] }, 'sessid: expected string'],
  ['a SIP call id that is true', { sip_call_id: true }, 'sip_call_id: expected string'],
];

describe('a hangup', () => {
  it.each(decorations)('with %s is a hangup', (_, params, left) => {
    const { params: read_, leftOut } = read('bye', { dialogParams: { callID }, ...params });
    expect(read_).toEqual({ dialogParams: { callID } });
    expect(leftOut).toEqual([left]);
  });

  it('keeps the headers that fit, the first 64 of them', () => {
    const good = { name: 'X-Note', value: 'a' };
    const { params, leftOut } = read('bye', {
      dialogParams: {
        callID,
        custom_headers: [
          { name: 'X-Note', value: 'a\nb' },
          { name: 'X-None' },
          null,
          'x',
          { name: 'X-Long', value: 'x'.repeat(4097) },
          good,
          ...Array.from({ length: 100 }, () => good),
        ],
      },
    });
    const kept = params as { dialogParams: { custom_headers: unknown[] } };
    expect(kept.dialogParams.custom_headers).toEqual(Array.from({ length: 59 }, () => good));
    expect(leftOut).toHaveLength(6);
    expect(leftOut?.[0]).toBe(
      'dialogParams.custom_headers.0.value: expected no control characters',
    );
  });

  it('with nothing right but its name is one, and leaves nothing wrong to be read', () => {
    const junk = { a: [1] };
    const dialogParams = Object.fromEntries(
      [
        'destination_number',
        'caller_id_name',
        'caller_id_number',
        'remote_caller_id_name',
        'remote_caller_id_number',
        'custom_headers',
        'clientState',
        'telnyxCallControlId',
        'telnyxSessionId',
        'telnyxLegId',
        'attach',
        'recoveredCallId',
      ].map((name) => [name, junk]),
    );
    const { params } = read('bye', {
      dialogParams: { callID, ...dialogParams, userVariables: 'x', audio: junk, more: junk },
      offhook: 'junk',
      more: junk,
    });
    expect(params).toEqual({
      dialogParams: { callID, audio: junk, more: junk },
      offhook: undefined,
      more: junk,
    });
  });
});

describe('what else names a call and says what to do', () => {
  it.each<[string, object]>([
    ['answer', { sdp }],
    ['attach', { sdp }],
    ['modify', { action: 'hold' }],
    ['info', { dtmf: '5' }],
    ['candidate', { candidate: '' }],
    ['endOfCandidates', {}],
  ])('%s: goes on without what does not fit', (method, params) => {
    const { leftOut } = read(method, {
      ...params,
      sessid: {},
      'User-Agent': 7,
      trickle: 'perhaps',
      dialogParams: { callID, custom_headers: [{ name: 'X', value: 'a\nb' }], clientState: 1 },
    });
    expect(leftOut).toContain(
      'dialogParams.custom_headers.0.value: expected no control characters',
    );
    expect(leftOut).toContain('sessid: expected string');
  });

  it('a request in which all is well has nothing left out', () => {
    expect(read('bye', { dialogParams: { callID }, sipCode: null })).not.toHaveProperty('leftOut');
  });
});

describe('digits', () => {
  it.each<[unknown, string]>([
    ['5', '5'],
    [5, '5'],
    [0, '0'],
    [911, '911'],
    ['a', 'A'],
    ['1 2', '12'],
    ['1-2', '12'],
    ['1,2', '1,2'],
    ['1p2', '1,2'],
    ['1W2', '1w2'],
    ['*#', '*#'],
  ])('%j are %s', (dtmf, digits) => {
    expect(read('info', { dtmf, dialogParams: { callID } }).params).toMatchObject({ dtmf: digits });
  });
});
