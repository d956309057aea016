import { MediaError } from '../media-plane.ts';
import type {
  Codec,
  LegSource,
  LegState,
  LegStats,
  MediaLegRef,
  VoiceEvent,
} from '../media-plane.ts';
import type { EngineContext } from './context.ts';
import { NOTHING } from './feed.ts';
import type { Feed } from './feed.ts';
import { LegLimits } from './leg-limits.ts';
import { mayBecome } from './leg-state.ts';
import { Peer } from './peer.ts';
import type { RtpPacket } from './peer.ts';
import { CODECS, DEFAULT_CODECS } from './rtp/codecs.ts';
import { Reception } from './rtp/reception.ts';
import { convertEvent, DigitReader, rateOf } from './rtp/telephone-event.ts';
import { chooseFormat, readRemote, isSamePeer } from './sdp/negotiate.ts';
import type { RemoteDescription } from './sdp/negotiate.ts';
import { writeAnswer, writeOffer } from './sdp/write.ts';
import { Player } from './sounds/player.ts';
import { Voice } from './voice/voice.ts';

export interface LegHandlers {
  state(leg: Leg, state: LegState): void;
  digit(leg: Leg, digit: string): void;
  voice(leg: Leg, event: VoiceEvent): void;
  /** Opus parameters for this leg's party: what the others of the call like to hear. */
  opusParameters(leg: Leg): string;
}

/** One party of a call. All of it runs in one turn of the event loop: negotiation waits for nothing. */
export class Leg {
  readonly ref: MediaLegRef;
  codec: Codec | null = null;
  state: LegState = 'new';
  isHeld = false;
  readonly #context: EngineContext;
  readonly #handlers: LegHandlers;
  readonly #reception = new Reception();
  readonly #limits: LegLimits;
  readonly #digits: DigitReader;
  /** The page that media flows to and from. */
  #peer: Peer | null = null;
  /** The page that takes over once it is connected; or our offer, until it is answered. */
  #next: Peer | null = null;
  #feed: Feed = NOTHING;
  #connectingSince: number | null = null;
  #heardRtpAt: number | null = null;
  /** When something was last passed on to the party; silence fills in after a while. */
  #passedAt = 0;
  #earlierSent = { packets: 0, bytes: 0 };

  constructor(context: EngineContext, ref: MediaLegRef, handlers: LegHandlers) {
    this.ref = ref;
    this.#context = context;
    this.#handlers = handlers;
    this.#limits = new LegLimits(context.limits, context.refusals, performance.now());
    this.#digits = new DigitReader((digit, now) => {
      if (this.#limits.digit(now)) handlers.digit(this, digit);
    });
  }

  get far(): Leg | null {
    return this.#feed.kind === 'leg' ? this.#feed.leg : null;
  }

  /** What the party likes to hear; undefined while unknown. */
  get wishes(): string | undefined {
    return this.#peer?.format?.fmtp;
  }

  offer(sdp: string, codecs: readonly Codec[] | undefined): { sdp: string; replacedPeer: boolean } {
    const now = performance.now();
    const remote = readRemote(sdp);
    const format = chooseFormat(remote, this.codec ? [this.codec] : (codecs ?? DEFAULT_CODECS));
    const known = this.#sameParty(remote);
    if (!known && this.#next && !this.#next.remote && !this.#peer) {
      throw new MediaError('wrong_state', 'Our own offer for this leg waits for an answer.');
    }
    this.codec = format.codec;
    const peer = known ?? this.#newPeer(false);
    const replacedPeer = !known && this.#peer !== null;
    if (known?.remote && known.remote.ice.ufrag !== remote.ice.ufrag) {
      known.ice.restart(false);
    }
    if (!known) this.#install(peer);
    peer.setRemote(remote, format, now);
    if (!peer.isConnected) this.#connectingSince ??= now;
    const answer = writeAnswer(peer.describe(this.#handlers.opusParameters(this)), remote, format);
    this.#updateState(now);
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

  createOffer(codec: Codec, replacePeer: boolean): string {
    if (this.codec && this.codec !== codec) {
      throw new MediaError('wrong_state', `The codec of this leg is ${this.codec}.`);
    }
    if ((this.#peer || this.#next) && !replacePeer) {
      throw new MediaError('wrong_state', 'The leg has a peer already.');
    }
    this.codec = codec;
    this.#next?.close();
    const peer = this.#newPeer(true);
    this.#next = peer;
    const offer = writeOffer(peer.describe(this.#handlers.opusParameters(this)), codec);
    this.#updateState(performance.now());
    return offer;
  }

  answer(sdp: string): void {
    const peer = this.#next;
    if (!peer || peer.remote || !this.codec) {
      throw new MediaError('wrong_state', 'There is no offer to answer.');
    }
    const now = performance.now();
    const remote = readRemote(sdp);
    const format = chooseFormat(remote, [this.codec]);
    peer.setRemote(remote, format, now);
    this.#install(peer);
    this.#connectingSince ??= now;
    this.#updateState(now);
  }

  #newPeer(controlling: boolean): Peer {
    return new Peer(this.#context, controlling, this.#reception, this.#limits, {
      rtp: (peer, packet, now) => {
        if (peer === this.#peer) this.#received(peer, packet, now);
      },
      connected: (peer) => {
        this.#connected(peer);
      },
    });
  }

  /** Puts a peer into its place: at once where there is nothing to lose, else when it is connected. */
  #install(peer: Peer): void {
    if (this.#next !== peer) this.#next?.close();
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
    if (!this.#peer) return;
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
    this.#passedAt = now;
    this.#updateState(now);
  }

  /** @throws MediaError when the leg plays something else */
  get voice(): Voice {
    if (this.#feed.kind === 'voice') return this.#feed.voice;
    throw new MediaError('wrong_state', 'The leg plays no voice.');
  }

  connect(far: Leg): void {
    this.#endVoice();
    this.#feed = { kind: 'leg', leg: far };
    this.#passedAt = performance.now();
  }

  play(source: LegSource | null): void {
    this.#passedAt = performance.now();
    // The same voice goes on when its party comes back with another page.
    if (source?.kind === 'voice' && this.#feed.kind === 'voice') return;
    this.#endVoice();
    if (source === null) this.#feed = NOTHING;
    else if (source.kind === 'echo') this.#feed = { kind: 'echo' };
    else {
      if (!this.codec) throw new MediaError('wrong_state', 'The leg has no codec yet.');
      if (source.kind === 'voice') {
        const voice = new Voice(source, this.codec, {
          event: (event) => {
            this.#handlers.voice(this, event);
          },
          log: this.#context.log,
        });
        this.#feed = { kind: 'voice', voice };
        return;
      }
      this.#feed = { kind: 'player', player: new Player(this.#context.sounds[this.codec], source) };
    }
  }

  #endVoice(): void {
    if (this.#feed.kind === 'voice') this.#feed.voice.close();
  }

  /** The far leg is gone: the party hears silence, never nothing. */
  forget(far: Leg): void {
    if (this.far === far) this.play({ kind: 'silence' });
  }

  get #isSilenced(): boolean {
    return this.isHeld || this.far?.isHeld === true;
  }

  #received(peer: Peer, packet: RtpPacket, now: number): void {
    const { format } = peer;
    if (!format) return;
    const { view, index, payload } = packet;
    const eventRate = rateOf(format.events, view.payloadType);
    const isAudio = view.payloadType === format.payloadType;
    if (!isAudio && eventRate === undefined) return;
    this.#heardRtpAt = now;
    const clockRate = isAudio ? CODECS[format.codec].clockRate : 0;
    this.#reception.packet(view.ssrc, index, view.timestamp, packet.size, clockRate, now);
    if (eventRate !== undefined) this.#digits.packet(payload, view.timestamp, now);
    if (this.#isSilenced) return;
    if (this.#feed.kind === 'voice') {
      if (isAudio) this.#feed.voice.packet(packet.source, index, payload, now);
      return;
    }
    const target = this.#feed.kind === 'echo' ? this : this.far;
    if (target) target.#pass(packet, eventRate, format.codec, now);
  }

  /** Passes a packet on to this leg's party, with the party's own numbers. */
  #pass(packet: RtpPacket, eventRate: number | undefined, codec: Codec, now: number): void {
    const peer = this.#peer;
    if (!peer?.outer || !peer.format || !this.#hears(peer, now)) return;
    const { format, outer } = peer;
    if (format.codec !== codec) return;
    const { clockRate, frameSamples, eventRates } = CODECS[codec];
    let { payload } = packet;
    let payloadType: number | undefined = format.payloadType;
    if (eventRate !== undefined) {
      const rate = [eventRate, ...eventRates].find((known) => format.events.has(known));
      if (rate === undefined) return;
      payloadType = format.events.get(rate);
      payload = convertEvent(payload, eventRate, rate);
    }
    if (payloadType === undefined) return;
    this.#passedAt = now;
    outer.forward(
      packet.source,
      packet.view,
      packet.index,
      payload,
      payloadType,
      format.levelId,
      eventRate === undefined ? frameSamples : 0,
      clockRate,
      now,
    );
  }

  #hears(peer: Peer, now: number): boolean {
    return peer.isThere(now, this.#context.thresholds.disconnectedMs) && peer.isListening;
  }

  /** Every 20 ms. */
  tick(now: number): void {
    this.#peer?.tick(now);
    this.#next?.tick(now);
    this.#digits.tick(now);
    this.#dropStalled(now);
    this.#feedParty(now);
    this.#updateState(now);
  }

  /** A page that was to take over and does not come up. */
  #dropStalled(now: number): void {
    const next = this.#next;
    if (!next?.remote) return;
    const isLate = now - (this.#connectingSince ?? now) >= this.#context.thresholds.failedMs;
    if (!isLate && !next.hasFailed) return;
    next.close();
    this.#next = null;
    this.#connectingSince = null;
  }

  #feedParty(now: number): void {
    const peer = this.#peer;
    if (!peer?.outer || !peer.format || !this.#hears(peer, now)) return;
    const { codec, payloadType } = peer.format;
    const { frameSamples, clockRate } = CODECS[codec];
    const feed = this.#feed;
    const isFilling =
      this.#isSilenced ||
      ((feed.kind === 'leg' || feed.kind === 'echo') &&
        now - this.#passedAt > this.#context.thresholds.fillMs);
    if (isFilling) {
      const { silence } = this.#context.sounds[codec];
      peer.outer.frame(silence, payloadType, frameSamples, clockRate, now, false);
    } else if (feed.kind === 'voice') {
      const said = feed.voice.next(now);
      const payload = said?.payload ?? this.#context.sounds[codec].silence;
      peer.outer.frame(payload, payloadType, frameSamples, clockRate, now, said?.starts === true);
    } else if (feed.kind === 'player') {
      const { payload, starts } = feed.player.next();
      peer.outer.frame(payload, payloadType, frameSamples, clockRate, now, starts);
    }
  }

  #updateState(now: number): void {
    const next = this.#currentState(now);
    if (next === this.state || !mayBecome(this.state, next)) return;
    this.state = next;
    this.#handlers.state(this, next);
  }

  #currentState(now: number): LegState {
    const { disconnectedMs, failedMs } = this.#context.thresholds;
    const peer = this.#peer;
    if (peer?.isConnected) {
      if (now - peer.ice.heardAt >= failedMs) return 'failed';
      return peer.isThere(now, disconnectedMs) ? 'connected' : 'disconnected';
    }
    if (!peer) return 'new';
    if (peer.hasFailed) return 'failed';
    const since = this.#connectingSince ?? now;
    return now - since >= failedMs ? 'failed' : 'connecting';
  }

  stats(): LegStats {
    const now = performance.now();
    const sent = this.#earlierSent;
    return {
      leg: this.ref.leg,
      state: this.state,
      codec: this.codec,
      packetsReceived: this.#reception.packets,
      bytesReceived: this.#reception.bytes,
      packetsLost: this.#reception.packetsLost,
      jitter: this.#reception.jitterSeconds,
      packetsSent: sent.packets + (this.#peer?.packetsSent ?? 0),
      bytesSent: sent.bytes + (this.#peer?.bytesSent ?? 0),
      silentForMs: this.#heardRtpAt === null ? null : now - this.#heardRtpAt,
    };
  }

  close(): void {
    if (this.state === 'closed') return;
    this.#peer?.close();
    this.#next?.close();
    this.#endVoice();
    this.#feed = NOTHING;
    this.state = 'closed';
    this.#handlers.state(this, 'closed');
  }
}
