import * as v from 'valibot';

/** What gateways tell each other of a session, and what is kept of it where all of them can read it. No secret is in it. */
export const EntrySchema = v.object({
  v: v.literal(1),
  /** The gateway that has its socket, or had it last. */
  node: v.string(),
  /** Grows each time another gateway takes it. */
  epoch: v.number(),
  online: v.boolean(),
  displayName: v.string(),
  generateRingback: v.boolean(),
  expiresAt: v.nullable(v.number()),
  guest: v.boolean(),
  dialling: v.nullable(
    v.object({
      routes: v.optional(v.array(v.string())),
      callerIds: v.optional(v.array(v.string())),
      callsAtOnce: v.optional(v.number()),
      minutesADay: v.optional(v.number()),
    }),
  ),
  address: v.string(),
  since: v.number(),
  extended: v.boolean(),
  client: v.nullable(v.string()),
  browser: v.nullable(v.string()),
  /** Its calls that other gateways have, or this one: callID and gateway. */
  calls: v.array(v.tuple([v.string(), v.string()])),
});

export type Entry = v.InferOutput<typeof EntrySchema>;

/** A session by its public name, which is made from its id and does not tell it. */
export interface Listed {
  readonly ref: string;
  readonly entry: Entry;
}

/** Of one session, to be written. */
export interface Listing extends Listed {
  readonly user: string;
}

/** Where gateways look each other's sessions up. Everything rejects with {@link RegisterError} when it cannot be reached. */
export interface Register {
  /** Writes them; those that another gateway has taken meanwhile are left as they are, and returned by their names. */
  put(listings: readonly Listing[]): Promise<readonly string[]>;
  /** Forgets a session, if it is still this gateway's. */
  drop(user: string, ref: string): Promise<void>;
  /** The user's sessions whose gateway lives. */
  find(user: string): Promise<readonly Listed[]>;
  /** One session, whether or not its gateway lives. */
  get(user: string, ref: string): Promise<Entry | null>;
  /** This gateway calls the user, or does so no longer. Forgotten after some minutes by itself. */
  call(user: string, isCalled: boolean): Promise<void>;
  /** Gateways that call each of these users, in their order; this one is not among them. */
  callers(users: readonly string[]): Promise<readonly (readonly string[])[]>;
  /** Which of these gateways live. */
  living(nodes: readonly string[]): Promise<ReadonlySet<string>>;
}

export class RegisterError extends Error {
  override readonly name = 'RegisterError';
}
