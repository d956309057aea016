import * as v from 'valibot';
import { EntrySchema, type Entry, type Listed, type Listing, type Register } from '../register.ts';
import type { RedisLink } from './redis-link.ts';

/** A user whose sessions are written no more is forgotten after this. */
const KEEP_MS = 7_200_000;
/** Sessions that are written in one step. */
const BATCH = 50;

/** What a gateway wrote; what is unreadable is as good as not there. */
const READ = `
local function read(text)
  local done, entry = pcall(cjson.decode, text)
  if done and type(entry) == 'table' and type(entry.node) == 'string' and type(entry.epoch) == 'number' then
    return entry
  end
end`;

/** Each key is a user, with a session, its entry and its epoch in turn among the arguments. Returns those that are another gateway's now. */
const PUT = `${READ}
local taken = {}
for i, key in ipairs(KEYS) do
  local ref, entry, epoch = ARGV[i * 3], ARGV[i * 3 + 1], tonumber(ARGV[i * 3 + 2])
  local known = redis.call('HGET', key, ref)
  local old = known and read(known)
  if old and old.node ~= ARGV[1] and old.epoch >= epoch then
    table.insert(taken, ref)
  else
    redis.call('HSET', key, ref, entry)
    redis.call('PEXPIRE', key, ARGV[2])
  end
end
return taken`;

const DROP = `${READ}
local known = redis.call('HGET', KEYS[1], ARGV[1])
local entry = known and read(known)
if entry and entry.node == ARGV[2] then
  redis.call('HDEL', KEYS[1], ARGV[1])
end
return 0`;

/** Which leases there are. */
const LIVING = `
local living = {}
for i, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then table.insert(living, i) end
end
return living`;

/** Those whose gateway has a lease. */
const FIND = `${READ}
local found = {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local entry = read(all[i + 1])
  if entry and redis.call('EXISTS', ARGV[1] .. entry.node) == 1 then
    table.insert(found, all[i])
    table.insert(found, all[i + 1])
  end
end
return found`;

/** Longer than a call rings. */
const CALL_MS = 900_000;

const CALL = `
if ARGV[2] == '' then return redis.call('SREM', KEYS[1], ARGV[1]) end
redis.call('SADD', KEYS[1], ARGV[1])
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

const CALLERS = `
local callers = {}
for i, key in ipairs(KEYS) do callers[i] = redis.call('SMEMBERS', key) end
return callers`;

const GET = `return redis.call('HGET', KEYS[1], ARGV[1])`;

/** A hash of sessions for each user. */
export class RedisRegister implements Register {
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  async put(listings: readonly Listing[]): Promise<readonly string[]> {
    const taken: string[] = [];
    for (let from = 0; from < listings.length; from += BATCH) {
      const batch = listings.slice(from, from + BATCH);
      const keys = batch.map(({ user }) => this.#key(user));
      const args = batch.flatMap(({ ref, entry }) => [
        ref,
        JSON.stringify(entry),
        String(entry.epoch),
      ]);
      const reply = await this.#link.evaluate(PUT, keys, [
        this.#link.node,
        String(KEEP_MS),
        ...args,
      ]);
      taken.push(...texts(reply));
    }
    return taken;
  }

  async drop(user: string, ref: string): Promise<void> {
    await this.#link.evaluate(DROP, [this.#key(user)], [ref, this.#link.node]);
  }

  async find(user: string): Promise<readonly Listed[]> {
    const reply = texts(await this.#link.evaluate(FIND, [this.#key(user)], [this.#link.lease('')]));
    const found: Listed[] = [];
    for (let at = 0; at + 1 < reply.length; at += 2) {
      const entry = entryOf(reply[at + 1]);
      const ref = reply[at];
      if (entry && ref !== undefined) {
        found.push({ ref, entry });
      }
    }
    return found;
  }

  async get(user: string, ref: string): Promise<Entry | null> {
    return entryOf(await this.#link.evaluate(GET, [this.#key(user)], [ref]));
  }

  async call(user: string, isCalled: boolean): Promise<void> {
    const key = this.#link.key('calling', user);
    await this.#link.evaluate(CALL, [key], [this.#link.node, isCalled ? String(CALL_MS) : '']);
  }

  async callers(users: readonly string[]): Promise<readonly (readonly string[])[]> {
    const keys = users.map((user) => this.#link.key('calling', user));
    const reply = await this.#link.evaluate(CALLERS, keys, []);
    const all = Array.isArray(reply) ? reply : [];
    return users.map((_, at) => texts(all[at]).filter((node) => node !== this.#link.node));
  }

  async living(nodes: readonly string[]): Promise<ReadonlySet<string>> {
    const keys = nodes.map((node) => this.#link.lease(node));
    const reply = await this.#link.evaluate(LIVING, keys, []);
    const places = Array.isArray(reply) ? reply.map(Number) : [];
    return new Set(places.flatMap((place) => nodes[place - 1] ?? []));
  }

  #key(user: string): string {
    return this.#link.key('user', user);
  }
}

function texts(reply: unknown): readonly string[] {
  return Array.isArray(reply) ? reply.map(String) : [];
}

/** What an older or a newer gateway wrote, and we cannot read, is passed over. */
function entryOf(text: unknown): Entry | null {
  if (typeof text !== 'string') {
    return null;
  }
  try {
    const read = v.safeParse(EntrySchema, JSON.parse(text));
    return read.success ? read.output : null;
  } catch {
    return null;
  }
}
