/**
 * What arrived from one party, as RFC 3550 counts it (A.3, A.8). It lives as long as the leg: a new page or a new SSRC
 * starts a new sequence, and the sums go on.
 */
export interface ReportBlock {
  readonly ssrc: number;
  /** Of the packets since the last report, in 1/256. */
  readonly fractionLost: number;
  readonly packetsLost: number;
  readonly highestSequence: number;
  /** In timestamp units. */
  readonly jitter: number;
  /** Middle 32 bits of the party's last sender report, and the time since it in 1/65536 s; 0 before the first. */
  readonly lastReport: number;
  readonly sinceLastReport: number;
}

export class Reception {
  #packets = 0;
  #bytes = 0;
  #ssrc: number | null = null;
  #base = 0;
  #highest = 0;
  #received = 0;
  /** Losses of sequences that ended. */
  #earlierLost = 0;
  #reportedExpected = 0;
  #reportedReceived = 0;
  #transit: number | null = null;
  #jitter = 0;
  #clockRate = 48_000;
  #lastReport = 0;
  #lastReportAt = 0;

  get packets(): number {
    return this.#packets;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * @param index the packet's extended sequence number
   * @param clockRate of the timestamp, or 0 for packets whose timestamps say nothing about their pace (events)
   * @param now in milliseconds
   */
  packet(
    ssrc: number,
    index: number,
    timestamp: number,
    size: number,
    clockRate: number,
    now: number,
  ): void {
    this.#packets += 1;
    this.#bytes += size;
    if (ssrc !== this.#ssrc) {
      this.#begin(ssrc, index);
    }
    this.#received += 1;
    if (index > this.#highest) {
      this.#highest = index;
    }
    if (clockRate === 0) {
      return;
    }
    this.#clockRate = clockRate;
    const transit = Math.round((now * clockRate) / 1000) - timestamp;
    if (this.#transit !== null) {
      // Timestamps are 32 bits wide: the difference is taken modulo that.
      const difference = Math.abs((transit - this.#transit) | 0);
      this.#jitter += (difference - this.#jitter) / 16;
    }
    this.#transit = transit;
  }

  #begin(ssrc: number, index: number): void {
    this.#earlierLost += this.#currentLost();
    this.#ssrc = ssrc;
    this.#base = index;
    this.#highest = index;
    this.#received = 0;
    this.#reportedExpected = 0;
    this.#reportedReceived = 0;
    this.#transit = null;
    this.#jitter = 0;
    this.#lastReport = 0;
  }

  #expected(): number {
    return this.#ssrc === null ? 0 : this.#highest - this.#base + 1;
  }

  #currentLost(): number {
    return Math.max(0, this.#expected() - this.#received);
  }

  get packetsLost(): number {
    return this.#earlierLost + this.#currentLost();
  }

  get jitterSeconds(): number {
    return this.#jitter / this.#clockRate;
  }

  /** The party's sender report arrived. `ntpMiddle` is the middle half of its NTP timestamp. */
  senderReport(ssrc: number, ntpMiddle: number, now: number): void {
    if (ssrc !== this.#ssrc) {
      return;
    }
    this.#lastReport = ntpMiddle;
    this.#lastReportAt = now;
  }

  /**
   * Undefined before the first packet. Starts the next interval of `fractionLost`.
   *
   * @param farLoss of what is passed on, in 1/256: the worse of both is reported
   */
  report(now: number, farLoss = 0): ReportBlock | undefined {
    if (this.#ssrc === null) {
      return undefined;
    }
    const expected = this.#expected();
    const expectedNow = expected - this.#reportedExpected;
    const lostNow = expectedNow - (this.#received - this.#reportedReceived);
    this.#reportedExpected = expected;
    this.#reportedReceived = this.#received;
    const lost = lostNow <= 0 ? 0 : Math.min(255, Math.floor((lostNow * 256) / expectedNow));
    return {
      ssrc: this.#ssrc,
      fractionLost: Math.max(lost, farLoss),
      packetsLost: this.#currentLost(),
      highestSequence: this.#highest >>> 0,
      jitter: Math.round(this.#jitter),
      lastReport: this.#lastReport,
      sinceLastReport:
        this.#lastReport === 0 ? 0 : Math.round(((now - this.#lastReportAt) * 65_536) / 1000),
    };
  }
}
