import { MediaError } from '../media-plane.ts';
import type { Codec, LegState } from '../media-plane.ts';
import { Leg } from './leg.ts';
import { Peer } from './peer.ts';
import { DEFAULT_CODECS } from './rtp/codecs.ts';
import { chooseFormat, readRemote, isSamePeer } from './sdp/negotiate.ts';
import type { RemoteDescription } from './sdp/negotiate.ts';
import { offeredFormat, writeAnswer, writeOffer } from './sdp/write.ts';

/** A party in a browser: ICE, DTLS and SRTP, and another page that takes an old one's place. */
export class BrowserLeg extends Leg {
  /** The page that media flows to and from. */
  #peer: Peer | null = null;
  /** The page that takes over once it is connected; or our offer, until it is answered. */
  #next: Peer | null = null;
  /** The page that answered an offer of ours. */
  #answered: Peer | null = null;
  #connectingSince: number | null = null;
  #earlierSent = { packets: 0, bytes: 0 };

  protected get line(): Peer | null {
    return this.#peer;
  }

  protected get sent(): { readonly packets: number; readonly bytes: number } {
    const { packets, bytes } = this.#earlierSent;
    return {
      packets: packets + (this.#peer?.packetsSent ?? 0),
      bytes: bytes + (this.#peer?.bytesSent ?? 0),
    };
  }

  offer(sdp: string, codecs: readonly Codec[] | undefined): { sdp: string; replacedPeer: boolean } {
    const now = performance.now();
    const remote = readRemote(sdp);
    const format = chooseFormat(remote, this.codec ? [this.codec] : (codecs ?? DEFAULT_CODECS));
    const known = this.#sameParty(remote);
    if (!known && this.#next && !this.#next.remote && !this.#peer) {
      throw new MediaError('wrong_state', 'Our own offer for this leg waits for an answer.');
    }
    this.use(format.codec);
    const peer = known ?? this.#newPeer(false);
    const replacedPeer = !known && this.#peer !== null;
    if (known?.remote && known.remote.ice.ufrag !== remote.ice.ufrag) {
      known.ice.restart(false);
    }
    if (!known) {
      this.#install(peer);
    }
    peer.setRemote(remote, format, now);
    if (!peer.isConnected) {
      this.#connectingSince ??= now;
    }
    const answer = writeAnswer(peer.describe(this.handlers.opusParameters(this)), remote, format);
    this.updateState(now);
    return { sdp: answer, replacedPeer };
  }

  /** The peer that this offer renegotiates: the one of the same peer connection. */
  #sameParty(remote: RemoteDescription): Peer | null {
    for (const peer of [this.#next, this.#peer]) {
      if (peer?.remote && !peer.hasLeft && !peer.hasFailed && isSamePeer(peer.remote, remote)) {
        return peer;
      }
    }
    return null;
  }

  createOffer([codec]: readonly Codec[], replacePeer: boolean): string {
    if (!codec) {
      throw new MediaError('no_codec', 'An offer holds a codec.');
    }
    if (this.codec && this.codec !== codec) {
      throw new MediaError('wrong_state', `The codec of this leg is ${this.codec}.`);
    }
    if ((this.#peer || this.#next) && !replacePeer) {
      throw new MediaError('wrong_state', 'The leg has a peer already.');
    }
    this.use(codec);
    this.#next?.close();
    const peer = this.#newPeer(true);
    this.#next = peer;
    const side = peer.describe(this.handlers.opusParameters(this));
    const offer = writeOffer(side, offeredFormat(codec));
    this.updateState(performance.now());
    return offer;
  }

  /** The party's answer; a second one, after early media, is of the same peer connection, and may say another direction. */
  answer(sdp: string): void {
    const peer = this.#next;
    if (!this.codec) {
      throw new MediaError('wrong_state', 'There is no offer to answer.');
    }
    const now = performance.now();
    if (!peer || peer.remote) {
      this.#answerAgain(sdp, this.codec, now);
      return;
    }
    const remote = readRemote(sdp);
    const format = chooseFormat(remote, [this.codec]);
    peer.setRemote(remote, format, now);
    this.#answered = peer;
    this.#install(peer);
    this.#connectingSince ??= now;
    this.updateState(now);
  }

  #answerAgain(sdp: string, codec: Codec, now: number): void {
    const peer = this.#answered;
    const remote = readRemote(sdp);
    if (!peer?.remote || !isSamePeer(peer.remote, remote)) {
      throw new MediaError('wrong_state', 'There is no offer to answer.');
    }
    peer.setRemote(remote, chooseFormat(remote, [codec]), now);
  }

  #newPeer(controlling: boolean): Peer {
    return new Peer(this.context, controlling, this.reception, this.limits, {
      rtp: (peer, packet, now) => {
        if (peer === this.#peer) {
          this.received(peer, packet, now);
        }
      },
      connected: (peer) => {
        this.#connected(peer);
      },
      farLoss: (now) => this.farLoss(now),
      failed: (error) => {
        this.handlers.failed(this, error);
      },
    });
  }

  /** Puts a peer into its place: at once where there is nothing to lose, else when it is connected. */
  #install(peer: Peer): void {
    if (this.#next !== peer) {
      this.#next?.close();
    }
    this.#next = null;
    if (this.#peer?.isConnected) {
      this.#next = peer;
      return;
    }
    this.#retire();
    this.#peer = peer;
    this.#connectingSince = null;
  }

  #retire(): void {
    if (!this.#peer) {
      return;
    }
    this.#peer.close();
    this.#earlierSent = {
      packets: this.#earlierSent.packets + this.#peer.packetsSent,
      bytes: this.#earlierSent.bytes + this.#peer.bytesSent,
    };
    this.#peer = null;
  }

  #connected(peer: Peer): void {
    if (peer === this.#next) {
      this.#retire();
      this.#peer = peer;
      this.#next = null;
    }
    const now = performance.now();
    this.#connectingSince = null;
    this.ready(now);
  }

  /** Browsers read no events: they are told of digits by message. */
  sendDigits(): void {
    throw new MediaError('wrong_state', 'A browser takes no events in its audio.');
  }

  protected tickLine(now: number): void {
    this.#peer?.tick(now);
    this.#next?.tick(now);
    this.#dropStalled(now);
  }

  /** A page that was to take over and does not come up. */
  #dropStalled(now: number): void {
    const next = this.#next;
    if (!next?.remote) {
      return;
    }
    const isLate = now - (this.#connectingSince ?? now) >= this.context.thresholds.failedMs;
    if (!isLate && !next.hasFailed) {
      return;
    }
    next.close();
    this.#next = null;
    this.#connectingSince = null;
  }

  protected currentState(now: number): LegState {
    const { disconnectedMs, failedMs } = this.context.thresholds;
    const peer = this.#peer;
    if (peer?.isConnected) {
      if (now - peer.ice.heardAt >= failedMs) {
        return 'failed';
      }
      return peer.isThere(now, disconnectedMs) ? 'connected' : 'disconnected';
    }
    if (!peer) {
      return 'new';
    }
    if (peer.hasFailed) {
      return 'failed';
    }
    const since = this.#connectingSince ?? now;
    return now - since >= failedMs ? 'failed' : 'connecting';
  }

  protected closeLine(): void {
    this.#peer?.close();
    this.#next?.close();
  }
}
