import {
  LEASE_MS,
  MAX_FOUND,
  ORPHAN_MS,
  RECORD_MS,
  TOMBSTONE_MS,
  type CallEpoch,
  type CallRecords,
  type KeptRecord,
  type Taken,
} from '../call-records.ts';
import { RegisterError } from '../register.ts';
import type { RedisLink } from './redis-link.ts';

const RENEW = `
local was = redis.call('EXISTS', KEYS[1])
redis.call('SET', KEYS[1], '1', 'PX', ARGV[1])
redis.call('SET', KEYS[2], '1', 'PX', ARGV[2])
return was`;

const RELEASE = `return redis.call('DEL', KEYS[1])`;

/** The call, then its sessions; node, epoch, revision, text, how long the text and the sessions' keys are kept, id. */
const WRITE = `
local row = redis.call('HMGET', KEYS[1], 'node', 'epoch', 'revision')
if row[1] and (row[1] ~= ARGV[1] or row[2] ~= ARGV[2]) then return 0 end
if row[3] and tonumber(row[3]) >= tonumber(ARGV[3]) then return 1 end
redis.call('HSET', KEYS[1], 'node', ARGV[1], 'epoch', ARGV[2], 'revision', ARGV[3], 'text', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
for i = 2, #KEYS do
  if ARGV[4] == '' then
    redis.call('SREM', KEYS[i], ARGV[6])
  else
    redis.call('SADD', KEYS[i], ARGV[6])
    redis.call('PEXPIRE', KEYS[i], ARGV[5])
  end
end
return 1`;

/** The calls; the node, then each call's epoch. Returns the places of those that are lost. */
const LOST = `
local lost = {}
for i, key in ipairs(KEYS) do
  local row = redis.call('HMGET', key, 'node', 'epoch')
  if row[1] and (row[1] ~= ARGV[1] or row[2] ~= ARGV[i + 1]) then table.insert(lost, i) end
end
return lost`;

/** A session; before a call's key, how many. Ids and epochs in turn. */
const FIND = `
local found = {}
for _, id in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local row = redis.call('HMGET', ARGV[1] .. id, 'epoch', 'text')
  if not row[1] then
    redis.call('SREM', KEYS[1], id)
  elseif row[2] ~= '' and #found < 2 * tonumber(ARGV[2]) then
    table.insert(found, id)
    table.insert(found, row[1])
  end
end
return found`;

/**
 * The call; the node, the epoch, the attempt, what stands before a node in the keys of its lease and of its last sign of life, how long
 * the record is kept.
 */
const TAKE = `
local tried = 'tried:' .. ARGV[1]
local row = redis.call('HMGET', KEYS[1], 'node', 'epoch', 'revision', 'text', 'by', tried)
if not row[1] or row[4] == '' then return 'none' end
local node, epoch = row[1], tonumber(row[2])
local wanted, attempt = tonumber(ARGV[2]), tonumber(ARGV[3])
if node == ARGV[1] and epoch == wanted + 1 and row[5] and tonumber(row[5]) <= attempt then
  redis.call('HSET', KEYS[1], 'by', ARGV[3])
  return {row[2], row[3], row[4]}
end
if row[6] and tonumber(row[6]) >= attempt then return 'owned' end
redis.call('HSET', KEYS[1], tried, ARGV[3])
if epoch ~= wanted or redis.call('EXISTS', ARGV[4] .. ARGV[1]) == 0 then return 'owned' end
if node ~= ARGV[1] and redis.call('EXISTS', ARGV[4] .. node) == 1 then return 'owned' end
if node ~= '' and redis.call('EXISTS', ARGV[5] .. node) == 0 then
  redis.call('DEL', KEYS[1])
  return 'none'
end
local taken = tostring(epoch + 1)
redis.call('HSET', KEYS[1], 'node', ARGV[1], 'epoch', taken, 'by', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return {taken, row[3], row[4]}`;

/** The call; the node, the attempt, how long the record is kept. */
const GIVE_BACK = `
local tried = 'tried:' .. ARGV[1]
local row = redis.call('HMGET', KEYS[1], 'node', 'epoch', 'text', 'by', tried)
if not row[1] or row[3] == '' then return 0 end
local attempt = tonumber(ARGV[2])
if not row[5] or tonumber(row[5]) < attempt then redis.call('HSET', KEYS[1], tried, ARGV[2]) end
if row[1] == ARGV[1] and row[4] and tonumber(row[4]) <= attempt then
  redis.call('HSET', KEYS[1], 'node', '', 'epoch', tostring(tonumber(row[2]) + 1))
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return 0`;

/**
 * A hash for each call, a set of calls for each session, and for each gateway its lease and its last sign of life. Keys are made in
 * scripts too: one Redis, or one that is replicated, and no cluster of Redis.
 */
export class RedisCallRecords implements CallRecords {
  readonly #link: Pick<RedisLink, 'evaluate' | 'key'>;

  constructor(link: Pick<RedisLink, 'evaluate' | 'key'>) {
    this.#link = link;
  }

  async renew(node: string): Promise<boolean> {
    const keys = [this.#link.key('owner', node), this.#link.key('seen', node)];
    const was = await this.#link.evaluate(RENEW, keys, [String(LEASE_MS), String(ORPHAN_MS)]);
    return was === 1;
  }

  async release(node: string): Promise<void> {
    await this.#link.evaluate(RELEASE, [this.#link.key('owner', node)], []);
  }

  async write(kept: KeptRecord): Promise<boolean> {
    const { id, node, epoch, revision, text, sessions } = kept;
    const keys = [
      this.#link.key('call', id),
      ...sessions.map((each) => this.#link.key('calls', each)),
    ];
    const ms = text === '' ? TOMBSTONE_MS : RECORD_MS;
    const args = [node, String(epoch), String(revision), text, String(ms), id];
    return (await this.#link.evaluate(WRITE, keys, args)) === 1;
  }

  async lost(node: string, calls: readonly CallEpoch[]): Promise<readonly string[]> {
    const keys = calls.map(({ id }) => this.#link.key('call', id));
    const epochs = calls.map(({ epoch }) => String(epoch));
    const places = await this.#link.evaluate(LOST, keys, [node, ...epochs]);
    return listOf(places).flatMap((place) => calls[Number(place) - 1]?.id ?? []);
  }

  async find(session: string): Promise<readonly CallEpoch[]> {
    const args = [this.#link.key('call', ''), String(MAX_FOUND)];
    const flat = listOf(await this.#link.evaluate(FIND, [this.#link.key('calls', session)], args));
    const found: CallEpoch[] = [];
    for (let at = 0; at + 1 < flat.length; at += 2) {
      found.push({ id: String(flat[at]), epoch: Number(flat[at + 1]) });
    }
    return found;
  }

  async take(
    node: string,
    { id, epoch }: CallEpoch,
    attempt: number,
  ): Promise<Taken | 'owned' | 'none'> {
    const prefixes = [this.#link.key('owner', ''), this.#link.key('seen', '')];
    const args = [node, String(epoch), String(attempt), ...prefixes, String(RECORD_MS)];
    const reply = await this.#link.evaluate(TAKE, [this.#link.key('call', id)], args);
    if (reply === 'owned' || reply === 'none') {
      return reply;
    }
    const [taken, revision, text] = listOf(reply);
    if (typeof text !== 'string') {
      throw new RegisterError('Redis answered something else');
    }
    return { epoch: Number(taken), revision: Number(revision), text };
  }

  async giveBack(node: string, id: string, attempt: number): Promise<void> {
    const args = [node, String(attempt), String(ORPHAN_MS)];
    await this.#link.evaluate(GIVE_BACK, [this.#link.key('call', id)], args);
  }
}

function listOf(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : [];
}
