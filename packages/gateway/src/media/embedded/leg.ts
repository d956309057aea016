import { MediaError } from '../media-plane.ts';
import type {
  Codec,
  FarStats,
  LegSource,
  LegState,
  LegStats,
  MediaLegRef,
  VoiceEvent,
} from '../media-plane.ts';
import type { EngineContext } from './context.ts';
import { LegLimits } from './leg-limits.ts';
import { mayBecome } from './leg-state.ts';
import type { RtpPacket } from './rtp/packet.ts';
import { CODECS } from './rtp/codecs.ts';
import type { OuterStream } from './rtp/outer-stream.ts';
import { Reception } from './rtp/reception.ts';
import { primaryOf, renumberRed } from './rtp/red.ts';
import { convertEvent, DigitReader, rateOf } from './rtp/telephone-event.ts';
import type { Format } from './sdp/negotiate.ts';
import { Player } from './sounds/player.ts';
import { Voice } from './voice/voice.ts';

/** What a leg sends to its party. */
type Feed =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'player'; readonly player: Player }
  | { readonly kind: 'echo' }
  | { readonly kind: 'voice'; readonly voice: Voice }
  | { readonly kind: 'leg'; readonly leg: Leg };

const NOTHING: Feed = { kind: 'nothing' };

export interface LegHandlers {
  state(leg: Leg, state: LegState): void;
  digit(leg: Leg, digit: string): void;
  voice(leg: Leg, event: VoiceEvent): void;
  /** The leg cannot go on, by a fault of ours. */
  failed(leg: Leg, error: unknown): void;
  /** Opus parameters for this leg's party: what the others of the call like to hear. */
  opusParameters(leg: Leg): string;
}

/** What media flows on, to and from the party. */
export interface Line {
  readonly format: Format | null;
  /** Null until something can be sent. */
  readonly outer: OuterStream | null;
  /** The party wants to hear us. */
  readonly isListening: boolean;
  /** What the party says that it lost lately of what we sent, in 1/256. */
  lossReported(now: number): number;
  /** The party is there to be sent to: nothing says that it is gone, and it was heard in the last `quietMs`. */
  isThere(now: number, quietMs: number): boolean;
}

/**
 * One party of a call: what it hears, and where what it says goes. How its media is agreed on and carried is the matter of what extends
 * this. All of it runs in one turn of the event loop: negotiation waits for nothing.
 */
export abstract class Leg {
  readonly ref: MediaLegRef;
  #codec: Codec | null = null;
  #state: LegState = 'new';
  #isHeld = false;
  protected readonly context: EngineContext;
  protected readonly handlers: LegHandlers;
  protected readonly reception = new Reception();
  protected readonly limits: LegLimits;
  readonly #digits: DigitReader;
  #feed: Feed = NOTHING;
  #heardRtpAt: number | null = null;
  /** When something was last passed on to the party; silence fills in after a while. */
  #passedAt = 0;

  constructor(context: EngineContext, ref: MediaLegRef, handlers: LegHandlers) {
    this.ref = ref;
    this.context = context;
    this.handlers = handlers;
    this.limits = new LegLimits(context.limits, context.refusals, performance.now());
    this.#digits = new DigitReader((digit, now) => {
      if (this.limits.digit(now)) {
        handlers.digit(this, digit);
      }
    });
  }

  get codec(): Codec | null {
    return this.#codec;
  }

  /** What was negotiated. */
  protected use(codec: Codec): void {
    this.#codec = codec;
  }

  get state(): LegState {
    return this.#state;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
  }

  /** Null before there is any. */
  protected abstract get line(): Line | null;
  protected abstract get sent(): { readonly packets: number; readonly bytes: number };
  /** What the party says by RTCP that it heard; null: nothing, or a browser tells it better by its report. */
  protected get farStats(): FarStats | null {
    return null;
  }
  protected abstract currentState(now: number): LegState;
  /** Every 20 ms, before the party is fed. */
  protected abstract tickLine(now: number): void;
  protected abstract closeLine(): void;

  /** The party offers. @throws MediaError */
  abstract offer(
    sdp: string,
    codecs: readonly Codec[] | undefined,
  ): { readonly sdp: string; readonly replacedPeer: boolean };
  /** We offer. @throws MediaError */
  abstract createOffer(codecs: readonly Codec[], replacePeer: boolean): string;
  /** The party answers. @throws MediaError */
  abstract answer(sdp: string): void;
  /** Sends digits as events in the audio, where the party takes them (RFC 4733). @throws MediaError `wrong_state` where it does not */
  abstract sendDigits(digits: string): void;

  get far(): Leg | null {
    return this.#feed.kind === 'leg' ? this.#feed.leg : null;
  }

  /**
   * What the far party lost of what this one's is passed on to it, in 1/256. This party's encoder protects its frames against the loss on
   * all of the way, not only on its own part of it.
   */
  protected farLoss(now: number): number {
    return this.far?.line?.lossReported(now) ?? 0;
  }

  /** What the party likes to hear; undefined while unknown. */
  get wishes(): string | undefined {
    return this.line?.format?.fmtp;
  }

  /** The party can be fed from now on. */
  protected ready(now: number): void {
    this.#passedAt = now;
    this.updateState(now);
  }

  /** @throws MediaError when the leg plays something else */
  get voice(): Voice {
    if (this.#feed.kind === 'voice') {
      return this.#feed.voice;
    }
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
    if (source?.kind === 'voice' && this.#feed.kind === 'voice') {
      return;
    }
    this.#endVoice();
    if (source === null) {
      this.#feed = NOTHING;
    } else if (source.kind === 'echo') {
      this.#feed = { kind: 'echo' };
    } else {
      if (!this.#codec) {
        throw new MediaError('wrong_state', 'The leg has no codec yet.');
      }
      if (source.kind === 'voice') {
        const voice = new Voice(source, this.#codec, {
          event: (event) => {
            this.handlers.voice(this, event);
          },
          log: this.context.log,
        });
        this.#feed = { kind: 'voice', voice };
        return;
      }
      this.#feed = { kind: 'player', player: new Player(this.context.sounds[this.#codec], source) };
    }
  }

  #endVoice(): void {
    if (this.#feed.kind === 'voice') {
      this.#feed.voice.close();
    }
  }

  /** The far leg is gone: the party hears silence, never nothing. */
  forget(far: Leg): void {
    if (this.far === far) {
      this.play({ kind: 'silence' });
    }
  }

  /** Something else is sent in the place of what the party would hear. */
  protected get isMuted(): boolean {
    return false;
  }

  protected get isSilenced(): boolean {
    return this.#isHeld || this.far?.isHeld === true;
  }

  /** A packet of the party. */
  protected received({ format }: Line, packet: RtpPacket, now: number): void {
    if (!format) {
      return;
    }
    const { view, index, payload } = packet;
    const eventRate = rateOf(format.events, view.payloadType);
    const isRed = view.payloadType === format.redType;
    const isAudio = isRed || view.payloadType === format.payloadType;
    if (!isAudio && eventRate === undefined) {
      return;
    }
    this.#heardRtpAt = now;
    const clockRate = isAudio ? CODECS[format.codec].clockRate : 0;
    this.reception.packet(view.ssrc, index, view.timestamp, packet.size, clockRate, now);
    if (eventRate !== undefined) {
      this.#digits.packet(payload, view.timestamp, now);
    }
    if (this.isSilenced) {
      return;
    }
    if (this.#feed.kind === 'voice') {
      const frame = isRed ? primaryOf(payload, format.payloadType) : payload;
      if (isAudio && frame) {
        this.#feed.voice.packet(packet.source, index, frame, now);
      }
      return;
    }
    const target = this.#feed.kind === 'echo' ? this : this.far;
    if (!target) {
      return;
    }
    try {
      target.#pass(packet, eventRate, format, now);
    } catch (error) {
      // It is the other leg that cannot send; this one is well.
      this.handlers.failed(target, error);
    }
  }

  /** Passes a packet on to this leg's party, with the party's own numbers. */
  #pass(packet: RtpPacket, eventRate: number | undefined, from: Format, now: number): void {
    const { line } = this;
    if (!line?.outer || !line.format || !this.#hears(line, now) || this.isMuted) {
      return;
    }
    const { format, outer } = line;
    if (format.codec !== from.codec) {
      return;
    }
    const { clockRate, frameSamples, eventRates } = CODECS[from.codec];
    let payload: Buffer | undefined = packet.payload;
    let payloadType: number | undefined = format.payloadType;
    if (packet.view.payloadType === from.redType) {
      if (format.redType === undefined) {
        payload = primaryOf(payload, from.payloadType);
      } else {
        payload = renumberRed(payload, from.payloadType, format.payloadType);
      }
      payloadType = format.redType ?? format.payloadType;
      if (!payload) {
        return;
      }
    } else if (eventRate !== undefined) {
      const rate = [eventRate, ...eventRates].find((known) => format.events.has(known));
      if (rate === undefined) {
        return;
      }
      payloadType = format.events.get(rate);
      payload = convertEvent(payload, eventRate, rate);
    }
    if (payloadType === undefined) {
      return;
    }
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

  #hears(line: Line, now: number): boolean {
    return line.isThere(now, this.context.thresholds.disconnectedMs) && line.isListening;
  }

  /** Every 20 ms. */
  tick(now: number): void {
    this.tickLine(now);
    this.#digits.tick(now);
    this.#feedParty(now);
    this.updateState(now);
  }

  #feedParty(now: number): void {
    const { line } = this;
    if (!line?.outer || !line.format || !this.#hears(line, now) || this.isMuted) {
      return;
    }
    const { codec, payloadType } = line.format;
    const { frameSamples, clockRate } = CODECS[codec];
    const feed = this.#feed;
    const isFilling =
      this.isSilenced ||
      ((feed.kind === 'leg' || feed.kind === 'echo') &&
        now - this.#passedAt > this.context.thresholds.fillMs);
    if (isFilling) {
      const { silence } = this.context.sounds[codec];
      line.outer.frame(silence, payloadType, frameSamples, clockRate, now, false);
    } else if (feed.kind === 'voice') {
      const said = feed.voice.next(now);
      const payload = said?.payload ?? this.context.sounds[codec].silence;
      line.outer.frame(payload, payloadType, frameSamples, clockRate, now, said?.starts === true);
    } else if (feed.kind === 'player') {
      const { payload, starts } = feed.player.next();
      line.outer.frame(payload, payloadType, frameSamples, clockRate, now, starts);
    }
  }

  protected updateState(now: number): void {
    const next = this.currentState(now);
    if (next === this.#state || !mayBecome(this.#state, next)) {
      return;
    }
    this.#state = next;
    this.handlers.state(this, next);
  }

  stats(): LegStats {
    const now = performance.now();
    const { sent, farStats: far } = this;
    return {
      leg: this.ref.leg,
      state: this.#state,
      codec: this.#codec,
      packetsReceived: this.reception.packets,
      bytesReceived: this.reception.bytes,
      packetsLost: this.reception.packetsLost,
      jitter: this.reception.jitterSeconds,
      packetsSent: sent.packets,
      bytesSent: sent.bytes,
      silentForMs: this.#heardRtpAt === null ? null : now - this.#heardRtpAt,
      ...(far === null ? {} : { far }),
    };
  }

  close(): void {
    if (this.#state === 'closed') {
      return;
    }
    this.closeLine();
    this.#endVoice();
    this.#feed = NOTHING;
    this.#state = 'closed';
    this.handlers.state(this, 'closed');
  }
}
