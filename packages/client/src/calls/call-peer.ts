import { markRaw, proxySafe } from '../proxy-safe.ts';
import type { RestartIceResult } from './deps.ts';
import type { CallParts } from './parts.ts';
import type { Recovery } from './recovery.ts';
import type { ICallEstablishmentTimings } from './timings.ts';

/** `call.peer`: what applications reach of a call's peer connection. */
export class CallPeer {
  readonly type: 'offer' | 'answer';
  /** The debug report has no reporter object here. */
  readonly statsReporter = null;
  readonly #parts: CallParts;
  readonly #recovery: Recovery;

  /** @internal Made by the call. */
  constructor(parts: CallParts, recovery: Recovery, type: 'offer' | 'answer') {
    markRaw(this);
    this.#parts = parts;
    this.#recovery = recovery;
    this.type = type;
  }

  /** Null after the end of the call. */
  get instance(): RTCPeerConnection | null {
    return this.#parts.media.pc;
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

  get isIceRestarting(): boolean {
    return this.#recovery.restarting;
  }

  get restartedIceOnConnectionStateFailed(): boolean {
    return this.#recovery.restartedOnFailure;
  }

  get isDebugEnabled(): boolean {
    return this.#parts.options.debug === true;
  }

  get debugOutput(): 'socket' | 'file' {
    return this.#parts.options.debugOutput ?? 'socket';
  }

  get callEstablishmentTimings(): ICallEstablishmentTimings | undefined {
    const { timings, direction, dialog } = this.#parts;
    return timings.read(direction, dialog.trickle);
  }

  /** Peer and ICE are connected and signalling is not closed. */
  isConnectionHealthy(): boolean {
    return this.#parts.media.healthy;
  }

  restartIce(): RestartIceResult {
    return this.#recovery.restart('app');
  }

  finishIceRestart(): void {
    this.#recovery.finishRestart();
  }

  restartStatsReporter(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#parts.media.closePeer();
    return Promise.resolve();
  }
}
proxySafe(CallPeer);
