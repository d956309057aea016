import type { EngineUsage } from '../engine.ts';

/** More than any answer costs: what is beyond it is no count. */
const MOST = 1e9;

/** What a server says that an answer cost; null when it says nothing that can be counted. */
export function usageOf(input: unknown, output: unknown): EngineUsage | null {
  const [read, written] = [input, output].map((value) =>
    Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= MOST ? Number(value) : 0,
  );
  return read || written ? { input: read ?? 0, output: written ?? 0 } : null;
}
