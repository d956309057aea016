import type { FrameId } from '@offhook/protocol';
import type { ConnectionEvent } from './connection-state.ts';
import type { SignalingCore } from './core.ts';
import type { Outcome } from './outcome.ts';
import type { SocketContext } from './ports.ts';
import type { Session, SessionSocket } from './session.ts';
import type { SpeedTest } from './speed-test.ts';

/** What serving a frame needs of the socket that it came on. */
export interface ServedSocket extends SessionSocket {
  readonly context: SocketContext;
  readonly core: SignalingCore;
  /** Null before the login, and when another socket carries it. */
  readonly session: Session | null;
  readonly speedTest: SpeedTest;
  readonly isClosed: boolean;
  /** Whether another login may be asked for now. */
  takeLogin(): boolean;
  /** False when the event does not fit. */
  step(event: ConnectionEvent): boolean;
  /** The session that this socket carries from now on. */
  carry(session: Session): void;
  /** What came while the login was looked at, in order. */
  serveWaiting(): void;
  /** `id` undefined: nobody waits for a reply. */
  reply(id: FrameId | undefined, outcome: Outcome<unknown>): void;
  close(code: number, reason: string): void;
  /** A limit is broken, and this socket with it. */
  abort(kind: string, reason: string): void;
}
