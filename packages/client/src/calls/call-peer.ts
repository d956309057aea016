import type { CallCore } from './core.ts';
import type { RestartIceResult } from './deps.ts';
import { establishmentTimings, type ICallEstablishmentTimings } from './timings.ts';
import { markRaw, proxySafe } from '../proxy-safe.ts';

/** `call.peer`: what applications reach of a call's peer connection. */
export class CallPeer {
  readonly type: 'offer' | 'answer';
  isIceRestarting = false;
  restartedIceOnConnectionStateFailed = false;
  /** The debug report has no reporter object here. */
  readonly statsReporter = null;
  readonly #core: CallCore;

  /** @internal Made by the call. */
  constructor(core: CallCore, type: 'offer' | 'answer') {
    markRaw(this);
    this.#core = core;
    this.type = type;
  }

  /** Null after the end of the call. */
  get instance(): RTCPeerConnection | null {
    return this.#core.media.peer?.instance ?? null;
  }

  get isOffer(): boolean {
    return this.type === 'offer';
  }

  get isAnswer(): boolean {
    return this.type === 'answer';
  }

  get iceDone(): boolean {
    return this.instance?.iceGatheringState === 'complete';
  }

  get isDebugEnabled(): boolean {
    return this.#core.options.debug === true;
  }

  get debugOutput(): 'socket' | 'file' {
    return this.#core.options.debugOutput ?? 'socket';
  }

  get callEstablishmentTimings(): ICallEstablishmentTimings | undefined {
    return establishmentTimings(this.#core);
  }

  /** Peer and ICE are connected and signalling is not closed. */
  isConnectionHealthy(): boolean {
    return this.#core.media.peer?.healthy ?? false;
  }

  restartIce(): RestartIceResult {
    return this.#core.monitor.recovery.restart('app');
  }

  finishIceRestart(): void {
    this.isIceRestarting = false;
  }

  restartStatsReporter(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#core.media.peer?.close();
    return Promise.resolve();
  }
}
proxySafe(CallPeer);
