import {
  freeswitchDialect,
  parseAiClientMessage,
  parseClientFrame,
  parseGatewayFrame,
  parseLiveArrayNotice,
  parseLiveArrayPacket,
  parseResult,
  readAiEvent,
  telnyxDialect,
} from '@offhook/protocol';
import type { ClientMethod } from '@offhook/protocol';
import { jsonMutations } from '../mutate/json.ts';
import type { FuzzTarget } from '../target.ts';

export const WORDS = [
  'jsonrpc',
  '2.0',
  'id',
  'method',
  'params',
  'result',
  'error',
  'code',
  'message',
  'data',
  'voice_sdk_id',
  'sessid',
  'login',
  'passwd',
  'login_token',
  'userVariables',
  'dialogParams',
  'callID',
  'sdp',
  'offhook',
  'cause',
  'causeCode',
  'dtmf',
  'destination_number',
  'caller_id_name',
  'action',
  'hold',
  'unhold',
  'toggleHold',
  'state',
  'REGED',
  'ice_servers',
  'urls',
  'candidate',
  'sdpMid',
  'sdpMLineIndex',
  'reattached_sessions',
  'eventChannel',
  'type',
  'item',
  'content',
  'output',
  'telnyx_rtc.invite',
  'telnyx_rtc.answer',
  'telnyx_rtc.bye',
  'telnyx_rtc.modify',
  'telnyx_rtc.info',
  'telnyx_rtc.candidate',
  'telnyx_rtc.attach',
  'telnyx_rtc.gatewayState',
  'telnyx_rtc.ping',
  'telnyx_rtc.punt',
  'telnyx_rtc.event',
  'telnyx_rtc.media',
  'telnyx_rtc.ringing',
  'verto.invite',
  'verto.bye',
  'verto.event',
  'verto.attach',
  'anonymous_login',
  'ai_conversation',
  'debug_report_id',
  'debug_report_data',
  '__proto__',
  'constructor',
];

const METHODS: readonly ClientMethod[] = [
  'login',
  'invite',
  'answer',
  'modify',
  'bye',
  'gatewayState',
  'attach',
  'subscribe',
];

const json = {
  maxLength: 262_144,
  mutations: jsonMutations(WORDS),
  dictionary: [
    ...WORDS.map((word) => `"${word}"`),
    '#SPU ',
    '#SPB',
    '#SPE',
    '\\u005f',
    '{"',
    '":',
    ',',
    '[',
    ']',
    '}',
  ],
  isExpected: () => false,
};

const frame = (members: object): Buffer =>
  Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...members }));

/** What damage does not make of other frames: texts as long as they may be, headers, refusals, booleans and numbers as text. */
const CLIENT_SEEDS: readonly Buffer[] = [
  frame({
    id: 1,
    method: 'telnyx_rtc.invite',
    params: {
      sdp: 'v=0',
      trickle: 'true',
      dialogParams: {
        callID: 'c',
        destination_number: 200,
        audio: 'true',
        custom_headers: [
          { name: 'X-A', value: 'b' },
          { name: 'X-B', value: 1 },
          { name: 'X\u0001', value: 'c\r\nd' },
          { name: 'X-C', value: 'x'.repeat(4097) },
        ],
      },
    },
  }),
  frame({
    id: 2,
    method: 'telnyx_rtc.info',
    params: { dtmf: ' 1-2p w#', dialogParams: { callID: 'c' } },
  }),
  frame({ id: 3, error: { code: '-32000', message: 'no', data: { reason: 'x' } } }),
  frame({ id: 4, error: 'no' }),
  Buffer.from(`{"id":5,"method":"login","params":{"passwd":"${'\\u005f'.repeat(22_000)}"}}`),
  Buffer.from(`{"id":6,"method":"login","params":{"passwd":"${'x'.repeat(131_100)}x"}}`),
  Buffer.from(`#SPB ${'.'.repeat(262_000)}`),
];

/** What a gateway reads of anyone who opens a socket, in both dialects. */
export const clientFrame: FuzzTarget = {
  ...json,
  name: 'client-frame',
  seeds: () => CLIENT_SEEDS,
  run: (input) => {
    const text = input.toString('utf8');
    const telnyx = parseClientFrame(text, telnyxDialect);
    const freeswitch = parseClientFrame(text, freeswitchDialect);
    // A socket has one dialect, so a gateway keeps one of the two: the one that knows the method, or the request as it came.
    const isVerto = freeswitch.ok && freeswitch.value.kind === 'request';
    const frame = isVerto ? freeswitch : telnyx;
    const params = frame.ok && frame.value.kind === 'request' ? frame.value.params : undefined;
    return [frame, params && parseAiClientMessage(params)];
  },
  budget: { cpuRatio: 60, floor: 2_048, heapBase: 65_536, heapPerByte: 32 },
};

/** What a client reads of the gateway that it was told to trust. */
export const gatewayFrame: FuzzTarget = {
  ...json,
  name: 'gateway-frame',
  run: (input) => {
    const text = input.toString('utf8');
    const frame = parseGatewayFrame(text, telnyxDialect);
    const other = parseGatewayFrame(text, freeswitchDialect);
    const kept: unknown[] = [frame, other];
    if (!frame.ok) {
      return kept;
    }
    const { value } = frame;
    if (value.kind === 'reply' && value.ok) {
      // A client reads a result as that of the one method that it asked for; which one it is here depends on the input alone.
      const method = METHODS[text.length % METHODS.length];
      if (method !== undefined) {
        kept.push(parseResult(method, value.result));
      }
    }
    if (value.kind === 'request') {
      const { params } = value;
      kept.push(readAiEvent(params), parseLiveArrayNotice(params), parseLiveArrayPacket(params));
    }
    return kept;
  },
  budget: { cpuRatio: 90, floor: 2_048, heapBase: 65_536, heapPerByte: 48 },
};
