import type { GatewayParams } from '@offhook/protocol';
import { closedFailure } from '../media/failure.ts';
import {
  GATHERING,
  GATHERING_ATTACH,
  GATHERING_BRIEF,
  GATHERING_HOSTS,
  type GatheringLimits,
} from '../media/gathering.ts';
import { LocalCandidates } from './candidates.ts';
import type { CallParts, Readiness } from './parts.ts';
import { isLost, RequestError } from './ports.ts';

/** A gateway may take its time to route a call; longer than this it is not there. */
const SETUP_TIMEOUT_MS = 30_000;
const RESTART_TIMEOUT_MS = 15_000;
/** Candidates of the far side that wait for a peer: more than any browser has. */
const MOST_EARLY = 128;

/** What becomes of setting up, for the leg to act on. */
export interface SetupHooks {
  /** The peer connection is there. */
  peer(pc: RTCPeerConnection, type: 'offer' | 'answer'): void;
  /** A step failed and the leg cannot be set up. */
  failed(error: unknown): void;
  /** The gateway answered, without what an answer has to hold. */
  unanswered(): void;
}

/** The way of one leg to its descriptions: peer, offer and answer, what is sent of them, what comes of the far side. */
export class CallSetup {
  readonly #parts: CallParts;
  readonly #ready: Readiness;
  readonly #hooks: SetupHooks;
  readonly #candidates: LocalCandidates;
  #busy = false;
  /** Of the far side, before there is a peer. */
  #early: RTCIceCandidateInit[] = [];
  /** The gateway's answer is being applied, or is. */
  #answer: 'none' | 'applying' | 'applied' = 'none';
  /** The gateway's `answer` has come. */
  #answered = false;

  constructor(parts: CallParts, ready: Readiness, hooks: SetupHooks) {
    const { deps, id, dialog } = parts;
    this.#parts = parts;
    this.#ready = ready;
    this.#hooks = hooks;
    this.#candidates = new LocalCandidates(deps, id, () => dialog.trickle);
  }

  /** A peer is being set up. */
  get busy(): boolean {
    return this.#busy;
  }

  /** The gateway's description is applied, or about to be. */
  get hasAnswer(): boolean {
    return this.#answer !== 'none';
  }

  /** Of the peer connection, in their order. */
  onLocalCandidate(candidate: RTCIceCandidate | null): void {
    this.#candidates.add(candidate);
  }

  /** Places the call. Settles when the invite is answered for, one way or the other; never rejects. */
  async place(): Promise<void> {
    const { scope, life, dialog } = this.#parts;
    this.#busy = true;
    try {
      await this.#ready.untilReady(scope.signal);
      const sdp = await this.#open(null);
      if (life.take('invite') && !scope.signal.aborted) {
        await this.#inviteUntilKnown(sdp, () => life.phase === 'requesting');
        if (life.phase === 'requesting') {
          life.take('accepted');
        }
      }
    } catch (error) {
      // A call that already rings or talks needs no reply.
      const code = error instanceof RequestError ? error.code : '';
      const talks = life.phase !== 'requesting';
      if (talks && (code === 'connection_lost' || code === 'timeout')) {
        return;
      }
      // A call that the gateway refused is none that it has to hear the end of.
      if (code === 'rejected') {
        dialog.forget();
      }
      this.#hooks.failed(error);
    } finally {
      this.#busy = false;
    }
  }

  /** Answers the caller's offer. Settles when the answer is on its way; never rejects. */
  async reply(offer: string): Promise<void> {
    const { scope, life } = this.#parts;
    this.#busy = true;
    try {
      const sdp = await this.#open(offer);
      if (life.take('answer') && !scope.signal.aborted) {
        void this.#conclude(sdp);
      }
    } catch (error) {
      this.#hooks.failed(error);
    } finally {
      this.#busy = false;
    }
  }

  /** Answers a gateway's attach; never rejects. */
  async attach(offer: string): Promise<void> {
    const { life, dialog } = this.#parts;
    try {
      const sdp = await this.#open(offer, GATHERING_ATTACH);
      await this.#send('attach', sdp);
      life.take(dialog.held ? 'hold' : 'answered');
    } catch (error) {
      // Lost again: the gateway attaches again, or its list says that the call is gone.
      if (!isLost(error)) {
        this.#hooks.failed(error);
      }
    }
  }

  /** Takes the place of another leg by an INVITE. Resolves when the gateway has it; rejects when it will not. */
  async replace(): Promise<void> {
    const sdp = await this.#open(null, GATHERING);
    await this.#inviteUntilKnown(sdp, () => true);
  }

  /**
   * Answers an offer of the gateway with the peer as it is. Rejects when that cannot be done.
   */
  async reuse(offer: GatewayParams['attach']): Promise<void> {
    const { media, dialog, id } = this.#parts;
    this.#candidates.hold();
    const sdp = await media.reanswer(offer.sdp, dialog.trickle ? null : GATHERING_ATTACH);
    dialog.learn(offer);
    await this.#send('attach', sdp, { attach: true, recoveredCallId: id });
  }

  /**
   * Restarts ICE: a new offer on the same peer, answered in the reply to `modify` (wire spec 8.8.2). Rejects when it came to
   * nothing.
   * @param relay by TURN only, if there is a TURN server
   */
  async restartIce(relay: boolean): Promise<void> {
    const { media, dialog, scope, id } = this.#parts;
    const { trickle } = dialog;
    media.configure(await this.#iceServers(), relay);
    this.#candidates.hold();
    const sdp = await media.restartOffer(trickle ? null : GATHERING);
    const sending = dialog.request(
      'modify',
      { action: 'updateMedia', callID: id, sdp, ...(trickle ? { trickle: true } : {}) },
      { timeoutMs: RESTART_TIMEOUT_MS, whenOffline: 'fail', signal: scope.signal },
    );
    this.#candidates.release(sdp);
    const reply = await sending;
    if (!reply.sdp) {
      throw new Error('The gateway answered the restart without a description');
    }
    await media.takeAnswer(reply.sdp);
  }

  /** A description from the gateway. It repeats itself after a resume: only the first one counts. */
  takeAnswer(sdp: string): void {
    const { life, media } = this.#parts;
    if (!this.#awaitsAnswer() || this.#answer !== 'none') {
      return;
    }
    this.#answer = 'applying';
    const isEarly = !this.#answered;
    media.takeAnswer(sdp).then(
      () => {
        this.#answer = 'applied';
        if (isEarly) {
          life.take('early');
        }
        if (this.#answered) {
          this.#beginTalk();
        }
      },
      (error: unknown) => this.#hooks.failed(error),
    );
  }

  /** The far side answered. */
  onAnswer(sdp: string | undefined): void {
    const { direction, dialog } = this.#parts;
    if ((direction !== 'outbound' && !dialog.reinvites) || this.#answered) {
      return;
    }
    this.#answered = true;
    if (this.#answer === 'applied') {
      this.#beginTalk();
    } else if (this.#answer === 'none' && sdp) {
      this.takeAnswer(sdp);
    } else if (this.#answer === 'none') {
      this.#hooks.unanswered();
    }
  }

  addCandidate(candidate: RTCIceCandidateInit): void {
    const { media } = this.#parts;
    if (media.pc) {
      media.addCandidate(candidate);
    } else if (this.#early.length < MOST_EARLY) {
      this.#early.push(candidate);
    }
  }

  /** Answered, and the answer is applied. What takes the place of a held leg is held. */
  #beginTalk(): void {
    const { life, dialog } = this.#parts;
    life.take(dialog.reinvites && dialog.held ? 'hold' : 'answered');
  }

  #awaitsAnswer(): boolean {
    const { life, dialog, direction } = this.#parts;
    const { phase } = life;
    return dialog.reinvites
      ? phase === 'recovering'
      : direction === 'outbound' && (phase === 'requesting' || phase === 'trying');
  }

  /** Sends the answer, again after every loss of the socket, until the gateway has it or the call is over. */
  async #conclude(sdp: string): Promise<void> {
    const { life, scope } = this.#parts;
    try {
      for (;;) {
        try {
          await this.#send('answer', sdp);
          life.take('answered');
          return;
        } catch (error) {
          if (!isLost(error)) {
            throw error;
          }
        }
        await this.#ready.untilReady(scope.signal);
        this.#candidates.again();
      }
    } catch (error) {
      this.#hooks.failed(error);
    }
  }

  /**
   * Builds the peer and negotiates up to the description that can be sent.
   * @param limits default: what gateway and servers allow
   */
  async #open(offer: string | null, limits?: GatheringLimits): Promise<string> {
    const { media, life, timings, dialog } = this.#parts;
    this.#busy = true;
    try {
      const iceServers = await this.#iceServers();
      if (life.over) {
        throw closedFailure();
      }
      const pc = media.build(iceServers);
      this.#hooks.peer(pc, offer === null ? 'offer' : 'answer');
      for (const candidate of this.#early.splice(0)) {
        media.addCandidate(candidate);
      }
      timings.mark('start-negotiation');
      const wait = dialog.trickle ? null : (limits ?? this.#limits(iceServers));
      return await (offer === null ? media.offer(wait) : media.answer(offer, wait));
    } finally {
      this.#busy = false;
    }
  }

  /**
   * Sends the INVITE, and again when the socket went before the reply and the gateway does not have it.
   * @param waits whether a reply that was lost matters still
   */
  async #inviteUntilKnown(sdp: string, waits: () => boolean): Promise<void> {
    const { dialog, scope } = this.#parts;
    do {
      try {
        await this.#send('invite', sdp);
        return;
      } catch (error) {
        if (!isLost(error) || !waits()) {
          throw error;
        }
        // The next list of sessions tells whether the gateway has it: see `CallRegistry.onReattachedSessions`. After another
        // socket took over, requests can be sent before that list is here.
        if (dialog.suspect) {
          await this.#ready.untilListed(scope.signal);
        }
        await this.#ready.untilReady(scope.signal);
        this.#candidates.again();
      }
    } while (!dialog.known);
  }

  #limits(servers: readonly RTCIceServer[]): GatheringLimits {
    if (!this.#parts.deps.signaling.features.trickle) {
      return GATHERING;
    }
    return servers.length ? GATHERING_BRIEF : GATHERING_HOSTS;
  }

  async #send(
    method: 'invite' | 'answer' | 'attach',
    sdp: string,
    more: object = {},
  ): Promise<void> {
    const { deps, dialog, scope, timings } = this.#parts;
    const trickle = dialog.trickle ? { trickle: true } : {};
    const sending = dialog.request(
      method,
      { sdp, ...trickle, 'User-Agent': `Web-${deps.version}` },
      { timeoutMs: SETUP_TIMEOUT_MS, signal: scope.signal },
      more,
    );
    dialog.meet();
    timings.mark('send-sdp');
    this.#candidates.release(sdp);
    const { node_id: nodeId } = (await sending) as { node_id?: unknown };
    if (typeof nodeId === 'string') {
      dialog.placeAt(nodeId);
    }
  }

  /** The first list that is given: the call's, the client's (both are in the options), the gateway's, the default one. */
  async #iceServers(): Promise<RTCIceServer[]> {
    const { options, deps, scope } = this.#parts;
    if (Array.isArray(options.iceServers)) {
      return options.iceServers;
    }
    const given = await deps.signaling.gatewayIceServers(scope.signal).catch(() => null);
    return given ?? deps.settings.fallbackIceServers;
  }
}
