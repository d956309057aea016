import type { IceAgent } from './ice-agent.ts';
import type { LocalSocket } from './udp-socket.ts';

/** One of our sockets and one of the party's addresses. */
export interface IcePath {
  readonly agent: IceAgent;
  readonly socket: LocalSocket;
  readonly address: string;
  readonly port: number;
  /** The party's address as the socket reports it. */
  readonly key: string;
  /** The ICE generation (restart) that last used it. */
  generation: number;
  /** The party answered a check of ours in this generation. */
  valid: boolean;
  nominated: boolean;
  /** Checks sent in this generation, and when the next one is due. */
  attempts: number;
  nextCheckAt: number;
  /** When something authentic last came this way; milliseconds. */
  heardAt: number;
  readonly pending: { readonly transaction: string; readonly sentAt: number }[];
}

export const CANDIDATE_TYPES = ['host', 'srflx', 'prflx', 'relay'] as const;

export interface IceCandidate {
  readonly foundation: string;
  readonly component: number;
  readonly transport: string;
  readonly priority: number;
  /** A literal address, or a host name (`.local`, which we cannot and need not resolve). */
  readonly address: string;
  readonly port: number;
  readonly type: (typeof CANDIDATE_TYPES)[number];
  readonly ufrag: string | undefined;
}

/** `candidate:...` as in SDP (RFC 8839, 5.1), with or without `a=`. Undefined for what is none. */
export function parseCandidate(text: string): IceCandidate | undefined {
  const match = /^(?:a=)?candidate:(.*)$/.exec(text.trim());
  const [foundation, component, transport, priority, address, port, typ, type, ...more] =
    match?.[1]?.split(/\s+/) ?? [];
  const kind = CANDIDATE_TYPES.find((known) => known === type);
  if (!foundation || !transport || !address || typ !== 'typ' || kind === undefined) {
    return undefined;
  }
  const numbers = [Number(component), Number(priority), Number(port)];
  if (numbers.some((value) => !Number.isInteger(value) || value < 0)) return undefined;
  const ufragAt = more.indexOf('ufrag');
  return {
    foundation,
    component: Number(component),
    transport: transport.toLowerCase(),
    priority: Number(priority),
    address,
    port: Number(port),
    type: kind,
    ufrag: ufragAt >= 0 ? more[ufragAt + 1] : undefined,
  };
}

/** Ours are below those of browsers' addresses (126 and 100), so that they decide which pair ranks first: {@link ofGeneration}. */
const TYPE_PREFERENCE = { host: 64, prflx: 63 } as const;
const GENERATIONS = 30;

/** RFC 8445, 5.1.2.1, for component 1. `local` orders our own addresses: 65535 is the best. */
export function candidatePriority(type: keyof typeof TYPE_PREFERENCE, local: number): number {
  return TYPE_PREFERENCE[type] * 2 ** 24 + local * 2 ** 8 + 255;
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
