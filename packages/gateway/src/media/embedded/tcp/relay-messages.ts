import type { TcpEntranceCounts } from '../../media-plane.ts';
import type { RelayLimits } from './relay-limits.ts';

/** What the gateway and the relay process say to each other: JSON, bytes as base64. A connection comes along with its message. */
export type ToRelay =
  /** First of all. `ports`: see {@link Relay.useThreads}. */
  | {
      readonly type: 'start';
      readonly token: string;
      readonly limits: RelayLimits;
      readonly ports: readonly (number | null)[];
    }
  | { readonly type: 'threads'; readonly ports: readonly (number | null)[] }
  | { readonly type: 'connection'; readonly first: string };

/** Every second. */
export interface FromRelay {
  readonly type: 'counts';
  readonly counts: TcpEntranceCounts;
}
