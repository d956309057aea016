import fc from 'fast-check';
import type {
  ClientMethod,
  ClientParams,
  FrameId,
  GatewayMethod,
  GatewayParams,
} from '../src/index.ts';

/** Params of every method, as their senders may build them, with members that nobody knows mixed in. */

export const frameId: fc.Arbitrary<FrameId> = fc.oneof(
  fc.uuid(),
  fc.integer(),
  fc.string({ maxLength: 256, unit: 'binary' }),
);

const text = fc.string({ maxLength: 40, unit: 'grapheme' });
const name = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme-ascii' });
const sdp = fc
  .array(fc.string({ maxLength: 60, unit: 'grapheme-ascii' }), { minLength: 1, maxLength: 20 })
  .map((lines) => `v=0\r\n${lines.map((line) => `a=${line}\r\n`).join('')}`);
const number = fc.integer({ min: -999_999_999, max: 999_999_999 });
/** Any JSON value, but for `__proto__` members, which readers take out, and -0, which JSON has not. */
export const json = fc
  .jsonValue({ maxDepth: 3 })
  .map((value) => clean(JSON.parse(JSON.stringify(value))));
/** `__proto__` is dropped, on purpose. */
const key = fc
  .string({ minLength: 1, maxLength: 12, unit: 'grapheme-ascii' })
  .filter((k) => k !== '__proto__');
const open = fc.dictionary(key, json, { maxKeys: 4 }).map((value) => ({ ...value }));
/** Members of no schema: all of ours are known names, none begins with x-. */
const extras = fc
  .dictionary(
    key.map((k) => `x-${k}`),
    json,
    { maxKeys: 3 },
  )
  .map((value) => ({ ...value }));

function clean(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(clean);
  }
  const kept = Object.entries(value).filter(([name]) => name !== '__proto__');
  return Object.fromEntries(kept.map(([name, member]) => [name, clean(member)]));
}

function members<T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> {
  return fc.record(shape, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;
}

/** `needed` always, `optional` each perhaps, and strangers. */
function message<N extends object, O extends object>(
  needed: { [K in keyof N]: fc.Arbitrary<N[K]> },
  optional: { [K in keyof O]: fc.Arbitrary<O[K]> },
): fc.Arbitrary<N & Partial<O>> {
  return fc
    .tuple(fc.record(needed), members<O>(optional), extras)
    .map(([n, o, x]) => ({ ...x, ...o, ...n }));
}

function only<N extends object>(needed: { [K in keyof N]: fc.Arbitrary<N[K]> }): fc.Arbitrary<N> {
  return fc.tuple(fc.record(needed), extras).map(([n, x]) => ({ ...x, ...n }));
}

const headers = fc.array(fc.record({ name, value: name }), { maxLength: 5 });
const callID = fc.oneof(
  fc.uuid(),
  fc.string({ minLength: 1, maxLength: 64, unit: 'grapheme-ascii' }),
);
const flag = fc.boolean();

const dialog = {
  caller_id_name: text,
  caller_id_number: text,
  remote_caller_id_name: text,
  remote_caller_id_number: text,
  custom_headers: headers,
  clientState: fc.base64String({ maxLength: 80 }),
  telnyxCallControlId: text,
  telnyxSessionId: text,
  telnyxLegId: text,
  userVariables: open,
  audio: fc.oneof(flag, open),
  video: flag,
  attach: flag,
  recoveredCallId: callID,
};
const dialogParams = message({ callID }, { ...dialog, destination_number: text });
const inviteDialogParams = message({ callID, destination_number: text }, dialog);
const userAgent = fc.oneof(text, open);
const offer = {
  sessid: text,
  trickle: flag,
  'User-Agent': userAgent,
};
const channel = text;

export const clientParams: { [M in ClientMethod]: fc.Arbitrary<ClientParams[M]> } = {
  login: message(
    {},
    {
      login: text,
      passwd: text,
      login_token: text,
      userVariables: open,
      reconnection: flag,
      loginParams: open,
      'User-Agent': userAgent,
      sessid: text,
      offhook: fc.record({
        v: fc.constant(1),
        calls: fc.array(
          fc.record({ callID, peer: fc.constantFrom('live' as const, 'gone' as const) }),
          { maxLength: 5 },
        ),
      }),
    },
  ),
  anonymous_login: message(
    { target_type: fc.constant('ai_assistant'), target_id: text },
    {
      target_version_id: text,
      target_params: open,
      userVariables: open,
      reconnection: flag,
      'User-Agent': userAgent,
      sessid: text,
    },
  ),
  gatewayState: message({}, { offhook: fc.constant({ v: 1 }) }),
  ping: only({}),
  invite: message({ sdp, dialogParams: inviteDialogParams }, offer),
  answer: message({ sdp, dialogParams }, offer),
  attach: message({ sdp, dialogParams }, offer),
  modify: message(
    { action: fc.constantFrom('hold', 'unhold', 'toggleHold', 'updateMedia'), dialogParams },
    { sessid: text, callID, sdp, trickle: flag },
  ),
  bye: message(
    { dialogParams },
    {
      sessid: text,
      cause: fc.constantFrom('NORMAL_CLEARING', 'USER_BUSY'),
      causeCode: number,
      sipCode: fc.option(number),
      sip_call_id: fc.option(text),
      offhook: fc.record({ replacedBy: callID }),
    },
  ),
  info: message(
    { dialogParams },
    {
      sessid: text,
      dtmf: fc.string({
        minLength: 1,
        maxLength: 64,
        unit: fc.constantFrom(...'0123456789ABCD#*w,'.split('')),
      }),
      msg: fc.record({ from: text, to: text, body: text }),
    },
  ),
  candidate: message(
    { candidate: text, dialogParams },
    {
      sessid: text,
      sdpMid: fc.option(text),
      sdpMLineIndex: fc.option(fc.integer({ min: 0, max: 65_535 })),
    },
  ),
  endOfCandidates: message({ dialogParams }, { sessid: text, endOfCandidates: fc.constant(true) }),
  subscribe: message(
    { eventChannel: fc.oneof(channel, fc.array(channel, { maxLength: 5 })) },
    { sessid: text },
  ),
  unsubscribe: message({ eventChannel: fc.array(channel, { maxLength: 5 }) }, { sessid: text }),
  broadcast: message({ eventChannel: channel }, { sessid: text, data: json }),
  ai_conversation: message(
    { type: fc.constant('conversation.item.create') },
    {
      previous_item_id: fc.option(text),
      item: message({}, { type: text, id: text }),
    },
  ),
};

const ids = { telnyx_call_control_id: text, telnyx_session_id: text, telnyx_leg_id: text };
const parties = {
  caller_id_name: text,
  caller_id_number: text,
  callee_id_name: text,
  callee_id_number: text,
  display_direction: fc.constantFrom('inbound', 'outbound'),
};
const gatewayDialog = message({}, { custom_headers: headers });
const gatewayCall = {
  ...parties,
  ...ids,
  client_state: text,
  mediaSettings: open,
  variables: open,
  dialogParams: gatewayDialog,
};
const kept = message(
  {},
  {
    direction: fc.constantFrom('inbound' as const, 'outbound' as const),
    held: fc.boolean(),
    talkedMs: fc.nat(),
  },
);

export const gatewayParams: { [M in GatewayMethod]: fc.Arbitrary<GatewayParams[M]> } = {
  clientReady: message({}, { reattached_sessions: fc.array(callID, { maxLength: 5 }) }),
  gatewayState: only({ state: fc.constantFrom('REGED', 'TRYING', 'SOMETHING_NEW') }),
  ping: message({}, { serno: number }),
  punt: message({}, { callID, offhook: message({}, { reason: text }) }),
  invite: message({ callID, sdp }, gatewayCall),
  attach: message({ callID, sdp }, { ...gatewayCall, offhook: kept }),
  ringing: message({ callID }, { ...parties, ...ids, dialogParams: gatewayDialog }),
  media: message({ callID, sdp }, { ...ids, variables: open, dialogParams: gatewayDialog }),
  answer: message({ callID }, { ...ids, sdp, variables: open, dialogParams: gatewayDialog }),
  bye: message(
    { callID },
    {
      ...ids,
      cause: text,
      causeCode: number,
      sipCode: number,
      sipReason: text,
      sip_call_id: text,
      client_state: text,
      clientState: text,
      dialogParams: gatewayDialog,
      offhook: fc.record({ replacedBy: callID }),
    },
  ),
  candidate: message(
    { candidate: text },
    { callID, sdpMid: text, sdpMLineIndex: number, dialogParams: fc.record({ callID }) },
  ),
  endOfCandidates: message(
    {},
    { callID, endOfCandidates: flag, dialogParams: fc.record({ callID }) },
  ),
  display: message({ callID }, { display_name: text, display_number: text, ...parties }),
  info: message({}, { callID, dtmf: text, type: text, msg: open }),
  event: message(
    {},
    {
      eventChannel: channel,
      eventData: json,
      data: json,
      eventSerno: number,
      eventType: text,
      subscribedChannel: channel,
      pvtData: open,
    },
  ),
  ai_conversation: message({}, { type: text, item: open }),
  offhook: only({
    callID,
    event: fc.constantFrom('remote_held', 'remote_resumed', 'remote_away', 'remote_back'),
  }),
};
