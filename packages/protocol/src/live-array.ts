import * as v from 'valibot';
import { check } from './check.ts';
import type { FrameError } from './frame.ts';
import type { Result } from './result.ts';
import { type Known, lenient } from './schemas/tools.ts';

/*
 * The live arrays of FreeSWITCH's conferences (wire spec 8.16): a list kept in step by packets in `event` messages. Read from
 * `event.params`, which pass them untouched; rows are handed on as they are.
 */

const string = () => lenient(v.string());

/** `params.pvtData` of an event with `eventType` `channelPvtData`. */
const LiveArrayNoticeSchema = v.looseObject({
  action: v.picklist(['conference-liveArray-join', 'conference-liveArray-part']),
  callID: string(),
  laChannel: v.string(),
  laName: string(),
  role: string(),
  chatChannel: string(),
  infoChannel: string(),
  modChannel: string(),
  conferenceMemberID: lenient(v.union([v.string(), v.number()])),
});

/** `data` of an event on `laChannel`. */
const LiveArrayPacketSchema = v.looseObject({
  action: v.picklist(['bootObj', 'add', 'modify', 'del', 'clear']),
  name: string(),
  hashKey: string(),
  arrIndex: lenient(v.number()),
  /** -1 in `bootObj`, then rising by one; after a gap the array has to be booted again. */
  wireSerno: lenient(v.number()),
  data: v.optional(v.unknown()),
});

export type LiveArrayNotice = Known<v.InferOutput<typeof LiveArrayNoticeSchema>>;
export type LiveArrayPacket = Known<v.InferOutput<typeof LiveArrayPacketSchema>>;

/** Never throws. */
export function parseLiveArrayNotice(pvtData: unknown): Result<LiveArrayNotice, FrameError> {
  return check(LiveArrayNoticeSchema, pvtData, 'event');
}

/** Never throws. */
export function parseLiveArrayPacket(data: unknown): Result<LiveArrayPacket, FrameError> {
  return check(LiveArrayPacketSchema, data, 'event');
}

/** The `data` of the broadcast to `laChannel` that asks for the whole array. */
export function liveArrayBootstrap(
  laChannel: string,
  laName: string,
): { readonly liveArray: object } {
  return { liveArray: { command: 'bootstrap', context: laChannel, name: laName, obj: {} } };
}
