/** Bytes that one packet counts for beside its samples (client API 16). */
const PACKET_OVERHEAD = 160;

export interface RecordedPacket {
  /** 1 to 65 535, wrapping to 0. */
  readonly rtp_seq: number;
  /** Samples since the start. */
  readonly rtp_ts: number;
  readonly rtp_ssrc: number;
  /** ISO 8601. */
  readonly captured_at: string;
  readonly samples: Float32Array;
}

/** Packets of one track that are not yet uploaded, the oldest first, bounded in bytes. */
export class TrackBuffer {
  readonly #ssrc: number;
  readonly #maxBytes: number;
  #packets: RecordedPacket[] = [];
  #bytes = 0;
  #sequence = 0;
  #timestamp = 0;

  constructor(ssrc: number, maxBytes: number) {
    this.#ssrc = ssrc;
    this.#maxBytes = maxBytes;
  }

  /** Returns how many old packets had to go. */
  push(samples: Float32Array, capturedAt: string): number {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#packets.push({
      rtp_seq: this.#sequence,
      rtp_ts: this.#timestamp,
      rtp_ssrc: this.#ssrc,
      captured_at: capturedAt,
      samples,
    });
    this.#timestamp = (this.#timestamp + samples.length) >>> 0;
    this.#bytes += size(samples);
    return this.#trim();
  }

  take(): RecordedPacket[] {
    const taken = this.#packets;
    this.#packets = [];
    this.#bytes = 0;
    return taken;
  }

  /** Puts packets whose upload failed back in front. Returns how many had to go. */
  restore(packets: readonly RecordedPacket[]): number {
    this.#packets = [...packets, ...this.#packets];
    this.#bytes += packets.reduce((sum, packet) => sum + size(packet.samples), 0);
    return this.#trim();
  }

  #trim(): number {
    let dropped = 0;
    while (this.#bytes > this.#maxBytes) {
      const oldest = this.#packets[dropped];
      if (oldest === undefined) {
        break;
      }
      this.#bytes -= size(oldest.samples);
      dropped += 1;
    }
    if (dropped > 0) {
      this.#packets = this.#packets.slice(dropped);
    }
    return dropped;
  }
}

const size = (samples: Float32Array): number => samples.byteLength + PACKET_OVERHEAD;
