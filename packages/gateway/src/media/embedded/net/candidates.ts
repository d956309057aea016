/** Ours are below those of browsers' addresses (126 and 100), so that they decide which pair ranks first: {@link ofGeneration}. */
const TYPE_PREFERENCE = { host: 64, prflx: 63 } as const;
/** So far below UDP that no pair over TCP is preferred to one over UDP of the same generation. */
const TCP_PREFERENCE = 32;
/** RFC 6544, 4.2: the direction preference of a passive host candidate. */
const PASSIVE = 4;
const GENERATIONS = 30;

/** RFC 8445, 5.1.2.1, for component 1. `local` orders our own addresses: 65535 is the best. */
export function candidatePriority(type: keyof typeof TYPE_PREFERENCE, local: number): number {
  return TYPE_PREFERENCE[type] * 2 ** 24 + local * 2 ** 8 + 255;
}

/** RFC 6544, 4.2, for a passive one. `index` orders our own addresses: 0 is the best. */
export function tcpPriority(index: number): number {
  return TCP_PREFERENCE * 2 ** 24 + (PASSIVE * 2 ** 13 + (8_191 - index)) * 2 ** 8 + 255;
}

/**
 * The same candidate after so many ICE restarts, each of which ranks it higher. Chromium sends on its old pair for another
 * 2 s after a restart, into nothing when that path is dead, unless a pair of the new generation ranks higher; and a pair
 * ranks by the lower of its two candidates (RFC 8445, 6.1.2.3).
 */
export function ofGeneration(candidate: string, generation: number): string {
  const [foundation = '', component = '', transport = '', priority, ...rest] = candidate.split(' ');
  const raised = Number(priority) + Math.min(generation, GENERATIONS) * 2 ** 24;
  return [foundation, component, transport, String(raised), ...rest].join(' ');
}
