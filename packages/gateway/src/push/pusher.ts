import { createHash } from 'node:crypto';
import type { PushPayload } from '@offhook/protocol';
import type { Clock } from '../clock.ts';
import type { Sleepers, WakingCall, WakingEnd } from '../calls/sleepers.ts';
import type { Guard } from '../guard.ts';
import { KeyedBuckets } from '../limits/keyed-buckets.ts';
import type { PushDevices } from './push-devices.ts';
import type { PushDevice } from './push-store.ts';
import type { PushMessage, Sender } from './sender.ts';

export interface PusherDeps {
  readonly devices: PushDevices;
  readonly sender: Pick<Sender, 'send'>;
  /** How long a call waits for a device. */
  readonly waitSeconds: number;
  /** A login token for the page that a device opens; null: its user is not ours. */
  readonly token: (device: PushDevice) => Promise<string | null>;
  readonly clock: Clock;
  readonly guard: Guard;
}

/** Of one user: a call that is placed again and again wakes nobody all night. */
const PER_USER = { perSecond: 0.2, burst: 20 } as const;
const RETRY_MS = 1000;
const MISSED_SECONDS = 24 * 3600;
const OVER_SECONDS = 60;
const MAX_NAME = 64;

/** A call that rings on the devices of one user. */
interface Ringing {
  readonly call: WakingCall;
  /** Settled when the devices have been told: true when the push service took it. */
  readonly told: Map<PushDevice, Promise<boolean>>;
  isOver: boolean;
  /** A push service took the message for one of them. */
  rings: boolean;
}

/** Wakes the devices of a user by Web Push, and tells them how the call ended. */
export class Pusher implements Sleepers {
  readonly #deps: PusherDeps;
  readonly #ringing = new Map<string, Ringing>();
  readonly #rate: KeyedBuckets;

  constructor(deps: PusherDeps) {
    this.#deps = deps;
    this.#rate = new KeyedBuckets(PER_USER.perSecond, PER_USER.burst, () => deps.clock.monotonic());
  }

  get waitMs(): number {
    return this.#deps.waitSeconds * 1000;
  }

  has(user: string): boolean {
    return this.#rate.wait(user) === 0 && this.#deps.devices.of(user).length > 0;
  }

  wake(user: string, call: WakingCall, onRings: () => void): void {
    if (!this.#rate.take(user)) {
      return;
    }
    const ringing: Ringing = { call, told: new Map(), isOver: false, rings: false };
    this.#ringing.set(keyOf(user, call.id), ringing);
    for (const device of this.#deps.devices.of(user)) {
      const told = this.#ring(device, ringing);
      ringing.told.set(device, told);
      void told.then((taken) => {
        if (taken && !ringing.rings && !ringing.isOver) {
          ringing.rings = true;
          this.#deps.guard.run('push', onRings);
        }
      });
    }
  }

  ended(user: string, id: string, how: WakingEnd): void {
    const key = keyOf(user, id);
    const ringing = this.#ringing.get(key);
    if (!ringing) {
      return;
    }
    this.#ringing.delete(key);
    ringing.isOver = true;
    for (const [device, told] of ringing.told) {
      void this.#deps.guard.settle('push', async () => {
        // In this order also at the push service.
        await told;
        // Its page may have signed in meanwhile, and told us of it anew.
        const now = this.#deps.devices.at(device.endpoint);
        if (now?.user === user) {
          await this.#send(now, {
            ...messageOf({ type: how, call: ringing.call }),
            ttlSeconds: how === 'missed' ? MISSED_SECONDS : OVER_SECONDS,
            urgency: how === 'missed' ? 'normal' : 'high',
          });
        }
      });
    }
  }

  /** Whether the push service took it. Never rejects. */
  async #ring(device: PushDevice, ringing: Ringing): Promise<boolean> {
    const { guard, token, clock, waitSeconds } = this.#deps;
    const taken = await guard.settle('push', async () => {
      const secret = await token(device);
      const message = {
        ...messageOf({ type: 'ring', call: ringing.call, token: secret }),
        ttlSeconds: waitSeconds,
        urgency: 'high',
      } as const;
      const outcome = await this.#send(device, message);
      if (outcome !== 'later') {
        return outcome === 'taken';
      }
      await new Promise<void>((resolve) => clock.schedule(resolve, RETRY_MS));
      return !ringing.isOver && (await this.#send(device, message)) === 'taken';
    });
    return taken === true;
  }

  async #send(device: PushDevice, message: PushMessage): Promise<string> {
    const outcome = await this.#deps.sender.send(device, message);
    if (outcome === 'gone' && this.#deps.devices.has(device)) {
      this.#deps.devices.remove(device.endpoint);
    }
    return outcome;
  }
}

function messageOf({
  type,
  call: { id, caller },
  token,
}: {
  readonly type: PushPayload['type'];
  readonly call: WakingCall;
  readonly token?: string | null;
}): Pick<PushMessage, 'payload' | 'topic'> {
  // Who answered elsewhere need not be told of whom he answered.
  const who =
    type === 'over'
      ? {}
      : { name: caller.name.slice(0, MAX_NAME), number: caller.number.slice(0, MAX_NAME) };
  const payload: PushPayload = {
    offhook: 1,
    type,
    call: id,
    ...who,
    ...(token == null ? {} : { token }),
  };
  const topic = createHash('sha256').update(id).digest('base64url').slice(0, 32);
  return { payload: JSON.stringify(payload), topic };
}

function keyOf(user: string, call: string): string {
  return `${call} ${user}`;
}
