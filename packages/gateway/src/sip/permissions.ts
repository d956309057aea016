import type { SipConfig } from './trunk-schema.ts';

type Rule = SipConfig['callers'][number];

export type Permission =
  /** `secondsLeft` of the caller's minutes; null: he has no limit. */
  | {
      readonly ok: true;
      readonly callerId: string | undefined;
      readonly secondsLeft: number | null;
    }
  | {
      readonly ok: false;
      readonly why: 'not_allowed' | 'too_many_calls' | 'minutes_used_up' | 'caller_id_not_allowed';
    };

const DAY_MS = 86_400_000;

/** Who may call what outside. Nobody may what no rule allows. Counts calls at once, and minutes since midnight UTC. */
export class Permissions {
  readonly #config: Pick<SipConfig, 'callers' | 'emergency'>;
  readonly #now: () => number;
  readonly #calls = new Map<string, number>();
  #seconds = new Map<string, number>();
  #day = 0;

  /** @param now epoch milliseconds */
  constructor(config: Pick<SipConfig, 'callers' | 'emergency'>, now: () => number) {
    this.#config = config;
    this.#now = now;
  }

  /** The first rule that names the user counts, before one for everybody. */
  ruleOf(user: string): Rule | undefined {
    const { callers } = this.#config;
    return (
      callers.find(({ users }) => users !== '*' && users.includes(user)) ??
      callers.find(({ users }) => users === '*')
    );
  }

  /** @param asked the number that the user wants to be shown with */
  check(user: string, number: string, asked: string | undefined): Permission {
    const rule = this.ruleOf(user);
    const callerId = rule?.callerIds[0];
    // No limit stands between a person and help.
    if (this.#config.emergency.includes(number)) {
      return { ok: true, callerId, secondsLeft: null };
    }
    if (rule?.routes.some((prefix) => number.startsWith(prefix)) !== true) {
      return { ok: false, why: 'not_allowed' };
    }
    // A client that says nothing of its own gives its user's name.
    const wanted = asked === undefined || asked === '' || asked === user ? callerId : asked;
    if (wanted !== undefined && !rule.callerIds.includes(wanted)) {
      return { ok: false, why: 'caller_id_not_allowed' };
    }
    if ((this.#calls.get(user) ?? 0) >= rule.callsAtOnce) {
      return { ok: false, why: 'too_many_calls' };
    }
    this.#turnDay();
    const used = this.#seconds.get(user) ?? 0;
    const secondsLeft = rule.minutesADay === undefined ? null : rule.minutesADay * 60 - used;
    if (secondsLeft !== null && secondsLeft <= 0) return { ok: false, why: 'minutes_used_up' };
    return { ok: true, callerId: wanted, secondsLeft };
  }

  /** A call begins. Returns what is to be called once at its end, with the seconds that were talked. */
  begin(user: string): (seconds: number) => void {
    this.#calls.set(user, (this.#calls.get(user) ?? 0) + 1);
    return (seconds) => {
      const left = (this.#calls.get(user) ?? 1) - 1;
      if (left > 0) this.#calls.set(user, left);
      else this.#calls.delete(user);
      if (seconds <= 0) return;
      this.#turnDay();
      this.#seconds.set(user, (this.#seconds.get(user) ?? 0) + seconds);
    };
  }

  #turnDay(): void {
    const day = Math.floor(this.#now() / DAY_MS);
    if (day === this.#day) return;
    this.#day = day;
    this.#seconds = new Map();
  }
}
