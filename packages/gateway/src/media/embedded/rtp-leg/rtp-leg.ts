import { randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { MediaError } from '../../media-plane.ts';
import type { Codec, FarStats, LegState, MediaLegRef, RtpTransport } from '../../media-plane.ts';
import type { EngineContext } from '../context.ts';
import { Leg } from '../leg.ts';
import type { LegHandlers } from '../leg.ts';
import { CODECS, DEFAULT_CODECS } from '../rtp/codecs.ts';
import { chooseFormat } from '../sdp/negotiate.ts';
import type { Format } from '../sdp/negotiate.ts';
import type { Direction } from '../sdp/parse.ts';
import { EventPlayer } from './event-player.ts';
import { RtpLine } from './rtp-line.ts';
import type { RtpPorts } from './rtp-ports.ts';
import {
  directionOf,
  offeredTypes,
  readRtpRemote,
  SDES_KEY_LENGTH,
  writeRtpAnswer,
  writeRtpOffer,
} from './rtp-sdp.ts';
import type { RtpLocal, RtpRemote } from './rtp-sdp.ts';

/** A party that offered sends by the numbers of its offer, which our answer has too. */
const NONE: ReadonlyMap<number, number> = new Map();

/** A party in the telephone network, or a phone: RTP at the address that its description names. */
export class RtpLeg extends Leg {
  readonly #transport: RtpTransport;
  readonly #ports: RtpPorts;
  readonly #line: RtpLine;
  readonly #events = new EventPlayer();
  readonly #sessionId = (randomBytes(8).readBigUInt64BE(0) >> 2n).toString();
  #version = 0;
  #offered: readonly Codec[] | null = null;
  #hasOffered = false;
  readonly #answerKey = randomBytes(SDES_KEY_LENGTH);

  constructor(
    context: EngineContext,
    ref: MediaLegRef,
    handlers: LegHandlers,
    transport: RtpTransport,
    ports: RtpPorts,
  ) {
    super(context, ref, handlers);
    this.#transport = transport;
    this.#ports = ports;
    this.#line = new RtpLine(ports, transport, context, this.reception, this.limits, {
      rtp: (line, packet, now) => {
        this.received(line, packet, now);
      },
      farLoss: (now) => this.farLoss(now),
      failed: (error) => {
        handlers.failed(this, error);
      },
    });
  }

  protected get line(): RtpLine {
    return this.#line;
  }

  protected get sent(): { readonly packets: number; readonly bytes: number } {
    const { packets, octets } = this.#line.outer;
    return { packets, bytes: octets };
  }

  protected override get farStats(): FarStats | null {
    return this.#line.far;
  }

  /** The far leg's audio waits while a digit is sent in its place. */
  protected override get isMuted(): boolean {
    return this.#events.isPlaying;
  }

  offer(sdp: string, codecs: readonly Codec[] | undefined): { sdp: string; replacedPeer: boolean } {
    const remote = this.#read(sdp);
    const format = this.#formatOf(remote, this.codec ? [this.codec] : (codecs ?? DEFAULT_CODECS));
    const key = remote.sdes && {
      tag: remote.sdes.tag,
      key: this.#line.localKey?.key ?? this.#answerKey,
    };
    this.#take(remote, format, key, NONE);
    return {
      sdp: writeRtpAnswer({ ...this.#describe(), sdes: key }, remote, format),
      replacedPeer: false,
    };
  }

  createOffer(codecs: readonly Codec[], replacePeer: boolean): string {
    if (this.#hasOffered && !replacePeer) {
      throw new MediaError('wrong_state', 'The leg has offered already.');
    }
    const offered = this.codec ? [this.codec] : codecs;
    if (offered.length === 0) {
      throw new MediaError('no_codec', 'An offer holds a codec.');
    }
    this.#offered = offered;
    this.#hasOffered = true;
    const offer = writeRtpOffer(this.#describe(), offered, this.#direction);
    this.updateState(performance.now());
    return offer;
  }

  /** The party's answer; a second one, after early media, may say something else. */
  answer(sdp: string): void {
    if (!this.#offered) {
      throw new MediaError('wrong_state', 'There is no offer to answer.');
    }
    const remote = this.#read(sdp);
    const format = this.#formatOf(remote, this.codec ? [this.codec] : this.#offered);
    if (this.#line.localKey && !remote.sdes) {
      throw new MediaError('bad_sdp', 'The party does not protect its audio, as was offered.');
    }
    this.#take(remote, format, this.#line.localKey, offeredTypes(format));
  }

  sendDigits(digits: string): void {
    if ((this.#line.format?.events.size ?? 0) === 0) {
      throw new MediaError('wrong_state', 'The party takes no events in its audio.');
    }
    this.#events.add(digits);
  }

  /** What our offer asks for: a party that is held by the far one is told so. */
  get #direction(): Direction {
    return this.far?.isHeld === true ? 'sendonly' : 'sendrecv';
  }

  /** @throws MediaError `bad_sdp`, also where our socket cannot reach the address that the party names */
  #read(sdp: string): RtpRemote {
    const remote = readRtpRemote(sdp);
    const ours = isIPv6(this.#ports.address);
    if (isIPv6(remote.address) !== ours) {
      const [named, family] = ours ? ['IPv4', 'IPv6'] : ['IPv6', 'IPv4'];
      throw new MediaError('bad_sdp', `The SDP names an ${named} address; this leg has ${family}.`);
    }
    return remote;
  }

  #formatOf(remote: RtpRemote, codecs: readonly Codec[]): Format {
    const format = {
      ...chooseFormat(remote, codecs),
      // Our answers to RTP parties name no RED.
      redType: undefined,
      prefersRed: false,
      direction: directionOf(remote),
    };
    return this.#transport.events ? format : { ...format, events: new Map<number, number>() };
  }

  #take(
    remote: RtpRemote,
    format: Format,
    key: RtpLocal['sdes'],
    types: ReadonlyMap<number, number>,
  ): void {
    const now = performance.now();
    this.use(format.codec);
    this.#line.setRemote(remote, format, key, types, now);
    this.updateState(now);
    this.ready(now);
  }

  #describe(): RtpLocal {
    this.#version += 1;
    const { address, rtpPort, rtcpPort } = this.#ports;
    return {
      address: this.#transport.publicAddress ?? address,
      port: rtpPort,
      rtcpPort,
      sessionId: this.#sessionId,
      version: this.#version,
      sdes: this.#line.localKey,
      fmtp: this.handlers.opusParameters(this),
      events: this.#transport.events,
    };
  }

  protected tickLine(now: number): void {
    const line = this.#line;
    line.tick(now);
    const format = line.format;
    if (!format) {
      return;
    }
    for (const [rate, type] of format.events) {
      const { clockRate } = CODECS[format.codec];
      this.#events.tick(line.outer, type, rate, clockRate, now);
      return;
    }
  }

  /**
   * Connected from the descriptions on. A party that should send and is not heard by RTP or RTCP is `disconnected` after the time that
   * makes a browser's leg fail: a silent phone may send nothing for a while.
   */
  protected currentState(now: number): LegState {
    const { remote, format, heardAt } = this.#line;
    if (!remote || !format) {
      return this.#offered ? 'connecting' : 'new';
    }
    if (this.state === 'new') {
      return 'connecting';
    }
    const sends = format.direction === 'sendrecv' || format.direction === 'sendonly';
    const expected = sends && !this.isSilenced;
    if (!expected) {
      this.#line.excuse(now);
    }
    const isQuiet = expected && now - heardAt >= this.context.thresholds.failedMs;
    return isQuiet ? 'disconnected' : 'connected';
  }

  protected closeLine(): void {
    this.#line.close();
  }
}
