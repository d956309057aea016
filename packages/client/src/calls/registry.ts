import { CALL_STATES, type GatewayParams } from '@offhook/protocol';
import { createError } from '../errors/telnyx-error.ts';
import { Tone } from '../media/tones.ts';
import type { ICallOptions } from '../call-options.ts';
import { Timer } from '../timer.ts';
import { Waiters } from '../waiters.ts';
import { Call } from './call.ts';
import { hasMedia, orderOf, type Phase } from './call-state.ts';
import type { CallDeps, CallRegistryPort, RestartIceResult } from './deps.ts';
import { DeviceFollow } from './device-follow.ts';
import { callOptions, inboundOptions, type CallOptions, type Origin } from './dialog.ts';
import { Leg, type LegHost } from './leg.ts';
import { markerOf, markersOf, tellMissing } from './markers.ts';
import type { Direction } from './parts.ts';
import { RequestError, type CallsPort, type GatewayCallRequest } from './ports.ts';
import { handleMessage } from './remote.ts';

/** How long a call that is placed before the client is ready waits for it. */
const READY_TIMEOUT_MS = 30_000;
/** Calls that ended here while the gateway could not be told; it may offer them again. */
const REMEMBERED = 64;
/** What the gateway tells of a call. Options that were another call's may hold that one's. */
const TOLD = ['telnyxCallControlId', 'telnyxSessionId', 'telnyxLegId'] as const;
/** The gateway no longer has the call. */
const GONE = { cause: 'NORMAL_TEMPORARY_FAILURE', causeCode: 41 };

/** What `client.ts` hands to the registry. */
export interface RegistryDeps extends CallDeps {
  /** A call object was made: reports, recordings and what else goes along with calls may begin. */
  attend?(leg: Leg): void;
}

/** All calls of one client: what they share, and what is about more than one of them. */
export class CallRegistry implements CallsPort, CallRegistryPort<Call>, LegHost {
  readonly deps: RegistryDeps;
  readonly calls: Record<string, Call> = {};
  readonly ringtone: Tone;
  readonly ringback: Tone;
  readonly #devices: DeviceFollow;
  readonly #legs = new Map<string, Leg>();
  readonly #ended = new Set<string>();
  readonly #readyWaiters = new Waiters();
  readonly #listWaiters = new Waiters();
  /** Of the page before this one, until the gateway's first list: see `markers.ts`. */
  #restored: readonly unknown[] = [];
  #closing = false;

  constructor(deps: RegistryDeps) {
    const log = (message: string, error: unknown): void => deps.logger.warn(message, error);
    this.deps = deps;
    this.ringtone = new Tone(deps.platform, log);
    this.ringback = new Tone(deps.platform, log);
    this.#devices = new DeviceFollow(deps.platform, deps.devices);
  }

  // CallRegistryPort

  newCall(given: ICallOptions | null | undefined): Call {
    const { settings } = this.deps;
    const { destinationNumber } = given ?? {};
    if (!destinationNumber && !settings.anonymous) {
      throw createError(44002, undefined, { message: 'destinationNumber is required' });
    }
    const options = this.optionsOf(given ?? {});
    for (const name of TOLD) {
      Reflect.deleteProperty(options, name);
    }
    if (this.#legs.has(options.id)) {
      throw createError(44002, undefined, {
        message: `There is a live call with id ${options.id}`,
      });
    }
    const leg = this.add(options, 'outbound', {});
    leg.announce();
    this.warnOfOthers(leg);
    void leg.invite();
    return callOf(leg);
  }

  /** Calls are taken from now on: the client connects. */
  open(): void {
    this.#closing = false;
  }

  activeCalls(): Call[] {
    return this.#those((phase) => orderOf(phase) <= CALL_STATES.held);
  }

  hasActiveCall(): boolean {
    return this.#those(hasMedia).length > 0;
  }

  async endAll(options: {
    readonly bye: boolean;
    readonly purge: boolean;
    readonly initiator: string;
  }): Promise<void> {
    // The client is being signed out: whoever calls from now on is told so.
    this.#closing ||= options.purge;
    await Promise.all(
      this.legs().map((leg) => {
        if (options.purge) {
          leg.life.take('purge');
        }
        return leg.hangup({ initiator: options.initiator }, options.bye);
      }),
    );
  }

  restartIce(callId: string): RestartIceResult {
    const peer = this.#legs.get(callId)?.peer;
    return peer?.restartIce() ?? { started: false, reason: 'no_call' };
  }

  dispose(): void {
    this.ringtone.dispose();
    this.ringback.dispose();
    this.#ended.clear();
  }

  // CallsPort

  /** Signalling matters now: as {@link hasActiveCall}, or a call is being recovered. */
  get inCall(): boolean {
    return this.#those((phase) => hasMedia(phase) || phase === 'recovering').length > 0;
  }

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
        Call.assistants.take?.(this.legs(), params);
        return;
      }
      default: {
        const { params } = message;
        const fromDialog = 'dialogParams' in params ? params.dialogParams : undefined;
        const callID = params.callID ?? (fromDialog as { callID?: string } | undefined)?.callID;
        const leg = this.#legs.get(callID ?? '');
        if (leg) {
          handleMessage(leg, message);
        } else {
          this.deps.logger.debug(`${message.method} for an unknown call`);
        }
      }
    }
  }

  onReattachedSessions(callIDs: readonly string[]): void {
    const restored = this.#restored;
    this.#restored = [];
    tellMissing(restored, callIDs, (error, about) => this.deps.error(error, about));
    for (const leg of this.legs()) {
      const { dialog, life } = leg;
      if (!dialog.suspect || life.over) {
        continue;
      }
      dialog.find();
      if (callIDs.includes(leg.id)) {
        if (life.phase === 'requesting') {
          life.take('accepted');
        }
        continue;
      }
      dialog.forget();
      // An invite that the gateway did not get is sent again.
      if (life.phase === 'requesting') {
        continue;
      }
      if (dialog.reinvites && life.phase === 'recovering') {
        continue;
      }
      leg.notices.fail(48501);
      void leg.hangup({ ...GONE, initiator: 'sdk:not_reattached' }, false);
    }
    this.#listWaiters.resolve();
  }

  survivors(
    renewing = false,
  ): readonly { readonly callID: string; readonly peer: 'live' | 'gone' }[] {
    return this.legs()
      .filter(({ dialog, life }) => dialog.known && !life.over && life.phase !== 'purge')
      .map((leg) => ({ callID: leg.id, peer: survives(leg, renewing) ? 'live' : 'gone' }));
  }

  markers(): readonly unknown[] {
    return markersOf(this.legs());
  }

  restore(markers: readonly unknown[]): void {
    this.#restored = markers;
  }

  onSignalingReady(): void {
    this.#readyWaiters.resolve();
    for (const leg of this.legs()) {
      leg.recovery.onReachable();
    }
  }

  onSignalingLost(): void {
    for (const { dialog, life } of this.legs()) {
      if (!life.over) {
        dialog.lose();
      }
    }
  }

  /** Another socket took over, without a gap: the gateway's list judges what it does not know. */
  onSignalingRenewed(): void {
    this.onSignalingLost();
    this.onSignalingReady();
  }

  onWake(): void {
    for (const leg of this.legs()) {
      leg.recovery.check();
    }
  }

  // LegHost

  legs(): Leg[] {
    return [...this.#legs.values()];
  }

  holder(callId: string): Leg | undefined {
    return this.#legs.get(callId);
  }

  optionsOf(given: ICallOptions): CallOptions {
    return callOptions(given, this.deps.settings, () => this.deps.platform.uuid());
  }

  add(options: CallOptions, direction: Direction, origin: Origin, before?: Leg): Leg {
    this.#ended.delete(options.id);
    const leg = new Leg(this, options, direction, origin, before);
    this.#legs.set(leg.id, leg);
    this.calls[leg.id] = callOf(leg);
    this.#devices.follow(leg, before);
    this.deps.attend?.(leg);
    return leg;
  }

  present(leg: Leg): Call {
    return new Call(leg);
  }

  remove(leg: Leg): void {
    if (this.#legs.get(leg.id) === leg) {
      this.#legs.delete(leg.id);
      Reflect.deleteProperty(this.calls, leg.id);
    }
    this.#ended.add(leg.id);
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
    const timer = new Timer(this.deps.platform);
    const late = new Promise<never>((_, reject) => {
      timer.start(READY_TIMEOUT_MS, () =>
        reject(new RequestError('expired', 'invite', 'The client did not become ready in time')),
      );
    });
    try {
      await Promise.race([this.#readyWaiters.wait(signal), late]);
    } finally {
      timer.stop();
    }
  }

  untilListed(signal: AbortSignal): Promise<void> {
    return this.#listWaiters.wait(signal);
  }

  /** 33010: a call begins while others talk. */
  warnOfOthers(leg: Leg): void {
    const others = this.legs().filter(
      (other) => other !== leg && hasMedia(other.life.phase) && !other.life.over,
    );
    if (!others.length || leg.life.over) {
      return;
    }
    const describe = ({ id, life, direction, options, end }: Leg): object => ({
      callId: id,
      state: life.state,
      direction,
      telnyxSessionId: options.telnyxSessionId,
      telnyxLegId: options.telnyxLegId,
      sipCallId: end?.sipCallId ?? undefined,
    });
    leg.notices.warn(33010, { newCall: describe(leg), activeCalls: others.map(describe) });
  }

  #those(test: (phase: Phase) => boolean): Call[] {
    return this.legs()
      .filter(({ life }) => test(life.phase))
      .map(callOf);
  }

  #onInvite(params: GatewayParams['invite']): void {
    const { callID } = params;
    if (this.#legs.has(callID)) {
      this.deps.logger.debug(`Call ${callID}: the invite came again`);
    } else if (this.#closing) {
      this.#bye(callID, 'SUBSCRIBER_ABSENT', 20);
    } else if (!this.#refuses(callID)) {
      const options = this.optionsOf(inboundOptions(params, this.deps.settings));
      const leg = this.add(options, 'inbound', {});
      leg.ring(params.sdp);
      this.warnOfOthers(leg);
    }
  }

  /** The gateway offers a call again that it kept (wire spec 13.3). */
  #onAttach(params: GatewayParams['attach']): void {
    const leg = this.#legs.get(params.callID);
    leg?.dialog.find();
    if (leg && !leg.life.over) {
      leg.onAttach(params);
    } else if (!this.#refuses(params.callID) && !leg) {
      this.#takeUp(params);
    }
  }

  /** A page that was reloaded has no calls, or only such as came back in the same way. */
  #takeUp(params: GatewayParams['attach']): void {
    const { deps } = this;
    const other = this.legs().find(({ dialog }) => !dialog.attaches);
    if (other) {
      other.notices.warn(35002, { callId: params.callID, params });
      return;
    }
    const { offhook } = params;
    const marker = markerOf(this.#restored, params.callID, deps.platform.document);
    const options = this.optionsOf({
      ...inboundOptions(params, deps.settings),
      ...marker.options,
    });
    // `display_direction` is as the gateway sees it.
    const seen = params.display_direction === 'inbound' ? 'outbound' : 'inbound';
    const leg = this.add(options, offhook?.direction ?? marker.direction ?? seen, {
      attach: true,
      recovers: params.callID,
      held: offhook?.held ?? marker.held,
    });
    leg.takeUp(params, marker.answeredAt);
  }

  /** True for a call that has ended here: the gateway is told, whatever it offers. */
  #refuses(callID: string): boolean {
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
    const leg = this.#legs.get(params.callID ?? '');
    for (const digit of (!leg?.life.over && params.dtmf) || '') {
      leg?.notices.emit('dtmf', digit);
    }
    this.deps.emit('telnyx.notification', { ...params, type: 'event' });
  }

  #onEvent(params: GatewayParams['event']): void {
    const leg = this.#legs.get(params.eventChannel ?? '');
    if (leg) {
      leg.notices.notify('event', { ...params, type: 'event' });
    }
    // As the reference does it: no `type` for a channel that nobody subscribed to.
    else {
      this.deps.emit('telnyx.notification', { ...params });
    }
  }
}

/** Every leg here was presented by the registry. */
const callOf = ({ call }: Leg): Call => call as Call;

/** The peer goes on when signalling is back: an attach would only disturb it. */
function survives({ life, media, recovery, options }: Leg, renewing: boolean): boolean {
  const { pc } = media;
  if (life.phase === 'ringing') {
    return true;
  }
  const lives = !!pc && pc.signalingState !== 'closed' && recovery.peerLives;
  const kept = renewing || options.keepConnectionAliveOnSocketClose === true;
  return lives && (kept || !hasMedia(life.phase));
}
