import * as v from 'valibot';
import { isCause } from '@offhook/protocol';
import { EntrySchema } from './register.ts';

const cause = v.pipe(
  v.string(),
  v.check((text) => isCause(text)),
);
const ref = v.pipe(v.string(), v.maxLength(64));
const callID = v.pipe(v.string(), v.maxLength(256));

/** What a gateway tells another one. `ref` names a session. */
export const Told = v.variant('t', [
  /** To the gateway of the client's socket: send this. */
  v.object({
    t: v.literal('frame'),
    ref,
    id: v.optional(v.number()),
    method: v.string(),
    params: v.record(v.string(), v.unknown()),
  }),
  /** To the gateway that has the call: the client acknowledged that frame. */
  v.object({ t: v.literal('ack'), ref, id: v.number() }),
  /** The client has no socket now. */
  v.object({ t: v.literal('parked'), ref }),
  /** Somebody signed in as a user whom the other gateway is calling. */
  v.object({ t: v.literal('joined'), ref, user: v.string(), entry: EntrySchema }),
  /** What the client ended meanwhile is ended. */
  v.object({ t: v.literal('heard'), ref }),
  /** The session is over. */
  v.object({ t: v.literal('gone'), ref }),
]);
export type Told = v.InferOutput<typeof Told>;

/** What a gateway asks another one. */
export const Asked = v.variant('t', [
  /** The client's frame, as it goes over a socket. */
  v.object({ t: v.literal('request'), ref, text: v.string() }),
  /** The client is here now; what it says of its calls. */
  v.object({
    t: v.literal('resumed'),
    ref,
    user: v.string(),
    entry: EntrySchema,
    survivors: v.nullable(v.array(v.tuple([callID, v.picklist(['live', 'gone'])]))),
  }),
  /** The client has come here: the session is ours from now on. */
  v.object({ t: v.literal('take'), ref }),
  /** After messages may have been lost: how does the session stand? */
  v.object({ t: v.literal('state'), ref }),
]);
export type Asked = v.InferOutput<typeof Asked>;

export const RequestReply = v.variant('ok', [
  v.object({ ok: v.literal(true), result: v.unknown() }),
  v.object({
    ok: v.literal(false),
    error: v.object({ code: v.number(), message: v.string(), data: v.optional(v.unknown()) }),
  }),
]);

/** Calls that go on. */
export const ResumedReply = v.object({ calls: v.array(callID) });

/** Calls of the session, with the gateway that has each. */
export const TakeReply = v.object({ calls: v.array(v.tuple([callID, v.string()])) });

export const StateReply = v.object({
  online: v.boolean(),
  /** Calls of whoever asks that the client has. */
  calls: v.array(callID),
  /** Calls that the client ended while nobody could be told. */
  byes: v.array(v.object({ callID, cause })),
});
