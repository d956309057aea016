import { CALL_STATES, type CallState } from '@offhook/protocol';

/**
 * The life of a call. `phase` is ours; the public state has the same name, but `replaced` shows as `recovering`: it is
 * the last state of a call object whose place a rebuilt one took (wire spec 10, 13.3).
 *
 *               invite            accepted
 *        ┌──► requesting ────────► trying ──────┐
 *        │        │ early            │ early    │ answered
 *        │        ▼                  ▼          ▼
 *      new        └──────► early ◄───┘        active ◄──── held
 *        │                   │ answered          │  hold ──►  │
 *        │                   └──────────────────►│  ◄── resume
 *        ├──► ringing ──answer──► answering ─────┤ answered
 *        │                                       │
 *        └──attach──► recovering ──answered─────►│   (or ──hold──► held)
 *
 *      any live one ──recover──► recovering      the same object is being re-established
 *      any live one ──replace──► replaced ∎      another object went on
 *      any live one ──end──► hangup ──destroy──► destroy ∎
 *      any live one ──purge──► purge ──end──► hangup
 *
 * An event without an entry does not fit: it is ignored and logged. So a late invite result never takes an answered
 * call back to `trying`, and nothing leaves `destroy` or `replaced`.
 */
export type Phase =
  | 'new'
  | 'requesting'
  | 'trying'
  | 'recovering'
  | 'ringing'
  | 'answering'
  | 'early'
  | 'active'
  | 'held'
  | 'hangup'
  | 'destroy'
  | 'purge'
  | 'replaced';

export type CallTransition =
  | 'invite'
  | 'accepted'
  | 'early'
  | 'answered'
  | 'incoming'
  | 'answer'
  | 'attach'
  | 'recover'
  | 'hold'
  | 'resume'
  | 'replace'
  | 'end'
  | 'purge'
  | 'destroy';

type Exits = Readonly<Partial<Record<CallTransition, Phase>>>;

const end = { end: 'hangup', purge: 'purge' } as const;
const live = { ...end, recover: 'recovering', replace: 'replaced' } as const;

export const CALL_TABLE: Readonly<Record<Phase, Exits>> = {
  new: { ...end, invite: 'requesting', incoming: 'ringing', attach: 'recovering' },
  requesting: { ...live, accepted: 'trying', early: 'early', answered: 'active' },
  trying: { ...live, early: 'early', answered: 'active' },
  ringing: { ...live, answer: 'answering' },
  answering: { ...live, answered: 'active' },
  early: { ...live, answered: 'active', hold: 'held' },
  active: { ...live, hold: 'held' },
  held: { ...live, resume: 'active' },
  recovering: { ...end, replace: 'replaced', answered: 'active', hold: 'held' },
  purge: { end: 'hangup' },
  hangup: { destroy: 'destroy' },
  destroy: {},
  replaced: {},
};

/** The phase that follows, or undefined when the event does not fit. */
export const nextPhase = (phase: Phase, event: CallTransition): Phase | undefined =>
  CALL_TABLE[phase][event];

export const publicState = (phase: Phase): string => (phase === 'replaced' ? 'recovering' : phase);

/** A state's number (wire spec 10). */
export const orderOf = (phase: Phase): number => CALL_STATES[publicState(phase) as CallState];

/** Nothing of the call is left to be ended: `hangup` and everything after it, or another object went on. */
export const isOver = (phase: Phase): boolean =>
  phase === 'hangup' || phase === 'destroy' || phase === 'replaced';

/** Signalling answered the call: hanging up is a clearing, not a rejection. */
export const wasAnswered = (phase: Phase): boolean =>
  phase === 'active' || phase === 'held' || phase === 'purge';

/** Media flows or is about to: `client.hasActiveCall()`. */
export const hasMedia = (phase: Phase): boolean =>
  phase === 'early' || phase === 'active' || phase === 'held';

/** The state of one leg. */
export class CallLife {
  readonly #entered: (phase: Phase, before: Phase) => void;
  readonly #ignored: (event: CallTransition, phase: Phase) => void;
  #phase: Phase = 'new';
  #before: Phase = 'new';

  /** `entered` hears of each step when it is done, `ignored` of each event that does not fit. */
  constructor(
    entered: (phase: Phase, before: Phase) => void,
    ignored: (event: CallTransition, phase: Phase) => void,
  ) {
    this.#entered = entered;
    this.#ignored = ignored;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** As applications see it. */
  get state(): CallState {
    return publicState(this.#phase) as CallState;
  }

  get previousState(): CallState {
    return publicState(this.#before) as CallState;
  }

  get over(): boolean {
    return isOver(this.#phase);
  }

  /** False when the event does not fit: then nothing happened. */
  take(event: CallTransition): boolean {
    const next = nextPhase(this.#phase, event);
    if (!next) {
      this.#ignored(event, this.#phase);
      return false;
    }
    this.#before = this.#phase;
    this.#phase = next;
    this.#entered(next, this.#before);
    return true;
  }
}
