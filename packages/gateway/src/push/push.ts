import type { Logger } from 'pino';
import type { Authenticator } from '../auth/authenticator.ts';
import type { UsersAtHand } from '../auth/users-at-hand.ts';
import { mintToken } from '../auth/local-key.ts';
import type { LocalKey } from '../auth/local-key.ts';
import { standingOf } from '../auth/standing.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Guard } from '../guard.ts';
import { post } from '../http-post.ts';
import { PushDevices } from './push-devices.ts';
import { PushStore } from './push-store.ts';
import { Pusher } from './pusher.ts';
import type { PushRoutesDeps } from './routes.ts';
import { Sender } from './sender.ts';
import type { PushOutcome, SenderDeps } from './sender.ts';
import { pushSubject } from './subject.ts';
import { loadVapidKeys } from './vapid.ts';

export interface StartPushDeps {
  readonly config: Pick<Config, 'push' | 'publicUrl' | 'demo'>;
  readonly dataDir: string;
  readonly auth: Authenticator;
  readonly users: Pick<UsersAtHand, 'get' | 'changes'>;
  readonly localKey: LocalKey;
  readonly clock: Clock;
  readonly guard: Guard;
  readonly logger: Logger;
  readonly onOutcome: (outcome: PushOutcome) => void;
  /** Default: by node:https. */
  readonly post?: SenderDeps['post'] | undefined;
}

export interface Push {
  readonly sleepers: Pusher;
  readonly routes: PushRoutesDeps;
  readonly devices: PushDevices;
  close(): void;
}

/** Long enough for a call to be kept over a lost socket. */
const TOKEN_SECONDS = 3600;
const SWEEP_MS = 60_000;

/**
 * The part that wakes browsers; null when it is off, or there is nobody whom push services could turn to.
 * @throws {StoreError} when its database cannot be used
 */
export function startPush(deps: StartPushDeps): Push | null {
  const { config, auth, users, localKey, clock, guard, logger } = deps;
  const { enabled, waitSeconds, hosts } = config.push;
  const subject = pushSubject(config);
  if (!enabled || subject === null) {
    return null;
  }
  const keys = loadVapidKeys(deps.dataDir);
  const store = new PushStore(deps.dataDir);
  const standing = (user: string): string | null => standingOf(users.get(user));
  const devices = new PushDevices({
    store,
    standingOf: standing,
    changes: () => users.changes(),
    now: () => clock.now(),
    logger,
  });
  const sender = new Sender({
    keys,
    subject,
    hosts,
    post: deps.post ?? post,
    logger,
    onOutcome: deps.onOutcome,
  });
  const sleepers = new Pusher({
    devices,
    sender,
    waitSeconds,
    token: ({ user, standing, dialling }) =>
      standing === null
        ? Promise.resolve(null)
        : mintToken(localKey, user, TOKEN_SECONDS, clock.now(), {
            dialling: dialling ?? undefined,
            standing,
          }),
    clock,
    guard,
  });
  const sweep = (): (() => void) =>
    clock.schedule(() => {
      devices.sweep();
      cancel = sweep();
    }, SWEEP_MS);
  let cancel = sweep();
  return {
    sleepers,
    devices,
    routes: { publicKey: keys.publicKey, hosts, auth, devices, standingOf: standing, clock },
    close() {
      cancel();
      sender.close();
      store.close();
    },
  };
}
