/**
 * The seam between the HTTP server and signalling: what the composition root hands in, and what it gets back.
 * `createSignalingServer(deps)` in `server.ts` builds the one implementation.
 */
import type { DebugFrame, SessionView } from '@offhook/protocol';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { Authenticator, LoginFailure } from '../auth/authenticator.ts';
import type { Assistants, AssistantTarget } from '../calls/assistants.ts';
import type { Outside } from '../calls/outside.ts';
import type { Sleepers } from '../calls/sleepers.ts';
import type { CallObserver } from '../calls/call-observer.ts';
import type { ServiceNumbers } from '../calls/dialplan.ts';
import type { Party } from '../calls/leg.ts';
import type { Invitation, Invite } from '../calls/invite.ts';
import type { CallTimers } from '../calls/timers.ts';
import type { Clock } from '../clock.ts';
import type { Transfers } from '../calls/transfers.ts';
import type { Directory } from '../directory/directory.ts';
import type { MediaPlane } from '../media/media-plane.ts';
import type { Neighbourhood } from './elsewhere.ts';
import type { KeptCalls } from './kept-calls.ts';

/** An `RTCIceServer` as the login reply carries it. */
export interface IceServer {
  readonly urls: string | readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

export interface SignalingLimits {
  /** Bytes of one frame; longer ones close the socket (1009). */
  readonly frameBytes: number;
  /** Bytes of one frame of a socket that has not signed in; longer ones close it (1009). */
  readonly loginFrameBytes: number;
  /** Frames that a socket may send before it has signed in; beyond it the socket is closed (1008). */
  readonly framesBeforeLogin: number;
  /** Sockets of one address that have not signed in; beyond it new ones are closed (1013). */
  readonly waitingPerAddress: number;
  /** Frames per second per socket, as a token bucket; beyond it the socket is closed (1008). */
  readonly framesPerSecond: number;
  /** How many frames may come at once above the steady rate. */
  readonly frameBurst: number;
  /** Bytes that may wait to be sent on one socket before it is closed as too slow. */
  readonly bufferedBytes: number;
  /** Seconds a socket may live without a successful login. */
  readonly loginSeconds: number;
  /** Failed and successful logins that one socket may ask for in a minute. */
  readonly loginsPerMinute: number;
  /** Live calls of one user. */
  readonly callsPerUser: number;
  /** Sockets signed in as one user. */
  readonly socketsPerUser: number;
}

export interface SignalingConfig {
  readonly limits: SignalingLimits;
  readonly timers: CallTimers;
  /** Shown in `gatewayState` replies. */
  readonly dc: string;
  readonly region: string;
  /** Domains after `@` in a dialled `sip:` address that are ours, beside loopback names; others get cause 3. */
  readonly domains: readonly string[];
  /** Further numbers of the services, by their names. */
  readonly services?: ServiceNumbers;
  /** Seconds between gateway pings. */
  readonly pingSeconds: number;
}

/** What signalling counts; Prometheus stands behind it, tests pass {@link NO_METRICS}. */
export interface SignalingMetrics {
  socketOpened(): void;
  socketClosed(code: number): void;
  frameReceived(method: string): void;
  /** A frame or a socket that broke a limit: `rate`, `size`, `backpressure`, `login_timeout`, `malformed` ... */
  violation(kind: string): void;
  login(
    outcome:
      | 'ok'
      | 'resumed'
      | 'bad_credentials'
      | 'token_expired'
      | 'token_invalid'
      | 'locked'
      | 'busy'
      | 'no_target',
  ): void;
  callStarted(route: 'user' | 'service' | 'assistant' | 'trunk'): void;
  /** `cause` is the Q.850 name that ended the call. */
  callEnded(cause: string, talkedSeconds: number | null): void;
  /** Something threw at this boundary, and was caught there; see `guard.ts`. */
  caught(boundary: string): void;
  /** Milliseconds from the invite's arrival to the invite's result sent. */
  inviteHandled(ms: number): void;
}

export const NO_METRICS: SignalingMetrics = {
  socketOpened: () => undefined,
  socketClosed: () => undefined,
  frameReceived: () => undefined,
  violation: () => undefined,
  login: () => undefined,
  callStarted: () => undefined,
  callEnded: () => undefined,
  caught: () => undefined,
  inviteHandled: () => undefined,
};

/** Who keeps reports of calls. Nothing here waits, and nothing here throws. */
export interface SignalingReports {
  /** The key under which this session's client may upload reports of its calls; null: none are taken. */
  reportKey(session: { readonly id: string; readonly user: string }): string | null;
  /** The session is over and cannot be resumed. */
  sessionEnded(id: string): void;
  /** A frame of a debug report (wire spec 17). */
  debugReport(session: { readonly id: string }, frame: DebugFrame): void;
}

export interface GuestRequest {
  readonly target_type: string;
  readonly target_id: string;
  readonly target_version_id?: string | undefined;
  readonly target_params?: Readonly<Record<string, unknown>> | undefined;
}

/** The assistants of this gateway; absent: there are none, and `ai` is not announced. */
export interface SignalingAssistants extends Assistants {
  /** Whether there is one now. */
  readonly any: boolean;
  /** Whether a visitor who does not sign in may come, and what he reaches then. */
  guest(
    request: GuestRequest,
    from: { readonly address: string; readonly origin: string | undefined },
  ):
    | { readonly ok: true; readonly target: AssistantTarget; readonly name: string }
    | { readonly ok: false; readonly failure: LoginFailure };
}

export interface SignalingDeps {
  /** Makes a `voice_sdk_id`; behind an edge one that leads back to this gateway. Default: a random one. */
  readonly voiceSdkId?: () => string;
  readonly auth: Authenticator;
  readonly media: MediaPlane;
  readonly config: SignalingConfig;
  readonly logger: Logger;
  readonly metrics: SignalingMetrics;
  readonly clock: Clock;
  /** Who can be called, and where. Default: who is signed in at this gateway. */
  readonly directory?: Directory<Party>;
  /** Fresh, time-limited ICE servers for a user, or for a visitor of an assistant; empty when none are configured. */
  readonly iceServers: (user: string, guestOf: string | null) => readonly IceServer[];
  readonly reports?: SignalingReports;
  /** Sees what happens to calls. */
  readonly observer?: CallObserver;
  readonly assistants?: SignalingAssistants;
  /** The telephone network; absent: there is none. */
  readonly outside?: Outside | undefined;
  /** Where calls are kept so that they outlive this gateway; absent: they end with it. */
  readonly keptCalls?: KeptCalls | undefined;
  /** Devices that can be woken; absent: none can. */
  readonly sleepers?: Sleepers | undefined;
  /** Other gateways; absent: there is none. It is the directory too. */
  readonly neighbours?: Neighbourhood | undefined;
}

export interface SocketContext {
  /** Names the socket in logs. */
  readonly id: string;
  /** The peer's address after trusted proxies. */
  readonly address: string;
  readonly origin?: string;
  readonly host?: string;
  readonly query: URLSearchParams;
  readonly userAgent?: string;
}

export interface DrainOptions {
  /** Sockets without a call are closed one by one over this long, so that they do not all return at once. */
  readonly idleSpreadSeconds: number;
  /** Calls get this long to end by themselves, then end with cause 41. */
  readonly callSeconds: number;
  /** Other gateways take the clients: they may return at once. Else they are told to wait until this one is back. */
  readonly elsewhere: boolean;
}

export interface SignalingStats {
  readonly sockets: number;
  readonly sessions: number;
  readonly registeredUsers: number;
  readonly calls: number;
  readonly parkedLegs: number;
}

export interface SignalingServer {
  /**
   * Whether a socket would be of use: while draining only to a client whose calls are still here.
   * @param voiceSdkId what the client repeats of its last connection
   */
  admits(voiceSdkId: string | null): boolean;
  /** Places a call of a party that has no socket here. See {@link Switchboard.invite}. */
  placeCall(party: Party, invite: Invite): Invitation;
  /** A phone of a user can be called from now on. See {@link Switchboard.phoneRegistered}. */
  phoneRegistered(user: string, reach: (inCall: readonly Party[]) => Party | null): void;
  /** Hands calls over, of whatever party. */
  readonly transfers: Pick<Transfers, 'blind' | 'attended' | 'replace'>;
  /** Takes over an upgraded socket. Never throws. */
  handleSocket(socket: WebSocket, context: SocketContext): void;
  /** No new calls from now on; settles when every call has ended and every socket is told to go. Idempotent. */
  drain(options: DrainOptions): Promise<void>;
  /** The process is about to end: every client is told to come back when another one runs. Ends no call and waits for nothing. */
  abandon(): void;
  /** Ends everything at once. Idempotent; settles. */
  close(): Promise<void>;
  stats(): SignalingStats;
  /** Everybody who is signed in, whoever came first first. */
  sessions(): readonly SessionView[];
  /** An operator ends a call. @returns false when there is none of that id */
  endCall(id: string): boolean;
  /** An operator ends all sessions of a user, with their calls. @returns how many */
  signOut(user: string): number;
}

/** Implemented by `createSignalingServer` in `server.ts`. */
export type CreateSignalingServer = (deps: SignalingDeps) => SignalingServer;
