import { randomUUID } from 'node:crypto';
import { type ClientParams, type FrameId, type OffhookFeatures } from '@offhook/protocol';
import type {
  Credentials,
  Identity,
  LoginFailure,
  LoginFailureReason,
} from '../auth/authenticator.ts';
import { ENDINGS } from '../calls/hangup.ts';
import type { Survivors } from '../calls/resume.ts';
import { DirectoryError } from '../directory/directory.ts';
import { clientFacts } from './client-facts.ts';
import type { Soon } from '../soon.ts';
import type { SignalingCore } from './core.ts';
import { encodeIceServers } from './ice-servers.ts';
import { registeredState } from './methods/gateway-state.ts';
import { failure } from './outcome.ts';
import type { ServedSocket } from './served-socket.ts';
import type { Session } from './session.ts';

type LoginParams = ClientParams['login'];
type GuestParams = ClientParams['anonymous_login'];

/** What this gateway really does; a client uses nothing else of our extensions. */
function featuresOf(core: SignalingCore): OffhookFeatures {
  const ai = core.assistants?.any === true;
  return { v: 1, trickle: true, reattach: true, replace: true, ping: true, ai, transfer: true };
}

const LOGIN_ERROR = -32001;
/** The reference answers it with another login, at once and for ever (wire spec 4.4). */
const LOOPS = -32000;

/** How often, and how long between two of them, a session with calls of a dead gateway is asked for. */
const FETCHES = 8;
const FETCH_MS = 250;

/**
 * Checks the credentials, finds or makes the session, and brings the client up to date: the result, what happened to its
 * calls meanwhile, an attach for each that needs a new peer, then `clientReady` with all that are left.
 */
export async function login(
  connection: ServedSocket,
  id: FrameId | undefined,
  params: LoginParams | GuestParams,
): Promise<void> {
  const { core } = connection;
  if (!connection.takeLogin()) {
    connection.reply(id, failure(LOGIN_ERROR, 'too many logins on this socket; wait a minute'));
    return;
  }
  if (!connection.step('login')) {
    connection.reply(id, failure(LOGIN_ERROR, 'another login is being looked at'));
    return;
  }
  const outcome =
    'target_id' in params ? admitGuest(connection, params) : await check(connection, params);
  if (connection.isClosed) {
    return;
  }
  if (!outcome.ok) {
    core.metrics.login(outcome.failure.reason);
    connection.step('refused');
    connection.reply(id, refusal(outcome.failure));
    connection.serveWaiting();
    return;
  }
  await accept(connection, id, params, outcome.identity);
}

type Checked =
  | { readonly ok: true; readonly identity: Identity }
  | { readonly ok: false; readonly failure: LoginFailure };

/** A guest is nobody's account: each gets a name of its own, under which nobody can sign in or be called. */
function admitGuest({ core, context }: ServedSocket, params: GuestParams): Checked {
  const { address, origin } = context;
  const admitted = core.assistants?.guest(params, { address, origin });
  if (admitted === undefined) {
    const message = 'this gateway has no assistants, so nobody can come without signing in';
    return { ok: false, failure: { reason: 'no_target', message, code: LOGIN_ERROR } };
  }
  if (!admitted.ok) {
    return admitted;
  }
  const known = core.sessions.findGuest(params.sessid, admitted.target);
  return {
    ok: true,
    identity: {
      user: known?.user ?? `guest:${randomUUID()}`,
      displayName: 'Guest',
      generateRingback: false,
      guestOf: admitted.target,
    },
  };
}

async function check(connection: ServedSocket, params: LoginParams): Promise<Checked> {
  const { core, context } = connection;
  const credentials: Credentials = {
    ...(params.login === undefined ? {} : { login: params.login }),
    ...(params.passwd === undefined ? {} : { passwd: params.passwd }),
    ...(params.login_token === undefined ? {} : { loginToken: params.login_token }),
  };
  try {
    return await core.auth.login(credentials, { address: context.address });
  } catch (error) {
    core.logger.error({ socket: context.id, err: error }, 'authentication failed to work');
    const message = 'signing in is not possible at the moment; try again';
    return { ok: false, failure: { reason: 'busy', message, code: LOGIN_ERROR } };
  }
}

function refusal({
  reason,
  message,
  code,
  retryAfterMs,
}: LoginFailure): ReturnType<typeof failure> {
  return failure(code === LOOPS ? LOGIN_ERROR : code, message, { reason, retryAfterMs });
}

async function accept(
  connection: ServedSocket,
  id: FrameId | undefined,
  params: LoginParams | GuestParams,
  identity: Identity,
): Promise<void> {
  const { core } = connection;
  const current = connection.session;
  // A token refresh. The reference leaves `sessid` out of it when its last login is 90 s old (wire spec 4.5).
  const renewed = current?.user === identity.user;
  const { offhook } = params;
  const here = renewed ? current : core.sessions.find(params.sessid, identity.user);
  const asked = here ?? sessionElsewhere(connection, params.sessid, identity);
  const known = asked instanceof Promise ? await asked : asked;
  const counted = known === null && isFull(connection, identity.user);
  const full = counted instanceof Promise ? await counted : counted;
  if (connection.isClosed) {
    return;
  }
  if ((asked instanceof Promise || counted instanceof Promise) && isGone(core, identity)) {
    if (known) {
      core.switchboard.partyGone(known, ENDINGS.byOperator);
      core.sessions.forget(known);
    }
    refuse(connection, id, 'bad_credentials', 'Login Incorrect');
    return;
  }
  if (full) {
    refuse(connection, id, 'busy', 'too many devices are signed in as this user');
    return;
  }
  if (current !== null && current !== known) {
    // Another user takes the socket over: what the former one had ends.
    core.switchboard.partyGone(current, ENDINGS.normal);
    core.sessions.forget(current);
  }
  const session = known ?? core.sessions.create(identity);
  const client = clientFacts(params['User-Agent'], connection.context.userAgent);
  session.renew(identity, connection.context.address, client);
  if (offhook !== undefined) {
    session.extend();
  }
  if (!renewed) {
    move(connection, session);
  }
  connection.step('accepted');
  core.metrics.login(known === null ? 'ok' : 'resumed');
  connection.reply(id, {
    ok: true,
    result: {
      message: 'logged in',
      sessid: session.id,
      offhook: { ...featuresOf(core), registered: registeredState(core, session) },
      ...encodeIceServers(core.iceServers(session.user, session.guestOf?.assistant ?? null)),
    },
    voiceSdkId: session.voiceSdkId,
  });
  // Before anything is awaited, so that they stay in front of what comes next.
  connection.serveWaiting();
  if (!renewed) {
    await bringUpToDate(connection, session, survivorsOf(offhook));
  }
}

function refuse(
  connection: ServedSocket,
  id: FrameId | undefined,
  reason: LoginFailureReason,
  message: string,
): void {
  connection.step('refused');
  connection.core.metrics.login(reason);
  connection.reply(id, failure(LOGIN_ERROR, message, { reason }));
  connection.serveWaiting();
}

/** Removed or disabled since his credentials were looked at: whoever looked for sessions to be ended then did not find this one. */
function isGone({ auth }: SignalingCore, { user, guest, guestOf }: Identity): boolean {
  return guestOf === undefined && guest !== true && !auth.exists(user);
}

/** One that another gateway had until now. Nothing is awaited where there is none to ask. */
function sessionElsewhere(
  { core }: ServedSocket,
  sessid: string | undefined,
  identity: Identity,
): Soon<Session | null> {
  const { elsewhere, revival } = core;
  if (sessid === undefined || identity.guestOf !== undefined) {
    return null;
  }
  if (revival) {
    return revive(core, sessid, identity);
  }
  return elsewhere?.fetch(sessid, identity) ?? null;
}

/** A living gateway hands the session over at once. Of a dead one its calls come first; it may have the session for a moment longer. */
async function revive(
  { elsewhere, revival, sessions, clock }: SignalingCore,
  sessid: string,
  identity: Identity,
): Promise<Session | null> {
  const bring = (): Promise<void> => revival?.bring(sessid) ?? Promise.resolve();
  const handedOver = await elsewhere?.fetch(sessid, identity, bring);
  if (handedOver) {
    return handedOver;
  }
  await bring();
  for (let left = FETCHES; ; left--) {
    const session = (await elsewhere?.fetch(sessid, identity)) ?? null;
    if (session || left === 0 || !elsewhere || !sessions.expects(sessid, identity.user)) {
      return session ?? sessions.claim(sessid, identity.user);
    }
    await new Promise<void>((resolve) => {
      clock.schedule(resolve, FETCH_MS);
    });
  }
}

/** Puts the session on this socket, and whatever socket it was on to rest. */
function move(connection: ServedSocket, session: Session): void {
  const former = connection.core.sessions.attach(session, connection);
  connection.carry(session);
  former?.takenOver();
}

/**
 * Nothing awaits between the result and `clientReady` of a new session: an invite in between would be ended by a list
 * without it (wire spec 13.4).
 */
async function bringUpToDate(
  connection: ServedSocket,
  session: Session,
  survivors: Survivors,
): Promise<void> {
  const { core } = connection;
  session.tellEnded();
  if (session.calls > 0) {
    await Promise.all([
      core.switchboard.resume(session, survivors),
      core.elsewhere?.resumed(session, survivors),
    ]);
    // Another socket may have taken the session meanwhile.
    if (connection.session !== session) {
      return;
    }
    session.tellEnded();
  }
  session.sendReady();
  core.switchboard.joined(session);
}

/** What a client of ours says of its calls. One that says nothing (a new page, the reference) gets an attach for each. */
function survivorsOf(offhook: LoginParams['offhook']): Survivors {
  const calls = offhook?.calls;
  if (calls === undefined) {
    return null;
  }
  return new Map(calls.map((call) => [call.callID, call.peer]));
}

/** Sockets of all gateways count; where nobody can say what others have, those of this one. */
function isFull(connection: ServedSocket, user: string): Soon<boolean> {
  const { directory, config } = connection.core;
  const most = config.limits.socketsPerUser;
  if (directory.sessionsOf(user).length >= most) {
    return true;
  }
  const found = directory.everywhere(user);
  return found instanceof Promise
    ? found.then(
        (all) => all.length >= most,
        (error: unknown) => {
          if (error instanceof DirectoryError) {
            return false;
          }
          throw error;
        },
      )
    : false;
}
