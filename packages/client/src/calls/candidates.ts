import { holdsCandidate } from '../media/sdp.ts';
import type { CallDeps } from './deps.ts';

/**
 * Sends our candidates to the gateway. They wait until the description they belong to is on the wire (`release`); what that
 * description already holds is not sent again. Without trickle a description waits for its candidates; the late ones are still
 * sent to a gateway that can take them.
 */
export class LocalCandidates {
  readonly #deps: CallDeps;
  readonly #callID: string;
  readonly #trickle: () => boolean;
  /** All of the newest description. */
  #made: (RTCIceCandidate | null)[] = [];
  #queue: (RTCIceCandidate | null)[] = [];
  #released = false;
  #sent = 0;

  constructor(deps: CallDeps, callID: string, trickle: () => boolean) {
    this.#deps = deps;
    this.#callID = callID;
    this.#trickle = trickle;
  }

  add(candidate: RTCIceCandidate | null): void {
    this.#made.push(candidate);
    if (this.#released) {
      this.#send(candidate);
    } else {
      this.#queue.push(candidate);
    }
  }

  /** A new description is being made: what comes now belongs to it. */
  hold(): void {
    this.#made = [];
    this.again();
  }

  /** The same description is sent once more: what went with it may be lost too. */
  again(): void {
    this.#released = false;
    this.#queue = [...this.#made];
    this.#sent = 0;
  }

  /** The description was handed to signalling. */
  release(sdp: string): void {
    const queue = this.#queue;
    this.#queue = [];
    this.#released = true;
    for (const candidate of queue) {
      if (!candidate || !holdsCandidate(sdp, candidate.candidate)) {
        this.#send(candidate);
      }
    }
  }

  #send(candidate: RTCIceCandidate | null): void {
    const { signaling, logger } = this.#deps;
    if (!this.#trickle()) {
      if (!signaling.features.trickle) {
        if (candidate) {
          logger.warn(
            `Call ${this.#callID}: a candidate came after the description was sent, and the gateway takes none`,
          );
        }
        return;
      }
      // TCP: see GATHERING_HOSTS.
      if (candidate ? / tcp /i.test(candidate.candidate) : !this.#sent) {
        return;
      }
    }
    this.#sent += 1;
    const params = {
      sessid: signaling.sessionId,
      dialogParams: { callID: this.#callID },
    };
    const sending = candidate
      ? signaling.request('candidate', {
          ...params,
          candidate: candidate.candidate,
          sdpMid: candidate.sdpMid,
          sdpMLineIndex: candidate.sdpMLineIndex,
        })
      : signaling.request('endOfCandidates', { ...params, endOfCandidates: true });
    sending.catch((error: unknown) => logger.debug(`Call ${this.#callID}: candidate`, error));
  }
}
