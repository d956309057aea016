import { silentEnd } from '../../packages/gateway/src/load/media-end.ts';
import type { MediaEnd } from '../../packages/gateway/src/load/media-end.ts';
import { Participant } from '../../packages/gateway/src/load/participant.ts';
import type { BenchGateway } from './gateway.ts';

/** Two signed-in clients: the first calls the second. */
export interface Pair {
  readonly caller: Participant;
  readonly callee: Participant;
}

export async function signInPairs(
  gateway: BenchGateway,
  count: number,
  /** @param pair its number: the ends of one pair can be told from those of others */
  makeEnd: (pair: number) => MediaEnd = () => silentEnd,
): Promise<Pair[]> {
  const users = await gateway.users(count * 2);
  const all = users.map(
    (user, index) =>
      new Participant(
        gateway.url,
        user,
        () => makeEnd(Math.floor(index / 2)),
        () => undefined,
      ),
  );
  // In groups: all at once would be a test of something else.
  for (let from = 0; from < all.length; from += 50) {
    await Promise.all(all.slice(from, from + 50).map(({ client }) => client.signIn()));
  }
  return Array.from({ length: count }, (_, index) => {
    const [caller, callee] = all.slice(index * 2, index * 2 + 2);
    if (!caller || !callee) {
      throw new Error('no pair');
    }
    return { caller, callee };
  });
}

/** Calls, and hangs up when it is answered. Returns the milliseconds to the answer. */
export async function setUp({ caller, callee }: Pair): Promise<number> {
  const call = await caller.call(callee.user);
  await call.hangup();
  const [failure] = callee.failures;
  if (failure) {
    throw failure;
  }
  return call.answeredAfter;
}

export async function signOut(pairs: readonly Pair[]): Promise<void> {
  await Promise.all(pairs.flatMap(({ caller, callee }) => [caller.close(), callee.close()]));
}
