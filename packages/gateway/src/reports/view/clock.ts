import type { ClockEstimate } from '@offhook/protocol';

/**
 * How far a client's clock is from the gateway's. Nobody asks the client for the time; but what it writes down and what the
 * gateway writes down have an order, since a message arrives after it was sent. Each such pair bounds the difference.
 */
export interface ClockBounds {
  /** Gateway's minus client's time, in milliseconds: at least, by what the client did after the gateway told it. */
  readonly least: number | null;
  /** At most, by what the gateway saw after the client had done it. */
  readonly most: number | null;
}

/** A pair of times of one thing: the client's clock, the gateway's clock. */
export interface ClockPair {
  readonly client: number;
  readonly gateway: number;
  /** Whose time came first. */
  readonly first: 'client' | 'gateway';
}

export function boundsOf(pairs: Iterable<ClockPair>): ClockBounds {
  let least: number | null = null;
  let most: number | null = null;
  for (const { client, gateway, first } of pairs) {
    const difference = gateway - client;
    if (first === 'client') {
      most = Math.min(most ?? difference, difference);
    } else {
      least = Math.max(least ?? difference, difference);
    }
  }
  return { least, most };
}

/**
 * Clocks that nothing contradicts are taken to agree: most are set by the network, and a guess from delays would shift what is
 * right. Others are moved to the middle of what is possible.
 */
export function estimateClock({ least, most }: ClockBounds): ClockEstimate {
  if (least === null && most === null) {
    return { offsetMs: 0, withinMs: null };
  }
  if (least === null) {
    return { offsetMs: Math.min(0, most ?? 0), withinMs: null };
  }
  if (most === null) {
    return { offsetMs: Math.max(0, least), withinMs: null };
  }
  // A clock that was set during the call contradicts itself.
  if (least > most) {
    return { offsetMs: (least + most) / 2, withinMs: (least - most) / 2 };
  }
  const agree = least <= 0 && most >= 0;
  return agree
    ? { offsetMs: 0, withinMs: Math.max(-least, most) }
    : { offsetMs: (least + most) / 2, withinMs: (most - least) / 2 };
}
