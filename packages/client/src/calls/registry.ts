import { CALL_STATES, type CallState, type GatewayParams } from '@offhook/protocol';
import { deferred } from '../deferred.ts';
import { createError } from '../errors/telnyx-error.ts';
import type { INotification } from '../events.ts';
import type { ICallOptions } from '../options.ts';
import { Tone } from '../media/tones.ts';
import { Timer } from '../timer.ts';
import { Waiters } from '../waiters.ts';
import { onAttach } from './attach.ts';
import { invite } from './begin.ts';
import { Call } from './call.ts';
import { hasMedia, isOver, publicState, type Phase } from './call-state.ts';
import { CallCore, type CallHost, type Direction } from './core.ts';
import type { CallDeps, CallRegistryPort, RestartIceResult } from './deps.ts';
import { callOptions, inboundOptions, type CallOptions } from './dialog.ts';
import { hangup } from './ending.ts';
import { handleMessage } from './incoming.ts';
import { markersOf, tellMissing } from './markers.ts';
import { warnOfOthers } from './others.ts';
import { RequestError, type CallsPort, type GatewayCallRequest } from './ports.ts';

/** How long a call that is placed before the client is ready waits for it. */
const READY_TIMEOUT_MS = 30_000;
/** Calls that ended here while the gateway could not be told; it may offer them again. */
const REMEMBERED = 64;
/** The gateway no longer has the call. */
const GONE = { cause: 'NORMAL_TEMPORARY_FAILURE', causeCode: 41 };

/** All calls of one client: what they share, and what is about more than one of them. */
export class CallRegistry implements CallsPort, CallRegistryPort<Call>, CallHost {
  readonly deps: CallDeps;
  readonly calls: Record<string, Call> = {};
  readonly ringtone: Tone;
  readonly ringback: Tone;
  readonly #cores = new Map<string, CallCore>();
  readonly #ended = new Set<string>();
  readonly #readyWaiters = new Set<() => void>();
  readonly #listWaiters = new Waiters();
  /** Of the page before this one, until the gateway's first list: see `markers.ts`. */
  restored: readonly unknown[] = [];
  #closing = false;

  constructor(deps: CallDeps) {
    this.deps = deps;
    const log = (message: string, error: unknown): void => deps.logger.warn(message, error);
    this.ringtone = new Tone(deps.platform, log);
    this.ringback = new Tone(deps.platform, log);
  }

  newCall(given: ICallOptions | null | undefined): Call {
    const { settings } = this.deps;
    if (!(given as ICallOptions | null)?.destinationNumber && !settings.anonymous) {
      throw createError(44002, undefined, { message: 'destinationNumber is required' });
    }
    const options = this.optionsOf(given ?? {});
    if (this.#cores.has(options.id)) {
      throw createError(44002, undefined, {
        message: `There is a live call with id ${options.id}`,
      });
    }
    const core = this.add(options, 'outbound');
    core.announce();
    this.warnOfOthers(core);
    void invite(core);
    return core.call;
  }

  /** Calls are taken from now on: the client connects. */
  open(): void {
    this.#closing = false;
  }

  activeCalls(): Call[] {
    return this.#those((phase) => CALL_STATES[publicState(phase) as CallState] <= CALL_STATES.held);
  }

  hasActiveCall(): boolean {
    return this.#those(hasMedia).length > 0;
  }

  /** Signalling matters now: as {@link hasActiveCall}, or a call is being recovered. */
  get inCall(): boolean {
    return this.#those((phase) => hasMedia(phase) || phase === 'recovering').length > 0;
  }

  /** The page woke or is shown again. */
  onWake(): void {
    for (const { monitor } of this.#cores.values()) {
      monitor.recovery.check();
    }
  }

  /** Another socket took over, without a gap: the gateway's list judges what it does not know. */
  onSignalingRenewed(): void {
    this.onSignalingLost();
    this.onSignalingReady();
  }

  async endAll(options: {
    readonly bye: boolean;
    readonly purge: boolean;
    readonly initiator: string;
  }): Promise<void> {
    // The client is being signed out: whoever calls from now on is told so.
    this.#closing ||= options.purge;
    await Promise.all(
      this.cores().map((core) => {
        if (options.purge) {
          core.transition('purge');
        }
        return hangup(core, { initiator: options.initiator }, options.bye);
      }),
    );
  }

  restartIce(callId: string): RestartIceResult {
    const peer = this.#cores.get(callId)?.peer;
    return peer?.restartIce() ?? { started: false, reason: 'no_call' };
  }

  dispose(): void {
    this.ringtone.dispose();
    this.ringback.dispose();
    this.#ended.clear();
  }

  // CallsPort

  onGatewayRequest(message: GatewayCallRequest): void {
    switch (message.method) {
      case 'invite':
        this.#onInvite(message.params);
        return;
      case 'attach':
        this.#onAttach(message.params);
        return;
      case 'info':
        this.#onInfo(message.params);
        return;
      case 'event':
        this.#onEvent(message.params);
        return;
      case 'ai_conversation': {
        const { params, voiceSdkId } = message;
        this.deps.emit('telnyx.ai.conversation', {
          method: 'ai_conversation',
          params: { ...params, type: params.type ?? '' },
          ...(voiceSdkId === undefined ? {} : { voice_sdk_id: voiceSdkId }),
        });
        Call.assistants.take?.(this, params);
        return;
      }
      default: {
        const { params } = message;
        const fromDialog = 'dialogParams' in params ? params.dialogParams : undefined;
        const callID = params.callID ?? (fromDialog as { callID?: string } | undefined)?.callID;
        const core = this.#cores.get(callID ?? '');
        if (core) {
          handleMessage(core, message);
        } else {
          this.deps.logger.debug(`${message.method} for an unknown call`);
        }
      }
    }
  }

  onReattachedSessions(callIDs: readonly string[]): void {
    if (this.restored.length) {
      tellMissing(this, callIDs);
    }
    for (const core of this.cores()) {
      if (!core.suspect || core.isOver) {
        continue;
      }
      core.suspect = false;
      if (!callIDs.includes(core.id)) {
        core.known = false;
        // An invite that takes a leg's place is sent again.
        if (core.reinviting && core.phase === 'recovering') {
          continue;
        }
        core.fail(48501);
        void hangup(core, { ...GONE, initiator: 'sdk:not_reattached' }, false);
      } else if (core.phase === 'requesting') {
        core.transition('accepted');
      }
    }
    this.#listWaiters.resolve();
  }

  survivors(
    renewing = false,
  ): readonly { readonly callID: string; readonly peer: 'live' | 'gone' }[] {
    return this.cores()
      .filter((core) => core.known && !core.isOver && core.phase !== 'purge')
      .map((core) => ({ callID: core.id, peer: this.#survives(core, renewing) ? 'live' : 'gone' }));
  }

  restore(markers: readonly unknown[]): void {
    this.restored = markers;
  }

  markers(): readonly unknown[] {
    return markersOf(this.cores());
  }

  onSignalingReady(): void {
    for (const wake of [...this.#readyWaiters]) {
      wake();
    }
    for (const core of this.#cores.values()) {
      core.monitor.recovery.onReachable();
    }
  }

  onSignalingLost(): void {
    for (const core of this.#cores.values()) {
      core.suspect = core.known && !core.isOver;
    }
  }

  // CallHost

  dial(options: ICallOptions): Call {
    return this.newCall(options);
  }

  holder(callId: string): CallCore | undefined {
    return this.#cores.get(callId);
  }

  orderOf(phase: Phase): number {
    return CALL_STATES[publicState(phase) as CallState];
  }

  cores(): CallCore[] {
    return [...this.#cores.values()];
  }

  optionsOf(given: ICallOptions): CallOptions {
    return callOptions(given, this.deps.settings, () => this.deps.platform.uuid());
  }

  add(options: CallOptions, direction: Direction): CallCore {
    this.#ended.delete(options.id);
    const core = new CallCore(this, options, direction);
    core.call = new Call(core);
    this.#cores.set(core.id, core);
    this.calls[core.id] = core.call;
    this.deps.attend?.(core);
    return core;
  }

  remove(core: CallCore): void {
    if (this.#cores.get(core.id) === core) {
      this.#cores.delete(core.id);
      Reflect.deleteProperty(this.calls, core.id);
    }
    this.#ended.add(core.id);
    for (const oldest of this.#ended) {
      if (this.#ended.size <= REMEMBERED) {
        break;
      }
      this.#ended.delete(oldest);
    }
  }

  async untilReady(signal: AbortSignal): Promise<void> {
    if (this.deps.signaling.ready) {
      return;
    }
    signal.throwIfAborted();
    const { promise, resolve, reject } = deferred<undefined>();
    const timer = new Timer(this.deps.platform);
    const wake = (): void => resolve(undefined);
    const abort = (): void => reject(signal.reason);
    timer.start(READY_TIMEOUT_MS, () =>
      reject(new RequestError('expired', 'invite', 'The client did not become ready in time')),
    );
    this.#readyWaiters.add(wake);
    signal.addEventListener('abort', abort);
    try {
      await promise;
    } finally {
      timer.stop();
      this.#readyWaiters.delete(wake);
      signal.removeEventListener('abort', abort);
    }
  }

  untilListed(signal: AbortSignal): Promise<void> {
    return this.#listWaiters.wait(signal);
  }

  #those(test: (phase: Phase) => boolean): Call[] {
    return this.cores()
      .filter(({ phase }) => test(phase))
      .map(({ call }) => call);
  }

  /** The peer goes on when signalling is back: an attach would only disturb it. */
  #survives({ phase, media, monitor, options }: CallCore, renewing: boolean): boolean {
    const pc = media.peer?.instance;
    if (phase === 'ringing') {
      return true;
    }
    const lives = !!pc && pc.signalingState !== 'closed' && monitor.recovery.peerLives;
    const kept = renewing || options.keepConnectionAliveOnSocketClose === true;
    return lives && (kept || !hasMedia(phase));
  }

  #onInvite(params: GatewayParams['invite']): void {
    const { callID } = params;
    if (this.#cores.has(callID)) {
      this.deps.logger.debug(`Call ${callID}: the invite came again`);
      return;
    }
    if (this.refuses(callID)) {
      return;
    }
    if (this.#closing) {
      this.#bye(callID, 'SUBSCRIBER_ABSENT', 20);
      return;
    }
    const core = this.add(this.optionsOf(inboundOptions(params, this.deps.settings)), 'inbound');
    core.known = true;
    core.announce();
    core.playRingtone();
    core.transition('incoming');
    this.warnOfOthers(core);
  }

  #onAttach(params: GatewayParams['attach']): void {
    const old = this.#cores.get(params.callID);
    if (old) {
      old.suspect = false;
    }
    onAttach(this, params);
  }

  /** True for a call that has ended here: the gateway is told, whatever it offers. */
  refuses(callID: string): boolean {
    if (!this.#ended.has(callID)) {
      return false;
    }
    this.#bye(callID, 'NORMAL_CLEARING', 16);
    return true;
  }

  #bye(callID: string, cause: string, causeCode: number): void {
    const { signaling, logger } = this.deps;
    signaling
      .request('bye', {
        sipCode: null,
        sip_call_id: null,
        sessid: signaling.sessionId,
        dialogParams: { callID },
        cause,
        causeCode,
      })
      .catch((error: unknown) => logger.debug(`Call ${callID}: bye`, error));
  }

  #onInfo(params: GatewayParams['info']): void {
    const core = this.#cores.get(params.callID ?? '');
    for (const digit of (!core?.isOver && params.dtmf) || '') {
      core?.events.emit('dtmf', digit);
    }
    this.deps.emit('telnyx.notification', { ...params, type: 'event' });
  }

  #onEvent(params: GatewayParams['event']): void {
    const core = this.#cores.get(params.eventChannel ?? '');
    if (core) {
      core.notify('event', { ...params, type: 'event' });
    } else {
      // As the reference does it: no `type` for a channel that nobody subscribed to.
      this.deps.emit('telnyx.notification', { ...params } as unknown as INotification);
    }
  }

  warnOfOthers(core: CallCore): void {
    const others = this.cores().filter(
      (other) => other !== core && hasMedia(other.phase) && !isOver(other.phase),
    );
    if (others.length) {
      warnOfOthers(core, others);
    }
  }
}
