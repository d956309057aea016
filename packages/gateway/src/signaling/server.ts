import { randomUUID } from 'node:crypto';
import type { SessionView } from '@offhook/protocol';
import type { WebSocket } from 'ws';
import { ENDINGS } from '../calls/hangup.ts';
import type { Party } from '../calls/leg.ts';
import type { Invitation, Invite } from '../calls/invite.ts';
import { Switchboard } from '../calls/switchboard.ts';
import type { Transfers } from '../calls/transfers.ts';
import { Guard } from '../guard.ts';
import { PlacesByAddress } from '../limits/places-by-address.ts';
import { MemoryDirectory } from '../directory/memory.ts';
import { CLOSE } from './close-codes.ts';
import { Connection } from './connection.ts';
import type { SignalingCore } from './core.ts';
import { serveFrame } from './dispatch.ts';
import type {
  CreateSignalingServer,
  DrainOptions,
  SignalingDeps,
  SignalingServer,
  SignalingStats,
  SocketContext,
} from './ports.ts';
import type { Session, SessionSocket } from './session.ts';
import { Sessions } from './sessions.ts';

/** How often the one timer looks after all sockets and parked sessions. */
const SWEEP_MS = 1000;
/** How long a client may take to close its side when the gateway goes. */
const CLOSE_MS = 1000;
/** What a gateway that restarts needs until it answers again. */
const RESTART_MS = 1000;
/** Between two idle clients that are sent away: the time given to all of them is needed for many only. */
const IDLE_STEP_MS = 20;
/** After a crash everybody comes back at once, calls and all; so they come over this long. */
const ABANDON_SPREAD_MS = 2000;

/** Sockets in, calls out. Owns every connection, session and call, and the one timer that they share. */
class Server implements SignalingServer {
  readonly #core: SignalingCore;
  readonly #connections = new Set<Connection>();
  /** Sockets that have not signed in. */
  readonly #waiting: PlacesByAddress;
  readonly #stopDraining = new AbortController();
  #cancelSweep: () => void;
  #draining: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  #onEmpty: (() => void) | null = null;
  #usersSeen: number;

  constructor(deps: SignalingDeps) {
    this.#waiting = new PlacesByAddress(deps.config.limits.waitingPerAddress);
    const { neighbours } = deps;
    const directory = deps.directory ?? neighbours ?? new MemoryDirectory<Party>();
    const guard = new Guard(deps.logger, (boundary) => {
      deps.metrics.caught(boundary);
    });
    const clock = guard.clock(deps.clock);
    const sessions = new Sessions(
      directory,
      clock,
      deps.config.timers.parkSeconds,
      deps.voiceSdkId ?? (() => `vsdk-${randomUUID()}`),
      (session) => {
        deps.reports?.sessionEnded(session.id);
        neighbours?.over(session);
      },
    );
    const revival = deps.keptCalls ?? null;
    const keeper = deps.keptCalls;
    this.#core = {
      ...deps,
      clock,
      guard,
      directory,
      elsewhere: neighbours ?? null,
      sessions,
      revival,
      switchboard: new Switchboard({ ...deps, keeper, clock, guard, directory, newId: randomUUID }),
    };
    const core = this.#core;
    neighbours?.begin({
      sessions: {
        adopt: (...of) => sessions.adopt(...of),
        restore: (session) => {
          sessions.restore(session);
          core.switchboard.partyMoved(session);
        },
        release: (session) => {
          sessions.release(session);
          core.switchboard.partyMoved(session);
        },
      },
      switchboard: core.switchboard,
      serve: (session, frame, reply) => {
        serveFrame(core, session, frame, reply);
      },
    });
    revival?.begin({
      sessions,
      takeUp: (...call) => {
        core.switchboard.takeUp(...call);
      },
      letGo: (id) => {
        core.switchboard.letGo(id);
      },
    });
    this.#usersSeen = guard.run('sweep', () => deps.auth.changes()) ?? Number.NaN;
    this.#cancelSweep = this.#scheduleSweep();
  }

  get transfers(): Transfers {
    return this.#core.switchboard.transfers;
  }

  placeCall(party: Party, invite: Invite): Invitation {
    return this.#core.switchboard.invite(party, invite);
  }

  phoneRegistered(user: string, reach: (inCall: readonly Party[]) => Party | null): void {
    this.#core.switchboard.phoneRegistered(user, reach);
  }

  handleSocket(socket: WebSocket, context: SocketContext): void {
    this.#core.guard.run(
      'socket',
      () => {
        const onClosed = (closed: Connection): void => {
          this.#connections.delete(closed);
          if (this.#connections.size === 0) {
            this.#onEmpty?.();
          }
        };
        const admission = this.#waiting.enter(context.address);
        const connection = new Connection(
          socket,
          context,
          this.#core,
          onClosed,
          admission ?? (() => undefined),
        );
        this.#connections.add(connection);
        if (admission === null) {
          connection.violation('waiting_per_address');
          connection.close(CLOSE.tryLater, 'too many sockets of this address have not signed in');
          return;
        }
        if (!this.admits(context.query.get('voice_sdk_id'))) {
          connection.close(CLOSE.restart, 'this gateway goes away');
        }
      },
      () => {
        socket.terminate();
      },
    );
  }

  admits(voiceSdkId: string | null): boolean {
    if (this.#closing) {
      return false;
    }
    return !this.#draining || (voiceSdkId !== null && this.#core.sessions.holdCalls(voiceSdkId));
  }

  drain(options: DrainOptions): Promise<void> {
    this.#draining ??= this.#drain(options);
    return this.#draining;
  }

  abandon(): void {
    for (const connection of this.#connections) {
      const wait = RESTART_MS + Math.random() * ABANDON_SPREAD_MS;
      connection.close(CLOSE.restart, restartReason(wait));
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  stats(): SignalingStats {
    const { sessions, directory, switchboard } = this.#core;
    return {
      sockets: this.#connections.size,
      sessions: sessions.size,
      registeredUsers: directory.users,
      calls: switchboard.calls,
      parkedLegs: switchboard.parkedLegs,
    };
  }

  sessions(): readonly SessionView[] {
    return this.#core.sessions.filter(() => true).map(viewOf);
  }

  endCall(id: string): boolean {
    return this.#core.switchboard.endCall(id, ENDINGS.byOperator);
  }

  signOut(user: string): number {
    const found = this.#core.sessions.filter((session) => session.user === user);
    for (const session of found) {
      this.#endSession(session, (socket) => {
        socket.signedOut('an administrator ended this session');
      });
    }
    return found.length;
  }

  async #close(): Promise<void> {
    this.#cancelSweep();
    this.#stopDraining.abort();
    this.#core.switchboard.endAll(ENDINGS.failed);
    await this.#core.revival?.close();
    for (const each of this.#connections) {
      each.close(CLOSE.goingAway, 'this gateway goes away');
    }
    await this.#whenEmpty();
    for (const each of this.#connections) {
      each.terminate();
    }
    this.#core.switchboard.dispose();
    this.#core.neighbours?.close();
  }

  /** Settles when the last socket is closed, or when those that are left take too long over it. */
  #whenEmpty(): Promise<void> {
    if (this.#connections.size === 0) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const cancel = this.#core.clock.schedule(resolve, CLOSE_MS);
      this.#onEmpty = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Idle clients first, one by one; whoever talks gets time to finish; the rest goes at the end. */
  async #drain({ idleSpreadSeconds, callSeconds, elsewhere }: DrainOptions): Promise<void> {
    const { clock, switchboard } = this.#core;
    const spread = Math.min(idleSpreadSeconds * 1000, this.#connections.size * IDLE_STEP_MS);
    const over =
      clock.monotonic() + Math.max(spread, switchboard.calls > 0 ? callSeconds * 1000 : 0);
    const sendAway = (connection: Connection): void => {
      const wait = Math.max(0, over - clock.monotonic()) + RESTART_MS + Math.random() * spread;
      connection.close(CLOSE.restart, restartReason(elsewhere ? null : wait));
    };
    const { signal } = this.#stopDraining;
    switchboard.drain();
    const callsOver = new AbortController();
    const stop = (): void => {
      callsOver.abort();
    };
    const cancelCalls = clock.schedule(stop, callSeconds * 1000);
    signal.addEventListener('abort', stop);
    await Promise.all([
      this.#sendIdleAway(spread, signal, sendAway),
      switchboard.whenIdle(callsOver.signal),
    ]);
    cancelCalls();
    signal.removeEventListener('abort', stop);
    switchboard.endAll(ENDINGS.failed);
    for (const connection of this.#connections) {
      sendAway(connection);
    }
  }

  /** Spread over the time given, so that not all of them reconnect at once. Settles when the last one was told. */
  #sendIdleAway(
    spreadMs: number,
    signal: AbortSignal,
    sendAway: (connection: Connection) => void,
  ): Promise<void> {
    const idle = [...this.#connections].filter((each) => (each.session?.calls ?? 0) === 0);
    if (idle.length === 0) {
      return Promise.resolve();
    }
    const step = spreadMs / idle.length;
    return new Promise((resolve) => {
      let cancel: () => void = () => undefined;
      const done = (): void => {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const sendNext = (): void => {
        const connection = idle.shift();
        if (connection) {
          sendAway(connection);
        }
        if (idle.length === 0) {
          done();
        } else {
          cancel = this.#core.clock.schedule(sendNext, step);
        }
      };
      signal.addEventListener('abort', done);
      sendNext();
    });
  }

  /** What an operator's command did to the users while we run. */
  #endRemoved(): void {
    const { auth, sessions } = this.#core;
    const changes = auth.changes();
    if (changes === this.#usersSeen) {
      return;
    }
    // Visitors, and users whom only their tokens know, are in no list that they could be removed from.
    const gone = sessions.filter(
      ({ user, guestOf, identity }) => guestOf === null && !identity.guest && !auth.exists(user),
    );
    for (const session of gone) {
      this.#endSession(session, (socket) => {
        socket.ended('this user was removed');
      });
    }
    this.#usersSeen = changes;
  }

  /** With its calls, by an operator's word. */
  #endSession(session: Session, tell: (socket: SessionSocket) => void): void {
    const { guard, sessions, switchboard } = this.#core;
    guard.run('sweep', () => {
      switchboard.partyGone(session, ENDINGS.byOperator);
      if (session.socket) {
        tell(session.socket);
      }
      sessions.forget(session);
    });
  }

  #scheduleSweep(): () => void {
    return this.#core.clock.schedule(() => {
      const { clock, guard, sessions } = this.#core;
      const now = clock.monotonic();
      for (const connection of this.#connections) {
        guard.run(
          'sweep',
          () => {
            connection.sweep(now);
          },
          () => {
            connection.terminate();
          },
        );
      }
      guard.run('sweep', () => {
        sessions.sweep();
      });
      guard.run('sweep', () => {
        this.#endRemoved();
      });
      if (!this.#closing) {
        this.#cancelSweep = this.#scheduleSweep();
      }
    }, SWEEP_MS);
  }
}

function viewOf(session: Session): SessionView {
  const { user, displayName, guestOf, address, signedInAt, client, calls, online } = session;
  return {
    user,
    displayName,
    guestOf: guestOf?.assistant ?? null,
    address,
    since: signedInAt,
    ...client,
    calls,
    online,
  };
}

/** @param waitMs how long the client shall wait; null: another gateway takes it at once */
function restartReason(waitMs: number | null): string {
  const hint = waitMs === null ? '' : `; retry-after=${String(Math.round(waitMs))}`;
  return `this gateway restarts${hint}`;
}

export const createSignalingServer: CreateSignalingServer = (deps) => new Server(deps);
