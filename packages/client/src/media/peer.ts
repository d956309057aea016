import { deferred } from '../deferred.ts';
import type { Platform } from '../platform.ts';
import { closedFailure, MediaFailure } from './failure.ts';
import { tuneSdp, type SdpTuning } from './sdp-tuning.ts';
import { ufragOf, ufragsOf } from './sdp.ts';

export interface PeerHooks {
  /** Null when gathering has ended. */
  candidate(candidate: RTCIceCandidate | null): void;
  track(event: RTCTrackEvent): void;
  connectionState(state: RTCPeerConnectionState): void;
  iceConnectionState(state: RTCIceConnectionState): void;
  gatheringState(state: RTCIceGatheringState): void;
  /** A browser tells of `closed` only when it was not us who closed. */
  signalingClosed(): void;
  log(message: string, error: unknown): void;
}

export interface PeerConfig {
  readonly iceServers: RTCIceServer[];
  readonly relayOnly: boolean;
  readonly prefetch: boolean;
  /** What the descriptions of both sides are changed to; null: nothing. */
  readonly tuning: SdpTuning | null;
}

/** Candidates that wait for the description they belong to. More than this is not a peer but an attack. */
const MAX_PENDING = 128;

/**
 * One RTCPeerConnection. Descriptions are changed in one serial queue, so negotiation is never re-entrant; what is still
 * queued when the peer closes fails with 44005, also where the browser would leave a promise pending for ever.
 */
export class Peer {
  #instance: RTCPeerConnection | null;
  readonly #pc: RTCPeerConnection;
  readonly #config: PeerConfig;
  readonly #hooks: PeerHooks;
  readonly #closed = deferred<never>();
  #queue: Promise<unknown> = Promise.resolve();
  #remoteUfrags: string[] | null = null;
  #pending: RTCIceCandidateInit[] = [];

  constructor(platform: Platform, config: PeerConfig, hooks: PeerHooks) {
    this.#config = config;
    this.#hooks = hooks;
    this.#closed.promise.catch(() => undefined);
    const pc = new platform.RTCPeerConnection({
      bundlePolicy: 'balanced',
      iceServers: config.iceServers,
      iceCandidatePoolSize: config.prefetch ? 1 : 0,
      iceTransportPolicy: config.relayOnly ? 'relay' : 'all',
    });
    this.#pc = this.#instance = pc;
    pc.onicecandidate = ({ candidate }) => {
      // An empty string ends one generation; null ends gathering, and says it once.
      if (candidate?.candidate !== '') {
        hooks.candidate(candidate);
      }
    };
    pc.ontrack = (event) => hooks.track(event);
    pc.onconnectionstatechange = () => hooks.connectionState(pc.connectionState);
    pc.oniceconnectionstatechange = () => hooks.iceConnectionState(pc.iceConnectionState);
    pc.onicegatheringstatechange = () => hooks.gatheringState(pc.iceGatheringState);
    pc.onsignalingstatechange = () => {
      if (pc.signalingState === 'closed') {
        hooks.signalingClosed();
      }
    };
  }

  /** Null after `close()`. */
  get instance(): RTCPeerConnection | null {
    return this.#instance;
  }

  get pc(): RTCPeerConnection {
    return this.#pc;
  }

  get localSdp(): string {
    return this.#pc.localDescription?.sdp ?? '';
  }

  /** Peer and ICE are `connected` and signalling is not closed. */
  get healthy(): boolean {
    const { connectionState, iceConnectionState, signalingState } = this.#pc;
    return (
      this.#instance !== null &&
      connectionState === 'connected' &&
      /^(connected|completed)$/.test(iceConnectionState) &&
      signalingState !== 'closed'
    );
  }

  /** Creates and sets a local offer. 40001, 40003. */
  offer(options?: RTCOfferOptions): Promise<void> {
    return this.#run(async (pc) => {
      const offer = await step(40001, () => pc.createOffer(options));
      await this.#setLocal(pc, offer);
    });
  }

  /** Takes a remote offer. 40004. */
  takeOffer(sdp: string): Promise<void> {
    return this.#run((pc) => this.#setRemote(pc, 'offer', sdp));
  }

  /** Creates and sets a local answer. 40002, 40003. */
  answer(): Promise<void> {
    return this.#run(async (pc) => {
      const answer = await step(40002, () => pc.createAnswer());
      await this.#setLocal(pc, answer);
    });
  }

  /** Takes the remote answer. 40004. */
  takeAnswer(sdp: string): Promise<void> {
    return this.#run((pc) => this.#setRemote(pc, 'answer', sdp));
  }

  /** Takes back an offer that nobody will answer, so that the next one can be made. */
  rollback(): Promise<void> {
    return this.#run(async (pc) => {
      if (pc.signalingState === 'have-local-offer') {
        await pc.setLocalDescription({ type: 'rollback' });
      }
    });
  }

  /** Keeps a remote candidate until the description of its generation is set, then applies it. */
  addCandidate(candidate: RTCIceCandidateInit): void {
    if (this.#pending.length < MAX_PENDING) {
      this.#pending.push(candidate);
    }
    this.#flushCandidates();
  }

  /** What is under way when the peer closes fails then: a closed connection settles none of its promises (webrtc-pc 4.4.1.2). */
  orClosed<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#closed.promise]);
  }

  close(): void {
    const pc = this.#instance;
    if (!pc) {
      return;
    }
    this.#instance = null;
    this.#pending = [];
    pc.onicecandidate =
      pc.ontrack =
      pc.onconnectionstatechange =
      pc.oniceconnectionstatechange =
      pc.onicegatheringstatechange =
      pc.onsignalingstatechange =
        null;
    pc.close();
    this.#closed.reject(closedFailure());
  }

  #run<T>(task: (pc: RTCPeerConnection) => Promise<T>): Promise<T> {
    const result = this.#queue.then(() => {
      if (!this.#instance) {
        throw closedFailure();
      }
      return this.orClosed(task(this.#pc));
    });
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #setLocal(
    pc: RTCPeerConnection,
    { type, sdp = '' }: RTCSessionDescriptionInit,
  ): Promise<void> {
    await step(40003, () => pc.setLocalDescription({ type, sdp: this.#tuned(sdp) }));
  }

  async #setRemote(pc: RTCPeerConnection, type: 'offer' | 'answer', sdp: string): Promise<void> {
    await step(40004, () => pc.setRemoteDescription({ type, sdp: this.#tuned(sdp) }));
    this.#remoteUfrags = ufragsOf(sdp);
    this.#flushCandidates();
  }

  #tuned(sdp: string): string {
    const { tuning } = this.#config;
    return tuning ? tuneSdp(sdp, tuning) : sdp;
  }

  #flushCandidates(): void {
    const ufrags = this.#remoteUfrags;
    if (!ufrags || !this.#instance) {
      return;
    }
    const waiting = this.#pending;
    this.#pending = [];
    for (const candidate of waiting) {
      const ufrag = ufragOf(candidate);
      if (ufrag !== undefined && !ufrags.includes(ufrag)) {
        this.#pending.push(candidate);
        continue;
      }
      this.#pc
        .addIceCandidate(candidate)
        .catch((error: unknown) => this.#hooks.log('A remote candidate was refused', error));
    }
  }
}

async function step<T>(code: number, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw new MediaFailure(code, error);
  }
}
