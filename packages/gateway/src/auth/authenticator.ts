import type { AssistantTarget } from '../calls/assistants.ts';
import type { DiallingGrant } from '../calls/dialling-grant.ts';

/** The seam between signalling and authentication: nothing is stored or changed before `login` succeeds. */
export interface Credentials {
  readonly login?: string;
  readonly passwd?: string;
  readonly loginToken?: string;
}

export interface LoginContext {
  /** The peer's address after trusted proxies, as text. Locks are on the pair of account and address. */
  readonly address: string;
}

export interface Identity {
  /** Stable key: two sockets with the same `user` are the same user. */
  readonly user: string;
  readonly displayName: string;
  /** Early media with a tone while the far end rings; off: `ringing` only (design decision "Media"). */
  readonly generateRingback: boolean;
  /** Nobody signed in: the one assistant that this visitor reaches. */
  readonly guestOf?: AssistantTarget;
  /** Epoch milliseconds at which the token stops being valid; absent for passwords. */
  readonly expiresAt?: number;
  /** What its token says of calls outside; absent: nothing, or there is no token. */
  readonly dialling?: DiallingGrant;
  /** Signed in with what a push message brought. */
  readonly woken?: true;
  /** Known by its token only: there is no user to be removed. */
  readonly guest?: true;
}

export type LoginFailureReason =
  | 'bad_credentials'
  | 'token_expired'
  | 'token_invalid'
  | 'locked'
  | 'busy'
  /** An anonymous login to what does not exist, or takes no guests. */
  | 'no_target';

export interface LoginFailure {
  readonly reason: LoginFailureReason;
  /** Safe to show; never tells whether an account exists. */
  readonly message: string;
  /** JSON-RPC error code for the reply. Never -32000 (it makes the reference client loop). */
  readonly code: number;
  readonly retryAfterMs?: number;
}

export interface Authenticator {
  /** `login` + `passwd` win over a token; with them present the token is not read. */
  login(
    credentials: Credentials,
    context: LoginContext,
  ): Promise<
    | { readonly ok: true; readonly identity: Identity }
    | { readonly ok: false; readonly failure: LoginFailure }
  >;
  /** Whether a dialled name is a user of ours, registered or not. */
  exists(user: string): boolean;
  /** Another number each time users may have been added, changed or removed, also by another process. Cheap. */
  changes(): number;
  user(user: string): Pick<Identity, 'user' | 'displayName' | 'generateRingback'> | null;
}
