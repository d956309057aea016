import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DirectoryError, type Directory } from '../directory/directory.ts';
import { MemoryDirectory } from '../directory/memory.ts';
import { answerNext, dial, Fixture, hangup, talk } from '../signaling/testing/fixture.ts';
import type { WireClient } from '../signaling/testing/wire-client.ts';
import type { Soon } from '../soon.ts';
import type { Party } from './leg.ts';

/** One that has to ask elsewhere: its answer comes when the test says so. */
class FarDirectory implements Directory<Party> {
  readonly #here = new MemoryDirectory<Party>();
  /** False: it knows at once. */
  asks = false;
  readonly #waiting: ((error?: Error) => void)[] = [];
  readonly #onAsked: (() => void)[] = [];

  get users(): number {
    return this.#here.users;
  }

  register(user: string, session: Party): void {
    this.#here.register(user, session);
  }

  unregister(user: string, session: Party): void {
    this.#here.unregister(user, session);
  }

  sessionsOf(user: string): readonly Party[] {
    return this.#here.sessionsOf(user);
  }

  awaits(): void {
    return undefined;
  }

  everywhere(user: string): Soon<readonly Party[]> {
    const found = this.sessionsOf(user);
    if (!this.asks) {
      return found;
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push((error) => {
        if (error) {
          reject(error);
        } else {
          resolve(found);
        }
      });
      this.#onAsked.shift()?.();
    });
  }

  /** It is being asked, or is asked next. */
  asked(): Promise<void> {
    return this.#waiting.length > 0
      ? Promise.resolve()
      : new Promise((resolve) => this.#onAsked.push(resolve));
  }

  answer(error?: Error): void {
    for (const settle of this.#waiting.splice(0)) {
      settle(error);
    }
  }
}

let directory: FarDirectory;
let fixture: Fixture;
let caller: WireClient;
let callee: WireClient;

beforeEach(async () => {
  directory = new FarDirectory();
  fixture = await Fixture.start({ directory });
  caller = await fixture.register('1001');
  callee = await fixture.register('1002');
  directory.asks = true;
});

afterEach(async () => {
  await fixture.stop();
});

describe('a directory that has to ask elsewhere', () => {
  it('the call rings when it has answered, and the result of the invite was first', async () => {
    const { result } = await dial(caller, '1002');
    expect(result['message']).toBe('CALL CREATED');
    await directory.asked();
    await callee.barrier();
    expect(callee.has('invite')).toBe(false);
    directory.answer();
    await answerNext(callee);
    expect((await caller.next('answer')).params).toHaveProperty('sdp');
  });

  it('a call that its caller ends meanwhile rings nobody', async () => {
    const { callID } = await dial(caller, '1002');
    await directory.asked();
    await hangup(caller, callID, 'ORIGINATOR_CANCEL', 487);
    directory.answer();
    await callee.barrier();
    await callee.barrier();
    expect(callee.has('invite')).toBe(false);
    expect(fixture.server.stats().calls).toBe(0);
    expect(fixture.media.created).toBe(0);
  });

  it('a gateway that drains meanwhile places no call', async () => {
    const { callID } = await dial(caller, '1002');
    await directory.asked();
    const drained = fixture.server.drain({
      idleSpreadSeconds: 0,
      callSeconds: 60,
      elsewhere: true,
    });
    directory.answer();
    expect((await caller.next('bye')).params).toMatchObject({
      callID,
      cause: 'NORMAL_TEMPORARY_FAILURE',
    });
    await drained;
  });

  it('a device that signs in meanwhile rings too', async () => {
    await dial(caller, '1002');
    await directory.asked();
    // His own sign-in asks too, and is answered at once.
    directory.asks = false;
    const late = await fixture.register('1002');
    directory.answer();
    await callee.next('invite');
    await answerNext(late);
    await caller.next('answer');
    await callee.next('bye');
  });

  it('a device that is gone by then does not ring', async () => {
    const { callID } = await dial(caller, '1002');
    await directory.asked();
    await fixture.drop(callee);
    directory.answer();
    expect((await caller.next('bye')).params).toMatchObject({ callID, cause: 'SUBSCRIBER_ABSENT' });
  });

  it('when nobody can say who is elsewhere, who is here rings, and who is not here is not said to be absent', async () => {
    await dial(caller, '1002');
    await directory.asked();
    directory.answer(new DirectoryError('away'));
    await answerNext(callee);
    await caller.next('answer');
    const { callID } = await dial(caller, '1003');
    await directory.asked();
    directory.answer(new DirectoryError('away'));
    expect((await caller.next('bye')).params).toMatchObject({
      callID,
      cause: 'NORMAL_TEMPORARY_FAILURE',
    });
  });

  it('a transfer that is asked for twice meanwhile is made once, and not when the call ended', async () => {
    directory.asks = false;
    const third = await fixture.register('1003');
    const { callerCall } = await talk(fixture, caller, callee, '1002');
    directory.asks = true;
    const ask = (): Promise<unknown> =>
      caller.request('modify', {
        sessid: caller.sessid,
        action: 'transfer',
        destination: '1003',
        dialogParams: { callID: callerCall },
        offhook: { transfer: 'once' },
      });
    const asked = [ask(), ask()];
    await directory.asked();
    await caller.barrier();
    directory.answer();
    for (const reply of await Promise.all(asked)) {
      expect(reply).toMatchObject({ result: { action: 'transfer' } });
    }
    await third.next('invite');
    await third.barrier();
    expect(third.has('invite')).toBe(false);
  });

  it('a transfer of a call that ends meanwhile is refused', async () => {
    directory.asks = false;
    const third = await fixture.register('1003');
    const { callerCall, calleeCall } = await talk(fixture, caller, callee, '1002');
    directory.asks = true;
    const reply = caller.request('modify', {
      sessid: caller.sessid,
      action: 'transfer',
      destination: '1003',
      dialogParams: { callID: callerCall },
    });
    await directory.asked();
    await hangup(callee, calleeCall, 'NORMAL_CLEARING', 16);
    directory.answer();
    expect(await reply).toMatchObject({ error: { message: /^transfer failed/ } });
    await third.barrier();
    expect(third.has('invite')).toBe(false);
  });
});

it('who is removed while other gateways are asked for his devices does not get in', async () => {
  directory.asks = true;
  const client = await fixture.connect();
  const signedIn = client.request('login', { login: '1003', passwd: 'secret-1003' });
  await directory.asked();
  fixture.auth.users.delete('1003');
  fixture.auth.version += 1;
  // Those who are signed in are looked through; he is not yet.
  fixture.clock.advance(1000);
  directory.answer();
  expect((await signedIn).error).toMatchObject({ code: -32001, message: 'Login Incorrect' });
  expect(directory.sessionsOf('1003')).toEqual([]);
});
