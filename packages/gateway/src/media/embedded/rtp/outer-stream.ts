import { randomBytes } from 'node:crypto';
import type { SenderInfo } from './rtcp.ts';
import { rtpHeaderLength, writeRtpHeader } from './rtp.ts';
import type { RtpView } from './rtp.ts';
import type { RtpProtection } from './plain.ts';

/** Sent packets kept for a party that asks for one again: 2.5 s of audio. */
const HISTORY = 128;
/** A packet is sent again at most this often; a party that asks more is not helped by it. */
const MAX_RESENDS = 2;
/** A source that jumps further than this has restarted its numbers (RFC 3550, A.1). */
const MAX_JUMP = 3_000;

/**
 * The one RTP stream that a party hears, for the life of its peer: one SSRC, sequence numbers without a step back, and
 * timestamps that run with real time, whatever is behind it: the other party, the other party's next page, silence or a
 * tone. A source's numbers are shifted, never replaced, so losses and reordering stay what they were.
 *
 * A number is never used twice, which AES-GCM relies on: dropped is what a source sends from before it was taken on, what stands behind the
 * numbers that are remembered, and what has a number that was sent.
 */
export class OuterStream {
  readonly ssrc: number;
  #packets = 0;
  #octets = 0;
  readonly #protection: RtpProtection;
  readonly #transmit: (packet: Buffer) => void;
  readonly #history: { index: number; packet: Buffer; resends: number }[] = [];
  /** Extended sequence number (roll-over counter above 16 bits) of the newest packet. RFC 3711 wants the start in the lower half. */
  #index = randomBytes(2).readUInt16BE(0) & 0x7fff;
  #timestamp = randomBytes(4).readUInt32BE(0);
  /** When the timestamp above was the time. */
  #sentAt: number | null = null;
  #eventTimestamp = 0;
  /** When the last event started. */
  #eventAt = -Infinity;
  #source: object | null = null;
  #sourceBase = 0;
  #sourceHighest = 0;
  #indexShift = 0;
  #timestampShift = 0;

  constructor(ssrc: number, protection: RtpProtection, transmit: (packet: Buffer) => void) {
    this.ssrc = ssrc;
    this.#protection = protection;
    this.#transmit = transmit;
  }

  get packets(): number {
    return this.#packets;
  }

  get octets(): number {
    return this.#octets;
  }

  /** Milliseconds; null before the first packet. */
  get lastSentAt(): number | null {
    return this.#sentAt;
  }

  /**
   * Passes a packet of `source` on.
   *
   * @param index the source's extended sequence number
   * @param frame timestamp units of one frame, and `clockRate` units a second; an event has frame 0: its timestamp
   * stands still, so it never becomes the stream's own
   */
  forward(
    source: object,
    view: RtpView,
    index: number,
    payload: Buffer,
    payloadType: number,
    levelId: number,
    frame: number,
    clockRate: number,
    now: number,
  ): void {
    let marker = view.marker;
    if (source !== this.#source || Math.abs(index - this.#sourceHighest) > MAX_JUMP) {
      this.#take(source, index, view.timestamp, frame, clockRate, now);
      marker = true;
    }
    if (index < this.#sourceBase) {
      return;
    }
    const outIndex = index + this.#indexShift;
    if (outIndex <= this.#index && !this.#isFree(outIndex)) {
      return;
    }
    const timestamp = (view.timestamp + this.#timestampShift) >>> 0;
    if (index > this.#sourceHighest) {
      this.#sourceHighest = index;
    }
    if (outIndex > this.#index) {
      this.#index = outIndex;
      if (frame > 0) {
        this.#timestamp = timestamp;
      }
      this.#sentAt = now;
    }
    this.#send(outIndex, timestamp, marker, payloadType, payload, view.level, levelId);
  }

  /** A number below the newest one that was not used, as far as can be known. */
  #isFree(index: number): boolean {
    return index > this.#index - HISTORY && this.#history[index % HISTORY]?.index !== index;
  }

  #take(
    source: object,
    index: number,
    timestamp: number,
    frame: number,
    clockRate: number,
    now: number,
  ): void {
    this.#source = source;
    this.#sourceBase = index;
    this.#sourceHighest = index;
    this.#indexShift = this.#index + 1 - index;
    this.#timestampShift = this.#nextTimestamp(frame, clockRate, now) - timestamp;
  }

  /** One frame after the last packet, or as much later as it really is. */
  #nextTimestamp(frame: number, clockRate: number, now: number): number {
    const elapsed = this.#sentAt === null ? 0 : ((now - this.#sentAt) * clockRate) / 1000;
    return (this.#timestamp + Math.max(frame, Math.round(elapsed))) >>> 0;
  }

  /** Sends a frame of our own (silence, a tone). What was forwarded before is taken on afresh afterwards. */
  frame(
    payload: Buffer,
    payloadType: number,
    frame: number,
    clockRate: number,
    now: number,
    marker: boolean,
  ): void {
    const continued = this.#source === null && this.#sentAt !== null && now - this.#sentAt < 100;
    this.#timestamp = continued
      ? (this.#timestamp + frame) >>> 0
      : this.#nextTimestamp(frame, clockRate, now);
    this.#source = null;
    this.#index += 1;
    this.#sentAt = now;
    this.#send(this.#index, this.#timestamp, marker, payloadType, payload, -1, 0);
  }

  /**
   * Sends a packet of an event of our own (RFC 4733). All packets of one event have the timestamp at which it started, and the stream's
   * own clock goes on meanwhile.
   * @param starts null: it goes on. `apartMs`: so long it starts after the one before at the least, by the stream's clock. A thread that was
   * held up plays what it missed at once, and what it passed on meanwhile was late: neither may take the pause between two digits away.
   */
  event(
    payload: Buffer,
    payloadType: number,
    starts: { readonly apartMs: number } | null,
    clockRate: number,
    now: number,
  ): void {
    if (starts) {
      const next = this.#nextTimestamp(0, clockRate, now);
      const earliest = (this.#eventTimestamp + (starts.apartMs * clockRate) / 1000) >>> 0;
      const isTooEarly = now - this.#eventAt < 2 * starts.apartMs && ((next - earliest) | 0) < 0;
      this.#timestamp = isTooEarly ? earliest : next;
      this.#eventAt = now;
      this.#eventTimestamp = this.#timestamp;
      this.#sentAt = now;
    }
    this.#source = null;
    this.#index += 1;
    this.#send(this.#index, this.#eventTimestamp, starts !== null, payloadType, payload, -1, 0);
  }

  #send(
    index: number,
    timestamp: number,
    marker: boolean,
    payloadType: number,
    payload: Buffer,
    level: number,
    levelId: number,
  ): void {
    const shownLevel = levelId > 0 ? level : -1;
    const headerLength = rtpHeaderLength(shownLevel);
    const packet = Buffer.allocUnsafe(headerLength + payload.length + this.#protection.overhead);
    const sequence = index % 0x10000;
    const fields = { marker, payloadType, sequence, timestamp, ssrc: this.ssrc };
    writeRtpHeader(packet, fields, shownLevel, levelId);
    payload.copy(packet, headerLength);
    this.#protection.protectRtp(packet, headerLength, Math.floor(index / 0x10000));
    this.#packets += 1;
    this.#octets += payload.length;
    this.#history[index % HISTORY] = { index, packet, resends: 0 };
    this.#transmit(packet);
  }

  /** Sends packets again that the party misses: the same bytes, so the cipher sees nothing new. */
  resend(sequences: readonly number[]): void {
    for (const sequence of sequences) {
      const behind = (this.#index - sequence) & 0xffff;
      const index = this.#index - behind;
      const entry = behind < HISTORY ? this.#history[index % HISTORY] : undefined;
      if (entry?.index !== index || entry.resends >= MAX_RESENDS) {
        continue;
      }
      entry.resends += 1;
      this.#transmit(entry.packet);
    }
  }

  /** For a sender report; undefined while nothing was sent. */
  senderInfo(now: number, wallMs: number, clockRate: number): SenderInfo | undefined {
    if (this.#sentAt === null) {
      return undefined;
    }
    const since = Math.round(((now - this.#sentAt) * clockRate) / 1000);
    const timestamp = (this.#timestamp + since) >>> 0;
    return { wallMs, timestamp, packets: this.#packets, octets: this.#octets };
  }
}
