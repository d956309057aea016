import { RequestError } from '../calls/ports.ts';
import type { SdkErrorCode } from '../errors/codes.ts';
import { createError } from '../errors/telnyx-error.ts';
import type { SocketCloseEvent } from '../events.ts';
import { Waiters } from '../waiters.ts';
import { gatewayDelay } from './backoff.ts';
import type { Happening } from './context.ts';
import type { GatewayStateInfo } from './registration.ts';
import { SessionParts } from './session-parts.ts';
import {
  isAlive,
  isTerminal,
  isUnderWay,
  nextSessionState,
  type SessionEvent,
  type SessionOutcome,
  type SessionState,
} from './session-state.ts';

const MAX_GATEWAY_FAILURES = 5;
/** A page that comes back asks for a sign of life unless it heard one this recently. */
const RECENT_MS = 3_000;
/** A ping that is overdue for less may just be on its way. */
const UNANSWERED_MS = 500;
/** The gateway's word for a session that goes on elsewhere. */
const TAKEN_OVER = 4001;

/** The signalling session of one client: it drives the table of `session-state.ts`, one socket after another. */
export class Session extends SessionParts {
  /** Why the session ended; undefined until it has. */
  outcome: SessionOutcome | undefined;
  readonly #readyWaiters = new Waiters();
  readonly #closeWaiters = new Waiters();
  #state: SessionState = 'idle';
  /** Of this life, from `connect()` to its end. */
  #signedIn = false;
  #everReady = false;
  #gatewayFailures = 0;
  #nextDelay: number | undefined;

  get state(): SessionState {
    return this.#state;
  }
  /** As `WebSocket.readyState`; 3 without a socket. */
  get readyState(): number {
    return !this.line.up && this.#state === 'connecting' ? 0 : this.line.readyState;
  }
  /** Until the first sign-in a failed connection is always tried again. */
  get autoReconnect(): boolean {
    return !this.#signedIn || this.context.options().autoReconnect !== false;
  }

  override renew(): void {
    if (this.#state !== 'ready') return;
    const again = (): void => {
      this.#letGo(this.health.unansweredMs >= UNANSWERED_MS);
    };
    if (!this.line.renew(again)) again();
  }

  /** The socket is not wanted any more: the session reconnects. */
  #letGo(dead: boolean): void {
    if (dead) {
      this.context.warn(36003, { reason: 'no sign of life from the gateway', source: 'probe' });
      this.line.abandon('SIGNALING_DEAD');
    } else this.dropSocket();
  }

  /** Begins a life, ends a wait, or tries a refused sign-in again. Otherwise nothing. */
  connect(): void {
    if (this.#state === 'rejected') this.relogin().catch(() => undefined);
    if (this.#state === 'waiting') {
      this.reconnect.reset();
      this.#retry();
    }
    if (isTerminal(this.#state)) this.#state = 'idle';
    if (!this.#transition('connect')) return;
    this.outcome = undefined;
    this.#signedIn = this.#everReady = false;
    this.#gatewayFailures = 0;
    this.place.first();
    this.reconnect.reset();
    this.gateway.rpc.reopen();
    this.page.start();
    this.#open();
  }

  /** Settles when ready, or with what keeps it from becoming so. */
  async whenReady(signal?: AbortSignal): Promise<void> {
    if (this.#state === 'ready') return;
    if (!isUnderWay(this.#state)) {
      throw new RequestError('not_ready', 'login', `No connection under way: ${this.#state}`);
    }
    await this.#readyWaiters.wait(signal);
  }

  /** Closes the socket and forgets the session. Resolves when nothing of it is left; never rejects. */
  async close(): Promise<void> {
    if (isAlive(this.#state) || this.#state === 'closing') {
      const closed = this.#closeWaiters.wait();
      this.#stop('disconnected');
      await closed;
    } else this.gateway.rpc.close('disconnected');
    this.memory.forget();
    this.gateway.forget();
  }

  /**
   * Signs in with the options as they are now, on the live socket, and leaves calls alone. Resolves at once where there is no
   * socket; rejects when refused.
   */
  async relogin(): Promise<void> {
    if (!isAlive(this.#state)) return;
    this.#transition('relogin'); // only out of `rejected`
    try {
      await this.signIn.again();
    } catch (error) {
      // A refusal has been told; what the application's token function threw has not.
      if (!(error instanceof RequestError)) this.context.error(46001, error);
      throw error;
    }
  }

  /** Waits while a connection is under way; false when there is none. Never rejects. */
  async isRegistered(): Promise<boolean> {
    return (isUnderWay(this.#state) || this.#state === 'ready') && this.gateway.isRegistered();
  }

  #transition(event: SessionEvent): boolean {
    const next = nextSessionState(this.#state, event);
    this.context.log.debug('session:', this.#state, event, next ?? 'ignored');
    if (next === undefined) return false;
    this.#state = next;
    // Not at once: a listener may call connect() or disconnect() while this step is half done.
    queueMicrotask(() => {
      const { outcome } = this;
      this.context.emit('telnyx.session.state', { state: next, ...(outcome && { outcome }) });
    });
    return true;
  }

  protected override async settled(signal?: AbortSignal): Promise<void> {
    if (!isUnderWay(this.#state) || this.#everReady) return;
    await this.#readyWaiters.wait(signal).catch(() => undefined);
  }

  protected override onAuthenticationRequired(error: unknown): void {
    if (this.autoReconnect) this.relogin().catch(() => undefined);
    else this.context.error(46003, error);
  }

  protected override on(happening: Happening): void {
    const { error, platform } = this.context;
    switch (happening.is) {
      case 'signedIn':
        this.gateway.takeLogin(happening.result);
        this.#signedIn = true;
        this.health.recheck();
        if (this.#transition('accepted')) this.registration.awaitClientReady();
        break;
      case 'loginUnanswered':
        this.line.abandon('LOGIN_TIMEOUT');
        break;
      case 'loginRefused':
        // A gateway that once took these credentials and now stumbles over them (it may be restarting) is asked again.
        if (this.#state === 'authenticating' && this.#everReady && !happening.final) {
          this.#nextDelay = happening.error.retryAfterMs;
          this.dropSocket();
        } else this.#refuse(happening.error);
        break;
      case 'noToken':
        if (this.#state === 'authenticating') this.#reject(happening.error);
        if (this.#state !== 'connecting' || this.line.up) break;
        if (this.#everReady) this.#lost('lost');
        else this.#giveUp('login_failed', 46001, happening.error);
        break;
      case 'registered':
        this.#onRegistered(happening.info, happening.pushed);
        break;
      case 'lapsed':
        this.#transition('lapsed');
        break;
      case 'notRegistered':
        this.#refuse(new Error(`Not registered: ${happening.state}`));
        break;
      case 'gatewayFailed':
        this.#onGatewayFailed();
        break;
      case 'punted':
        this.#onPunt(happening.callID, happening.why);
        break;
      case 'dead':
        this.#letGo(true);
        break;
      case 'doubted':
        this.renew();
        break;
      case 'answered':
        if (!this.line.moving) this.line.cancelRenewal();
        break;
      case 'woke':
        this.context.calls().onWake();
        break;
      case 'back':
        this.context.calls().onWake();
        if (this.#state === 'waiting') this.#retry();
        else if (platform.now() - this.health.lastHeardAt > RECENT_MS) this.health.probe();
        break;
      case 'offline':
        if (!this.line.up) break;
        error(48001);
        this.health.probe();
        break;
    }
  }

  #open(): void {
    this.signIn.prepare(() => {
      if (this.#state === 'connecting' && !this.line.up) this.#openSocket();
    });
  }

  #openSocket(): void {
    const limitMs = this.reconnect.socketTried();
    try {
      this.line.open(this.place.url, limitMs);
    } catch (cause) {
      this.#giveUp('no_socket', 45001, cause);
    }
  }

  /** Not wanted by the gateway. From ready, the sign-in before it still holds. */
  #refuse(cause: unknown): void {
    this.registration.stop();
    if (this.#state !== 'ready') this.#reject(cause);
    this.context.error(46001, cause);
  }

  #reject(cause: unknown): void {
    this.#transition('refused');
    this.#readyWaiters.reject(createError(46001, cause));
  }

  #onRegistered(info: GatewayStateInfo, pushed: boolean): void {
    this.gateway.takeState(info);
    if (!this.#transition('registered')) return;
    this.#everReady = this.place.canaryReached = this.gateway.ready = true;
    this.place.avoidLast = false;
    this.#gatewayFailures = 0;
    this.reconnect.reset();
    this.gateway.rpc.ready();
    this.context.calls().onSignalingReady();
    this.context.emit('telnyx.ready', { ...(pushed && info), type: 'vertoClientReady' });
    this.#readyWaiters.resolve();
  }

  #onGatewayFailed(): void {
    const { error, platform, endCalls } = this.context;
    error(45004);
    this.place.avoidLast = true;
    if (this.autoReconnect && ++this.#gatewayFailures < MAX_GATEWAY_FAILURES) {
      this.#nextDelay = gatewayDelay(() => platform.random());
      this.dropSocket();
      return;
    }
    endCalls(false);
    this.#stop('gateway_failed', 45003);
  }

  #onPunt(callID: string | undefined, why: string | undefined): void {
    const { calls, options, endCalls, warn } = this.context;
    // The session goes on on our own second socket.
    if (this.line.moving) return;
    const live = calls().survivors();
    const keeps = options().keepConnectionAliveOnSocketClose;
    if (keeps && live.some((call) => call.callID === callID && call.peer === 'live')) {
      this.dropSocket();
      return;
    }
    endCalls(true);
    this.#stop(why === 'taken_over' ? why : 'punted');
    warn(36005, { reason: why ?? 'punt' });
  }

  protected override onOpen(event: Event): void {
    if (!this.#transition('opened')) return;
    this.gateway.rpc.attach((text) => this.line.send(text));
    this.health.start();
    this.signIn.send();
    this.context.emit('telnyx.socket.open', event);
  }

  protected override onClosed(event: SocketCloseEvent): void {
    const { calls, onSocketLost, emit } = this.context;
    const { code = 0, reason = '' } = event.event ?? event;
    this.#nextDelay = Number(/retry-after=(\d{1,6})\b/.exec(reason)?.[1]) || this.#nextDelay;
    const wasReady = this.gateway.ready;
    this.gateway.ready = false;
    this.health.stop();
    this.registration.stop();
    this.signIn.lost();
    this.memory.lost();
    this.gateway.rpc.detach();
    onSocketLost();
    if (wasReady) calls().onSignalingLost();
    const tell = (): void => {
      emit('telnyx.socket.close', event);
    };
    if (this.#state === 'closing') {
      this.#end('stopped');
      tell();
    } else if (this.#state === 'rejected') {
      this.#giveUp('login_failed', undefined, undefined, tell);
    } else if (code === TAKEN_OVER) {
      this.#giveUp('taken_over', undefined, undefined, tell);
      this.context.warn(36005, { reason: 'taken_over' });
    } else this.#lost('lost', tell);
  }

  /** Another attempt, or the end. `tell` runs when the state is set, before any error that follows. */
  #lost(event: 'lost' | 'unreachable', tell?: () => void): void {
    if (!this.autoReconnect) {
      this.#giveUp('auto_reconnect_off', undefined, undefined, tell);
    } else if (this.reconnect.failed()) {
      if (this.#state !== 'ready' && this.reconnect.tryOthers) this.place.next();
      this.#transition(event);
      this.reconnect.wait(this.#nextDelay ?? this.reconnect.delay, () => {
        this.#retry();
      });
      this.#nextDelay = undefined;
      tell?.();
    } else this.#giveUp('exhausted', 45003, undefined, tell);
  }

  #retry(): void {
    this.reconnect.stop();
    if (!this.#transition('retry')) return;
    this.reconnect.probe(this.place.options, (reachable) => {
      if (!reachable) this.#lost('unreachable');
      else if (this.#transition('reachable')) this.#open();
    });
  }

  /** The end that the session comes to by itself, without a socket. */
  #giveUp(outcome: SessionOutcome, code?: SdkErrorCode, cause?: unknown, tell?: () => void): void {
    const { error, warn, endCalls } = this.context;
    this.outcome = outcome;
    this.#end('gaveUp', code && createError(code, cause));
    tell?.();
    if (outcome === 'auto_reconnect_off') warn(36005, { reason: 'auto_reconnect_disabled' });
    else endCalls(false);
    if (code) error(code, cause);
  }

  /** The end that somebody wants, with or without a socket. */
  #stop(outcome: SessionOutcome, code?: SdkErrorCode): void {
    if (!this.#transition('stop')) return;
    this.outcome = outcome;
    this.#quiet(code && createError(code));
    if (code) this.context.error(code);
    if (this.line.up) this.line.close();
    else this.#end('stopped');
  }

  #end(event: 'stopped' | 'gaveUp', reason?: Error): void {
    this.#transition(event);
    this.#quiet(reason);
    this.#closeWaiters.resolve();
  }

  /** Frees every timer and listener but the closing socket's, and settles every promise. */
  #quiet(reason?: Error): void {
    const why = `session ended: ${this.outcome ?? ''}`;
    this.page.stop();
    this.line.cancelRenewal();
    this.health.stop();
    this.registration.stop();
    this.reconnect.stop();
    this.signIn.stop(why);
    this.gateway.rpc.close(why);
    this.#readyWaiters.reject(reason ?? new RequestError('closed', 'login', why));
  }
}
