import * as v from 'valibot';
import type { CallState } from './call-state.ts';
import type { Leg, Party } from './leg.ts';

const text = v.pipe(v.string(), v.maxLength(256));
const IdentitySchema = v.object({ name: text, number: text });

/** Of a signed-in client: who it is. What it resumes with is not in it, only a name that is made of that. */
const PartySchema = v.object({
  session: text,
  user: text,
  displayName: text,
  generateRingback: v.boolean(),
  /** It understands our own frames. */
  extended: v.boolean(),
  /** Known by its token only. */
  guest: v.boolean(),
});

const LegSchema = v.object({
  id: text,
  controlId: text,
  callID: text,
  role: v.picklist(['caller', 'callee']),
  direction: v.picklist(['inbound', 'outbound']),
  own: IdentitySchema,
  remote: IdentitySchema,
  held: v.boolean(),
  party: PartySchema,
});

/** What it takes to go on with a call of two clients that talk. */
const CallRecordSchema = v.object({
  v: v.literal(1),
  id: text,
  codec: v.picklist(['opus', 'PCMU', 'PCMA']),
  /** Epoch milliseconds. */
  talksSince: v.number(),
  caller: LegSchema,
  partner: LegSchema,
});

export type PartyRecord = v.InferOutput<typeof PartySchema>;
export type LegRecord = v.InferOutput<typeof LegSchema>;
export type CallRecord = v.InferOutput<typeof CallRecordSchema>;

/** What of a call is kept. */
export interface KeepableCall {
  readonly id: string;
  readonly state: CallState;
  readonly codec: CallRecord['codec'];
  readonly service: object | null;
  readonly talksSince: number | null;
  readonly caller: Leg;
  readonly partner: Leg | null;
  readonly handover: { readonly underWay: boolean };
}

/** Hears of calls what it takes to keep them. Nothing here waits, and nothing here throws. */
export interface CallKeeper {
  /** Something of the call is not as it was. */
  changed(call: KeepableCall): void;
  ended(id: string): void;
}

/** Characters of one record. */
const MAX_RECORD = 16_384;

/**
 * The call as it stands; null: it cannot be kept, as it does not talk, or not with a client that signed in; `unsettled`: it is being
 * handed over, and what was kept before still holds.
 */
export function recordOf(
  call: KeepableCall,
  partyOf: (party: Party) => PartyRecord | null,
): CallRecord | null | 'unsettled' {
  const { caller, partner, talksSince } = call;
  if (call.state !== 'talking' || talksSince === null || call.service || !partner) {
    return null;
  }
  if (call.handover.underWay || !caller.answered || !partner.answered) {
    return 'unsettled';
  }
  const [first, second] = [partyOf(caller.party), partyOf(partner.party)];
  if (!first || !second) {
    return null;
  }
  return {
    v: 1,
    id: call.id,
    codec: call.codec,
    talksSince,
    caller: legRecord(caller, first),
    partner: legRecord(partner, second),
  };
}

function legRecord(leg: Leg, party: PartyRecord): LegRecord {
  const { id, controlId, callID, role, direction, own, remote, held } = leg;
  return { id, controlId, callID, role, direction, own, remote, held, party };
}

/** Null: too long to be kept. */
export function writeRecord(record: CallRecord): string | null {
  const written = JSON.stringify(record);
  return written.length > MAX_RECORD || readRecord(written) === null ? null : written;
}

/** Null: an older or newer gateway wrote it, or something else did. */
export function readRecord(written: string): CallRecord | null {
  if (written.length > MAX_RECORD) {
    return null;
  }
  try {
    const read = v.safeParse(CallRecordSchema, JSON.parse(written));
    return read.success ? read.output : null;
  } catch {
    return null;
  }
}
