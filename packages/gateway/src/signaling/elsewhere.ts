import type { ClientRequest } from '@offhook/protocol';
import type { Identity } from '../auth/authenticator.ts';
import type { Ending } from '../calls/hangup.ts';
import type { Leg, Party } from '../calls/leg.ts';
import type { Survivors } from '../calls/resume.ts';
import type { Directory } from '../directory/directory.ts';
import type { Outcome } from './outcome.ts';
import type { Session } from './session.ts';

/** A frame of a client that has signed in. */
export type SessionFrame = Exclude<ClientRequest, { method: 'ping' | 'login' | 'anonymous_login' }>;

/** Sessions and calls of other gateways, as signalling reaches them. */
export interface Elsewhere {
  /** False: the frame is about no call that another gateway has. Else it is served there, and `reply` is called once. */
  forward(
    session: Session,
    frame: SessionFrame,
    reply: (outcome: Outcome<unknown>) => void,
  ): boolean;
  /**
   * A session that another gateway had until now: it is this one's from here on. Never rejects.
   * @param orphaned before it is taken of a gateway that is dead
   */
  fetch(id: string, identity: Identity, orphaned?: () => Promise<void>): Promise<Session | null>;
  /** The client is back, here. Settles when those that have its calls know it; calls that are over are its no more. Never rejects. */
  resumed(session: Session, survivors: Survivors): Promise<void>;
  /** The session is over, and its calls with it. */
  over(session: Session): void;
}

/** What of a gateway its neighbours reach. */
export interface NeighbourHost {
  readonly sessions: {
    adopt(id: string, identity: Identity, since: number): Session;
    restore(session: Session): void;
    release(session: Session): void;
  };
  readonly switchboard: {
    hangup(leg: Leg, ending: Ending, replaced: boolean): void;
    joined(party: Party): void;
    partyGone(party: Party, ending: Ending): void;
    partyLost(party: Party): void;
    resume(party: Party, survivors: Survivors): Promise<readonly string[]>;
  };
  /** Serves a client's frame here. */
  serve(session: Session, frame: SessionFrame, reply: (outcome: Outcome<unknown>) => void): void;
}

/** Other gateways. They are the directory too: who can be called is known with them. */
export interface Neighbourhood extends Elsewhere, Directory<Party> {
  /** Before anything else. */
  begin(host: NeighbourHost): void;
  close(): void;
}
