import { check, type Checked } from './check.ts';
import type { FrameError } from './frame-error.ts';
import type { Result } from './result.ts';
import {
  anything,
  either,
  type Known,
  lenient,
  number,
  object,
  oneOf,
  string,
} from './schemas/tools.ts';

/*
 * The live arrays of FreeSWITCH's conferences (wire spec 8.16): a list kept in step by packets in `event` messages. Read from
 * `event.params`, which pass them untouched; rows are handed on as they are.
 */

const text = lenient(string);

/** `params.pvtData` of an event with `eventType` `channelPvtData`. */
const LiveArrayNoticeSchema = object({
  action: oneOf('conference-liveArray-join', 'conference-liveArray-part'),
  callID: text,
  laChannel: string,
  laName: text,
  role: text,
  chatChannel: text,
  infoChannel: text,
  modChannel: text,
  conferenceMemberID: lenient(either(string, number)),
});

/** `data` of an event on `laChannel`. */
const LiveArrayPacketSchema = object({
  action: oneOf('bootObj', 'add', 'modify', 'del', 'clear'),
  name: text,
  hashKey: text,
  arrIndex: lenient(number),
  /** -1 in `bootObj`, then rising by one; after a gap the array has to be booted again. */
  wireSerno: lenient(number),
  data: anything,
});

export type LiveArrayNotice = Known<Checked<typeof LiveArrayNoticeSchema>>;
export type LiveArrayPacket = Known<Checked<typeof LiveArrayPacketSchema>>;

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
