export const RANGES = [
  ['1h', 3_600_000],
  ['24h', 86_400_000],
  ['7d', 7 * 86_400_000],
  ['30d', 30 * 86_400_000],
] as const;

export type RangeName = (typeof RANGES)[number][0];

export function rangeNamed(text: string | null, otherwise: RangeName): RangeName {
  return RANGES.find(([name]) => name === text)?.[0] ?? otherwise;
}

export function lengthOf(range: RangeName): number {
  return RANGES.find(([name]) => name === range)?.[1] ?? 0;
}
