import type { ClientFrame, ClientRequest, FrameId } from '@offhook/protocol';
import type { Leg } from '../calls/leg.ts';
import { CLOSE } from './close-codes.ts';
import { login } from './login.ts';
import { METHODS } from './methods/index.ts';
import { failure, type Outcome } from './outcome.ts';
import type { CallObserver } from '../calls/call-observer.ts';
import type { SignalingCore } from './core.ts';
import type { SessionFrame } from './elsewhere.ts';
import type { ServedSocket } from './served-socket.ts';
import type { Session } from './session.ts';

const NOT_SIGNED_IN = failure(-32001, 'sign in first');
const INTERNAL = failure(-32603, 'internal error');
const PONG: Outcome<unknown> = { ok: true, result: { message: 'pong' } };
/** The reference waits for it at call set-up and at a call's end (wire spec 17). */
const DEBUG_TAKEN: Outcome<unknown> = { ok: true, result: { message: 'OK' } };

/** Serves one well-formed frame. Whatever has an id and is not itself a reply gets exactly one reply. */
export function serve(connection: ServedSocket, frame: ClientFrame): void {
  const { core, session } = connection;
  switch (frame.kind) {
    case 'request':
      core.metrics.frameReceived(frame.method);
      if (frame.leftOut !== undefined) {
        const { method, leftOut } = frame;
        core.metrics.violation('left_out');
        core.logger.info(
          { socket: connection.context.id, method, leftOut },
          'parts of a frame that did not fit were left out',
        );
      }
      serveRequest(connection, frame);
      return;
    case 'reply':
      if (typeof frame.id === 'number') {
        session?.acknowledged(frame.id);
      }
      return;
    case 'debug':
      connection.reply(frame.id, session === null ? NOT_SIGNED_IN : DEBUG_TAKEN);
      if (session !== null) {
        core.reports?.debugReport(session, frame);
      }
      return;
    case 'speedtest':
      if (session === null || !connection.speedTest.take(frame)) {
        connection.abort('speed_test', 'speed test out of place or too large');
      }
      return;
    case 'unknown':
      connection.reply(
        frame.id,
        frame.method === undefined
          ? failure(-32600, 'neither a method nor a result')
          : failure(-32601, 'no such method'),
      );
      return;
  }
}

function serveRequest(connection: ServedSocket, frame: ClientRequest): void {
  const { method, id } = frame;
  switch (method) {
    case 'ping':
      // Also before login: it is how a client probes a socket, and costs nothing.
      connection.reply(id, PONG);
      return;
    case 'login':
    case 'anonymous_login':
      login(connection, id, frame.params).catch((error: unknown) => {
        fail(connection, id, error);
        // It may be half signed in, and the client knows how to come back.
        connection.close(CLOSE.failed, 'signing in failed here');
      });
      return;
    default:
      serveSession(connection, frame);
  }
}

function serveSession(connection: ServedSocket, frame: SessionFrame): void {
  const { core, session } = connection;
  const { id } = frame;
  if (session === null) {
    connection.reply(id, NOT_SIGNED_IN);
    return;
  }
  const reply = (outcome: Outcome<unknown>): void => {
    connection.reply(id, outcome);
  };
  if (core.elsewhere?.forward(session, frame, reply) !== true) {
    serveFrame(core, session, frame, reply);
  }
}

/** Serves a frame of a session, whoever has its socket. `reply` is called once. */
export function serveFrame(
  core: SignalingCore,
  session: Session,
  frame: SessionFrame,
  answer: (outcome: Outcome<unknown>) => void,
): void {
  if (core.observer) {
    note(core.observer, session, frame);
  }
  const tell = core.observer ? watchMessage(session, frame) : null;
  const reply = (outcome: Outcome<unknown>): void => {
    tell?.(outcome);
    answer(outcome);
  };
  // The table pairs each method with its own params, as the frame does; the compiler does not follow the pair.
  const handle = METHODS[frame.method] as (
    params: unknown,
    context: { core: typeof core; session: typeof session },
  ) => Outcome<unknown> | Promise<Outcome<unknown>>;
  // One that fails is answered as such; the session and its other calls go on.
  const outcome = core.guard.run(
    'frame',
    () => handle(frame.params, { core, session }),
    () => {
      reply(INTERNAL);
    },
  );
  if (outcome === undefined) {
    return;
  }
  if (!(outcome instanceof Promise)) {
    reply(outcome);
    return;
  }
  outcome.then(
    (settled) => {
      reply(settled);
    },
    (error: unknown) => {
      core.guard.caught('frame', error);
      answer(INTERNAL);
    },
  );
}

function fail(connection: ServedSocket, id: FrameId | undefined, error: unknown): void {
  connection.core.guard.caught('frame', error);
  connection.reply(id, INTERNAL);
}

/** Messages that belong to the picture of a call. Candidates are many, and what is said to an assistant is nobody's business. */
const KEPT: ReadonlySet<string> = new Set(['invite', 'answer', 'modify', 'bye', 'info', 'attach']);

/** Tells a call's picture of a message; what is returned, of our reply to it. Of an invite the leg is made meanwhile. */
function watchMessage(
  session: Session,
  { method, params }: { readonly method: string; readonly params: unknown },
): ((outcome: Outcome<unknown>) => void) | null {
  if (!KEPT.has(method)) {
    return null;
  }
  const { callID, dialogParams } = params as {
    readonly callID?: string;
    readonly dialogParams?: { readonly callID?: string };
  };
  const legOf = (): Leg | undefined => session.legs.get(dialogParams?.callID ?? callID ?? '');
  const message = { protocol: 'Verto', sent: false, first: method } as const;
  const before = legOf();
  before?.passed({ ...message, text: JSON.stringify(params) });
  return (outcome) => {
    const leg = before ?? legOf();
    if (!before) {
      leg?.passed({ ...message, text: JSON.stringify(params) });
    }
    const [first, body] = outcome.ok
      ? [`${method} result`, outcome.result]
      : [`${method} error ${String(outcome.error.code)}`, outcome.error];
    leg?.passed({ protocol: 'Verto', sent: true, first, text: JSON.stringify(body) });
  };
}

/** Messages about a leg that stands belong to the picture of its call. */
function note(
  observer: CallObserver,
  session: Session,
  { method, params }: { readonly method: string; readonly params: unknown },
): void {
  const { callID, dialogParams, action } = params as {
    readonly callID?: string;
    readonly dialogParams?: { readonly callID?: string };
    readonly action?: unknown;
  };
  const leg = session.legs.get(dialogParams?.callID ?? callID ?? '');
  if (leg) {
    observer.legAsked(leg, method, typeof action === 'string' ? action : undefined);
  }
}
