import { TokenBucket } from '../../limits/token-bucket.ts';

/** What a leg's party may send. All are far above what a browser does. */
export interface LegLimitOptions {
  /** Datagrams a second, of any kind, before anything is decrypted; twice as many at once. Default 300: audio has 50, at most 100. */
  readonly packetsPerSecond: number;
  /** The same in bytes. Default 200,000: Opus at its highest rate, sent twice over (RED), has 130,000. */
  readonly bytesPerSecond: number;
  /** Digits a second that are reported, as many at once. Default 20. */
  readonly digitsPerSecond: number;
  /** RTP sources (SSRCs) for the life of one peer connection, and as many of RTCP. Default 8. */
  readonly sources: number;
}

export const LEG_LIMITS: LegLimitOptions = {
  packetsPerSecond: 300,
  bytesPerSecond: 200_000,
  digitsPerSecond: 20,
  sources: 8,
};

/** `unsent`: packets of ours that could not be sent, as their address or port is none or the socket was closed. */
export const LIMITS = ['packets', 'bytes', 'digits', 'sources', 'unsent'] as const;
export type Limit = (typeof LIMITS)[number];
export type Refusals = Readonly<Record<Limit, number>>;

const NONE: Refusals = { packets: 0, bytes: 0, digits: 0, sources: 0, unsent: 0 };

/** How often each limit of a worker's legs refused something. */
export class RefusalCounts {
  #counts: Record<Limit, number> = { ...NONE };

  add(limit: Limit): void {
    this.#counts[limit] += 1;
  }

  /** What came since the last time; null for nothing. */
  take(): Refusals | null {
    const counts = this.#counts;
    if (LIMITS.every((limit) => counts[limit] === 0)) {
      return null;
    }
    this.#counts = { ...NONE };
    return counts;
  }
}

/** The limits of one leg, for all pages that its party comes back with. What is refused is dropped, and counted. */
export class LegLimits {
  readonly sources: number;
  readonly #packets: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #digits: TokenBucket;
  readonly #counts: RefusalCounts;

  constructor(options: LegLimitOptions, counts: RefusalCounts, now: number) {
    const { packetsPerSecond, bytesPerSecond, digitsPerSecond } = options;
    this.sources = options.sources;
    this.#packets = new TokenBucket(packetsPerSecond, 2 * packetsPerSecond, now);
    this.#bytes = new TokenBucket(bytesPerSecond, 2 * bytesPerSecond, now);
    this.#digits = new TokenBucket(digitsPerSecond, digitsPerSecond, now);
    this.#counts = counts;
  }

  packet(bytes: number, now: number): boolean {
    if (!this.#packets.take(1, now)) {
      return this.#refuse('packets');
    }
    return this.#bytes.take(bytes, now) || this.#refuse('bytes');
  }

  digit(now: number): boolean {
    return this.#digits.take(1, now) || this.#refuse('digits');
  }

  source(): void {
    this.#counts.add('sources');
  }

  #refuse(limit: Limit): false {
    this.#counts.add(limit);
    return false;
  }
}
