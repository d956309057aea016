import { randomBytes, randomUUID } from 'node:crypto';
import type { EngineContext } from './context.ts';
import { DtlsEndpoint } from './dtls/endpoint.ts';
import type { SrtpKeying } from './dtls/keys.ts';
import type { LegLimits } from './leg-limits.ts';
import { IceAgent } from './net/ice-agent.ts';
import { ofGeneration } from './net/candidates.ts';
import type { IcePath } from './net/ice-path.ts';
import { CODECS } from './rtp/codecs.ts';
import { OuterStream } from './rtp/outer-stream.ts';
import type { RtpPacket } from './rtp/packet.ts';
import type { Reception } from './rtp/reception.ts';
import { ReportedLoss } from './rtp/reported-loss.ts';
import { createRtpView, isRtcp, readRtp, withoutPadding } from './rtp/rtp.ts';
import { readCompound, writeReport } from './rtp/rtcp.ts';
import { SrtpReceiver, SrtpSender } from './rtp/srtp.ts';
import { receives } from './sdp/negotiate.ts';
import type { Format, RemoteIdentity } from './sdp/negotiate.ts';
import type { LocalSide } from './sdp/write.ts';

export interface PeerHandlers {
  rtp(peer: Peer, packet: RtpPacket, now: number): void;
  /** ICE and DTLS are up. Once. */
  connected(peer: Peer): void;
  /** What the far party lost of what it is passed on from here, in 1/256. */
  farLoss(now: number): number;
  /** A packet cannot be handled, by a fault of ours. */
  failed(error: unknown): void;
}

interface Secured {
  readonly receiver: SrtpReceiver;
  readonly sender: SrtpSender;
  readonly outer: OuterStream;
}

const REPORT_MS = 1_000;

/** One view serves all packets of a worker: each is handled to its end before the next one. */
const view = createRtpView();

/** One connection to one page of a party: ICE, DTLS, SRTP and RTCP. A leg has one, and a second one while a page replaces another. */
export class Peer {
  readonly ice: IceAgent;
  #remote: RemoteIdentity | null = null;
  #format: Format | null = null;
  #hasLeft = false;
  #hasFailed = false;
  readonly #context: EngineContext;
  readonly #handlers: PeerHandlers;
  readonly #reception: Reception;
  readonly #loss = new ReportedLoss();
  readonly #limits: LegLimits;
  readonly #ssrc = randomBytes(4).readUInt32BE(0);
  readonly #sessionId = (randomBytes(8).readBigUInt64BE(0) >> 2n).toString();
  readonly #streamId = randomUUID();
  readonly #trackId = randomUUID();
  /** As many as the receiver takes. */
  readonly #sources = new Map<number, object>();
  #version = 0;
  #dtls: DtlsEndpoint | null = null;
  #secured: Secured | null = null;
  #isAnnounced = false;
  #isClosed = false;
  #nextReportAt = 0;
  #keptPackets = 0;
  #keptOctets = 0;

  constructor(
    context: EngineContext,
    controlling: boolean,
    reception: Reception,
    limits: LegLimits,
    handlers: PeerHandlers,
  ) {
    this.#context = context;
    this.#reception = reception;
    this.#limits = limits;
    this.#handlers = handlers;
    this.ice = new IceAgent(context.hub, controlling, {
      admits: (bytes, now) => limits.packet(bytes, now),
      datagram: (path, data) => {
        this.#datagram(path, data);
      },
      selected: () => {
        this.#announce();
      },
      failed: (error) => {
        handlers.failed(error);
      },
    });
  }

  get remote(): RemoteIdentity | null {
    return this.#remote;
  }

  get format(): Format | null {
    return this.#format;
  }

  /** The page said goodbye (close_notify). */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** The handshake failed for good. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Media may flow. */
  get isConnected(): boolean {
    return this.#isAnnounced;
  }

  /**
   * Connected, not said good-bye, heard in the last `quietMs`, and with its consent to be sent to (RFC 7675). Media goes to no other: a
   * neighbour that is gone costs more than its own packets, which wait in the system for its hardware address, and the socket that all
   * calls share waits with them.
   */
  isThere(now: number, quietMs: number): boolean {
    if (!this.#isAnnounced || this.#hasLeft) {
      return false;
    }
    return now - this.ice.heardAt < quietMs && this.ice.hasConsent(now);
  }

  /** Null until keys are there. */
  get outer(): OuterStream | null {
    return this.#secured?.outer ?? null;
  }

  get packetsSent(): number {
    return this.#secured?.outer.packets ?? this.#keptPackets;
  }

  get bytesSent(): number {
    return this.#secured?.outer.octets ?? this.#keptOctets;
  }

  /** What the party says that it lost of what we sent, in 1/256; 0 when it said nothing lately. */
  lossReported(now: number): number {
    return this.#loss.at(now);
  }

  /** The party wants to hear us. */
  get isListening(): boolean {
    return this.#format !== null && receives(this.#format.direction);
  }

  /** What our next description says; its version goes up by one. */
  describe(fmtp: string): LocalSide {
    this.#version += 1;
    return {
      sessionId: this.#sessionId,
      version: this.#version,
      ice: this.ice.local,
      fingerprint: this.#context.certificate.fingerprint,
      candidates: this.#context.candidates().map((each) => ofGeneration(each, this.ice.generation)),
      streamId: this.#streamId,
      trackId: this.#trackId,
      ssrc: this.#ssrc,
      cname: this.#context.cname,
      fmtp,
    };
  }

  /** Takes the party's description; the first one starts DTLS. */
  setRemote({ ice, fingerprints }: RemoteIdentity, format: Format, now: number): void {
    this.#remote = { ice, fingerprints };
    this.#format = format;
    this.#dtls ??= new DtlsEndpoint(this.#context.certificate, fingerprints, {
      send: (data) => {
        this.ice.send(data);
      },
      connected: (keying) => {
        this.#secure(keying);
      },
      closed: () => {
        this.#hasLeft = true;
      },
      failed: (reason) => {
        this.#hasFailed = true;
        this.#context.log(`DTLS failed: ${reason}`);
      },
    });
    const known = this.ice.remote;
    if (known?.ufrag !== ice.ufrag || known.password !== ice.password) {
      this.ice.setRemote(ice, now);
    }
  }

  #secure(keying: SrtpKeying): void {
    const sender = new SrtpSender(keying.profile, keying.local);
    const outer = new OuterStream(this.#ssrc, sender, (packet) => {
      this.ice.send(packet);
    });
    const limits = this.#limits;
    const receiver = new SrtpReceiver(keying.profile, keying.remote, limits.sources, () => {
      limits.source();
    });
    this.#secured = { receiver, sender, outer };
    this.#announce();
  }

  #announce(): void {
    if (this.#isAnnounced || !this.#secured || !this.ice.isConnected) {
      return;
    }
    this.#isAnnounced = true;
    // Spread over the second, so that many legs do not report in one tick.
    this.#nextReportAt = performance.now() + Math.random() * REPORT_MS;
    this.#handlers.connected(this);
  }

  #datagram(path: IcePath, data: Buffer): void {
    const now = performance.now();
    if (!this.#limits.packet(data.length, now)) {
      return;
    }
    const first = data.readUInt8(0);
    if (first >= 128 && first < 192) {
      if (data.length < 12 || !this.#secured) {
        return;
      }
      if (isRtcp(data)) {
        this.#rtcp(path, data, this.#secured, now);
      } else {
        this.#rtp(path, data, this.#secured, now);
      }
      return;
    }
    if (first >= 20 && first < 64) {
      this.#dtls?.receive(data);
    }
  }

  #rtp(path: IcePath, data: Buffer, secured: Secured, now: number): void {
    if (!readRtp(data, view, this.#format?.levelId ?? 0)) {
      return;
    }
    let payload = secured.receiver.unprotectRtp(data, view.headerLength);
    if (payload && view.padding) {
      payload = withoutPadding(payload);
    }
    if (!payload) {
      return;
    }
    this.ice.media(path, now);
    let source = this.#sources.get(view.ssrc);
    if (!source) {
      source = {};
      this.#sources.set(view.ssrc, source);
    }
    const index = secured.receiver.lastIndex;
    this.#handlers.rtp(this, { source, view, index, payload, size: data.length }, now);
  }

  #rtcp(path: IcePath, data: Buffer, secured: Secured, now: number): void {
    const plain = secured.receiver.unprotectRtcp(data);
    if (!plain) {
      return;
    }
    this.ice.media(path, now);
    readCompound(plain, {
      senderReport: (ssrc, ntpMiddle) => {
        this.#reception.senderReport(ssrc, ntpMiddle, now);
      },
      loss: (ssrc, fractionLost) => {
        if (ssrc === this.#ssrc) {
          this.#loss.take(fractionLost, now);
        }
      },
      nack: (ssrc, sequences) => {
        if (ssrc === this.#ssrc) {
          secured.outer.resend(sequences);
        }
      },
    });
  }

  tick(now: number): void {
    this.ice.tick(now);
    this.#dtls?.tick(now);
    if (!this.#secured || !this.#isAnnounced || now < this.#nextReportAt) {
      return;
    }
    this.#nextReportAt = now + REPORT_MS * (0.9 + 0.2 * Math.random());
    const { sender, outer } = this.#secured;
    const clockRate = this.#format ? CODECS[this.#format.codec].clockRate : 0;
    const info = outer.senderInfo(now, performance.timeOrigin + now, clockRate);
    const block = this.#reception.report(now, this.#handlers.farLoss(now));
    const report = writeReport(this.#ssrc, this.#context.cname, info, block);
    this.ice.send(sender.protectRtcp(report));
  }

  close(): void {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    this.#keptPackets = this.packetsSent;
    this.#keptOctets = this.bytesSent;
    this.#secured = null;
    this.ice.close();
    this.#dtls?.close();
  }
}
