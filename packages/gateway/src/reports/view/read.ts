/** Reads of what a client sent only what is of the kind that is expected. */
export type Bag = Readonly<Record<string, unknown>>;

export function bagOf(value: unknown): Bag {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Bag) : {};
}

export function listOf(value: unknown): readonly Bag[] {
  return Array.isArray(value) ? value.map(bagOf) : [];
}

export function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function textOf(value: unknown, most = 64): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, most) : null;
}

/** To so many digits: a page needs no more, and they weigh. */
export function rounded(value: number | null, digits = 3): number | null {
  if (value === null || !Number.isFinite(value)) {
    return null;
  }
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
