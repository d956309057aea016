/** What the bench asks of a page, whoever is in it. Times as `probe.now()` tells them. */
export interface Party {
  /** Signs in; settles with the milliseconds from the first step to ready. */
  signIn(options: PartyOptions): Promise<number>;
  signOut(): Promise<void>;
  /** Places a call; returns when it was asked for. */
  dial(destination: string): number;
  /** Answers the next call at once; settles with when it was asked to. */
  answerNext(): Promise<number>;
  /** Settles when the last call has reached a state that its SDK tells. */
  reached(state: 'active' | 'over'): Promise<unknown>;
  hangup(): void;
  /** Settles with when it is ready again, at the next time it is. */
  readyAgain(): Promise<number>;
}

export interface PartyOptions {
  readonly host: string;
  readonly token: string;
  /** Null: not said. */
  readonly trickle: boolean | null;
  readonly iceServers: readonly RTCIceServer[];
  /** Further options of the SDK's client. */
  readonly client?: object;
  /** Further options of its calls. */
  readonly call?: object;
}

declare global {
  interface Window {
    readonly party: Party;
  }
}

/** Promises for the states of one call; a new call has new ones. */
export const newStates = () => ({
  active: Promise.withResolvers<undefined>(),
  over: Promise.withResolvers<undefined>(),
});
