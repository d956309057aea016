import type { GatewayMethod, GatewayParams } from '@offhook/protocol';
import type { AssistantTarget } from './assistants.ts';
import type { Ending } from './hangup.ts';
import type { Leg } from './leg.ts';

/**
 * What the calls floor needs of a signed-in session. The session implements it and knows nothing of calls but this map;
 * calls know nothing of sockets.
 */
export interface Party {
  /** The session id. Never sent to another party. */
  readonly id: string;
  readonly user: string;
  readonly displayName: string;
  /** Early media with a tone while the far end rings. */
  readonly generateRingback: boolean;
  /** Epoch milliseconds at which what it signed in with ends; then it gets no new calls and places none. */
  readonly expiresAt: number | undefined;
  /** Nobody signed in: this assistant is all that it reaches. */
  readonly guestOf: AssistantTarget | null;
  /** Where it was last seen, after trusted proxies. */
  readonly address: string;
  /** Has a socket now. */
  readonly online: boolean;
  /** Said that it understands our own frames. */
  readonly extended: boolean;
  /** Its live legs by callID. Only the calls floor changes it. */
  readonly legs: Map<string, Leg>;
  /**
   * Sends a request, or drops it when there is no socket: what the client must know is told again on resume.
   * `onAck` runs if the client acknowledges the frame on this socket.
   */
  send<M extends GatewayMethod>(method: M, params: GatewayParams[M], onAck?: () => void): void;
  /** A leg of this party ended: late messages for it are answered calmly, and a party that was away is told on resume. */
  legEnded(callID: string, ending: Ending, told: boolean): () => void;
}

/** What the party signed in with has ended. */
export function isOver(party: Pick<Party, 'expiresAt'>, clock: { now(): number }): boolean {
  return party.expiresAt !== undefined && party.expiresAt <= clock.now();
}
