import { randomBytes } from 'node:crypto';
import type { RemoteInfo } from 'node:dgram';
import type { FarStats, RtpTransport } from '../../media-plane.ts';
import type { EngineContext } from '../context.ts';
import type { LegLimits } from '../leg-limits.ts';
import type { Line } from '../leg.ts';
import { CODECS } from '../rtp/codecs.ts';
import { FarReception } from '../rtp/far-reception.ts';
import { OuterStream } from '../rtp/outer-stream.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import { NO_PROTECTION, SequenceExtender } from '../rtp/plain.ts';
import type { Reception } from '../rtp/reception.ts';
import { ReportedLoss } from '../rtp/reported-loss.ts';
import { readCompound, writeReport } from '../rtp/rtcp.ts';
import { createRtpView, isRtcp, readRtp, withoutPadding } from '../rtp/rtp.ts';
import { SRTP_AES128_CM_SHA1_80, SrtpReceiver, SrtpSender } from '../rtp/srtp.ts';
import { receives } from '../sdp/negotiate.ts';
import type { Format } from '../sdp/negotiate.ts';
import type { RtpPorts } from './rtp-ports.ts';
import { SDES_KEY_LENGTH } from './rtp-sdp.ts';
import type { RtpRemote, SdesKey } from './rtp-sdp.ts';

export interface RtpLineHandlers {
  rtp(line: RtpLine, packet: RtpPacket, now: number): void;
  /** What the far party lost of what it is passed on from here, in 1/256. */
  farLoss(now: number): number;
  /** A packet cannot be handled, by a fault of ours. */
  failed(error: unknown): void;
}

interface Secured {
  readonly sender: SrtpSender;
  readonly receiver: SrtpReceiver;
}

/** RFC 3550, 6.2, recommends 5 s at least. */
const REPORT_MS = 5_000;
/** A party that changes its source with every packet is kept from filling the memory. */
const MAX_SOURCES = 32;
/** How long after the first description a party may still be found elsewhere than it says. */
const LATCH_MS = 5_000;
/** A source that was heard in this time lives. */
const LIVE_MS = 500;
const KEY_BYTES = 16;

/** One view serves all packets of a worker: each is handled to its end before the next one. */
const view = createRtpView();

/**
 * RTP to and from the address that a party's description names (RFC 3550), plain or protected by a key in the descriptions (RFC 4568).
 *
 * What comes from another address is dropped. With `latch`, for a party behind a NAT that does not know its own, the first one who sends
 * within five seconds, from `latchFrom` where that is known, is taken for it, unless somebody at the named address lives; once, for the
 * life of the leg.
 */
export class RtpLine implements Line {
  readonly outer: OuterStream;
  readonly localKey: SdesKey | null;
  readonly #ports: RtpPorts;
  readonly #latch: boolean;
  readonly #latchFrom: string | undefined;
  readonly #cname: string;
  readonly #reception: Reception;
  readonly #loss = new ReportedLoss();
  readonly #far = new FarReception();
  readonly #limits: LegLimits;
  readonly #handlers: RtpLineHandlers;
  readonly #ssrc = randomBytes(4).readUInt32BE(0);
  readonly #extender = new SequenceExtender();
  readonly #sources = new Map<number, object>();
  #format: Format | null = null;
  #types: ReadonlyMap<number, number> = new Map();
  #heardAt = 0;
  #remote: RtpRemote | null = null;
  #secured: Secured | null = null;
  #remoteKey: Buffer | null = null;
  #to: { address: string; port: number } | null = null;
  #latched = false;
  #latchUntil = 0;
  /** Somebody at the named address sent RTP at this time. */
  #namedAt: number | null = null;
  #nextReportAt = 0;

  constructor(
    ports: RtpPorts,
    options: Pick<RtpTransport, 'latch' | 'latchFrom' | 'srtp'>,
    context: EngineContext,
    reception: Reception,
    limits: LegLimits,
    handlers: RtpLineHandlers,
  ) {
    this.#ports = ports;
    this.#latch = options.latch;
    this.#latchFrom = options.latchFrom;
    this.#cname = context.cname;
    this.#reception = reception;
    this.#limits = limits;
    this.#handlers = handlers;
    this.localKey = options.srtp ? { tag: '1', key: randomBytes(SDES_KEY_LENGTH) } : null;
    this.outer = new OuterStream(
      this.#ssrc,
      {
        get overhead() {
          return line().#secured?.sender.overhead ?? NO_PROTECTION.overhead;
        },
        protectRtp: (packet, headerLength, roc) => {
          this.#secured?.sender.protectRtp(packet, headerLength, roc);
        },
      },
      (packet) => {
        if (this.#to) {
          ports.sendRtp(packet, this.#to.port, this.#to.address);
        }
      },
    );
    const line = (): this => this;
    ports.handlers = {
      rtp: (data, from) => {
        if (data.length < 12) {
          return;
        }
        this.#handle(data, from, isRtcp(data));
      },
      rtcp: (data, from) => {
        if (data.length >= 8) {
          this.#handle(data, from, true);
        }
      },
    };
  }

  get remote(): RtpRemote | null {
    return this.#remote;
  }

  get isListening(): boolean {
    return this.#format !== null && receives(this.#format.direction);
  }

  /** What the party says that it heard; null: nothing. */
  get far(): FarStats | null {
    return this.#far.stats;
  }

  lossReported(now: number): number {
    return this.#loss.at(now);
  }

  /** Nobody says when an RTP party is gone; who sends nothing may be silent. So it is sent to for as long as the leg lasts. */
  isThere(): boolean {
    return this.#to !== null;
  }

  get format(): Format | null {
    return this.#format;
  }

  /** Milliseconds; when the party was heard last, by RTP or RTCP, or taken for there. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** The party need not be heard: it is taken for there. */
  excuse(now: number): void {
    this.#heardAt = now;
  }

  /**
   * @param key our own when the descriptions agree on SRTP
   * @param types payload types that are taken for others
   */
  setRemote(
    remote: RtpRemote,
    format: Format,
    key: SdesKey | null,
    types: ReadonlyMap<number, number>,
    now: number,
  ): void {
    const moved = this.#remote?.address !== remote.address || this.#remote.port !== remote.port;
    const isFirst = this.#remote === null;
    this.#remote = remote;
    this.#format = format;
    this.#types = types;
    this.#heardAt = now;
    const isNowhere = remote.address === '0.0.0.0' || remote.address === '::';
    if (moved && !isNowhere && !(this.#latched && !isFirst)) {
      this.#to = { address: remote.address, port: remote.port };
      this.#namedAt = null;
    }
    if (isFirst) {
      this.#latchUntil = now + LATCH_MS;
      this.#nextReportAt = now + REPORT_MS * Math.random();
    }
    if (remote.sdes && key && this.#remoteKey?.equals(remote.sdes.key) !== true) {
      this.#remoteKey = remote.sdes.key;
      this.#secured = {
        sender: this.#secured?.sender ?? new SrtpSender(SRTP_AES128_CM_SHA1_80, split(key.key)),
        receiver: new SrtpReceiver(
          SRTP_AES128_CM_SHA1_80,
          split(remote.sdes.key),
          this.#limits.sources,
          () => {
            this.#limits.source();
          },
        ),
      };
    }
  }

  #handle(data: Buffer, from: RemoteInfo, isReport: boolean): void {
    try {
      if (isReport) {
        this.#rtcp(data, from);
      } else {
        this.#rtp(data, from);
      }
    } catch (error) {
      this.#handlers.failed(error);
    }
  }

  #rtp(data: Buffer, from: RemoteInfo): void {
    if (!this.#remote || !readRtp(data, view, 0)) {
      return;
    }
    const now = performance.now();
    if (!this.#isParty(from, now) || !this.#limits.packet(data.length, now)) {
      return;
    }
    const { view: read, payload, index } = this.#open(data);
    const stripped = payload && read.padding ? withoutPadding(payload) : payload;
    if (!stripped) {
      return;
    }
    this.#heardAt = now;
    read.payloadType = this.#types.get(read.payloadType) ?? read.payloadType;
    let source = this.#sources.get(read.ssrc);
    if (!source) {
      if (this.#sources.size >= MAX_SOURCES) {
        this.#sources.clear();
      }
      source = {};
      this.#sources.set(read.ssrc, source);
    }
    const packet = { source, view: read, index, payload: stripped, size: data.length };
    this.#handlers.rtp(this, packet, now);
  }

  #open(data: Buffer): {
    view: typeof view;
    payload: Buffer | undefined | null;
    index: number;
  } {
    if (this.#secured) {
      const { receiver } = this.#secured;
      const payload = receiver.unprotectRtp(data, view.headerLength);
      return { view, payload, index: receiver.lastIndex };
    }
    const index = this.#extender.extend(view.ssrc, view.sequence);
    return { view, payload: data.subarray(view.headerLength), index };
  }

  /** Whether RTP from there is the party's. */
  #isParty(from: RemoteInfo, now: number): boolean {
    const to = this.#to;
    if (to?.address === from.address) {
      if (from.port === to.port || !this.#latch) {
        this.#namedAt = now;
        return true;
      }
    }
    if (!this.#latch || this.#latched || now > this.#latchUntil) {
      return false;
    }
    if (this.#latchFrom !== undefined && from.address !== this.#latchFrom) {
      return false;
    }
    if (this.#namedAt !== null && now - this.#namedAt < LIVE_MS) {
      return false;
    }
    // Nothing can be sent to port 0, where only forged packets come from.
    if (from.port === 0) {
      return false;
    }
    this.#latched = true;
    this.#to = { address: from.address, port: from.port };
    this.#namedAt = now;
    return true;
  }

  #rtcp(data: Buffer, from: RemoteInfo): void {
    const known = [this.#remote?.rtcpAddress, this.#to?.address];
    if (!known.includes(from.address)) {
      return;
    }
    if (!this.#limits.packet(data.length, performance.now())) {
      return;
    }
    const plain = this.#secured ? this.#secured.receiver.unprotectRtcp(data) : data;
    if (!plain) {
      return;
    }
    const now = performance.now();
    this.#heardAt = now;
    readCompound(plain, {
      senderReport: (ssrc, ntpMiddle) => {
        this.#reception.senderReport(ssrc, ntpMiddle, now);
      },
      loss: (ssrc, fractionLost, block) => {
        if (ssrc !== this.#ssrc) {
          return;
        }
        this.#loss.take(fractionLost, now);
        if (!this.#format) {
          return;
        }
        const { clockRate } = CODECS[this.#format.codec];
        this.#far.take(block, clockRate, performance.timeOrigin + now);
      },
      nack: () => undefined,
    });
  }

  tick(now: number): void {
    const remote = this.#remote;
    if (!remote || !this.#to || !this.#format || now < this.#nextReportAt) {
      return;
    }
    this.#nextReportAt = now + REPORT_MS * (0.5 + Math.random());
    const { clockRate } = CODECS[this.#format.codec];
    const info = this.outer.senderInfo(now, performance.timeOrigin + now, clockRate);
    const block = this.#reception.report(now, this.#handlers.farLoss(now));
    const report = writeReport(this.#ssrc, this.#cname, info, block);
    const packet = this.#secured ? this.#secured.sender.protectRtcp(report) : report;
    const address = this.#latched ? this.#to.address : remote.rtcpAddress;
    if (remote.rtcpMux) {
      this.#ports.sendRtp(packet, this.#to.port, this.#to.address);
    } else if (remote.rtcpPort !== null) {
      this.#ports.sendRtcp(packet, remote.rtcpPort, address);
    }
  }

  close(): void {
    this.#to = null;
    this.#ports.close();
  }
}

function split(key: Buffer): { key: Buffer; salt: Buffer } {
  return { key: key.subarray(0, KEY_BYTES), salt: key.subarray(KEY_BYTES) };
}
