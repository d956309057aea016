import type { Codec, RtpTransport } from '../media/media-plane.ts';
import type { AssistantTarget } from './assistants.ts';
import type { Leg } from './leg.ts';
import type { Notice } from './notice.ts';

/**
 * Whoever a call has at one of its ends: a signed-in session, or somebody in another network. A party turns what happens to its calls
 * into what it speaks; calls know nothing of sockets and dialects.
 */
export interface Party {
  /** Never sent to another party; of a session its session id. */
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
  /** Can be told something now. */
  readonly online: boolean;
  /** Recovers its calls by itself when its media is gone, or ends them. */
  readonly recovers: boolean;
  /** Live calls that it may have; undefined: as many as every user. */
  readonly callsAtOnce: number | undefined;
  /** Codecs that it may be offered, best first; null: whichever the other end likes best, and that alone. */
  readonly codecs: readonly Codec[] | null;
  /** How its media is reached; undefined: in a browser. */
  readonly rtp: RtpTransport | undefined;
  /** Its live legs by callID. Only the calls floor changes it. */
  readonly legs: Map<string, Leg>;
  /**
   * Tells what happened to a leg. Nothing is kept for a party that is not online, but the end: what else it must know is told again
   * when it is back. Of `invited` and `answered` it says when they were received ({@link Leg.confirm}).
   */
  tell(leg: Leg, notice: Notice): void;
  /** A text of another user. */
  text(from: string, to: string, body: string): void;
}

/** What the party signed in with has ended. */
export function isOver(party: Pick<Party, 'expiresAt'>, clock: { now(): number }): boolean {
  return party.expiresAt !== undefined && party.expiresAt <= clock.now();
}
