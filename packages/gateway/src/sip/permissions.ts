import type { DiallingGrant } from '../calls/dialling-grant.ts';
import type { SipConfig } from './trunk-schema.ts';

type Rule = SipConfig['callers'][number];
type Rules = Pick<SipConfig, 'callers' | 'emergency' | 'tokens'>;

/** What holds for one caller: the operator's rule, and what the caller's token makes of it. */
interface Bounds {
  readonly callerIds: readonly string[];
  readonly callsAtOnce: number;
  readonly minutesADay: number | undefined;
  mayReach(number: string): boolean;
}

export type Permission =
  /** `isLimited`: the call ends when the caller's minutes are used up; see {@link Permissions.secondsLeft}. */
  | {
      readonly ok: true;
      readonly callerId: string | undefined;
      readonly isLimited: boolean;
    }
  | {
      readonly ok: false;
      readonly why: 'not_allowed' | 'too_many_calls' | 'minutes_used_up' | 'caller_id_not_allowed';
    };

/** A call that {@link Permissions.begin} began. */
export interface CountedCall {
  /** It was answered. */
  talks(): void;
  /** It is over. Idempotent. */
  end(): void;
}

const DAY_MS = 86_400_000;

/** Who may call what outside. Nobody may what no rule allows. Counts calls at once, and minutes since midnight UTC. */
export class Permissions {
  readonly #config: Rules;
  readonly #now: () => number;
  /** Running calls by user: since when each is talked, in epoch milliseconds; null: it is not answered. */
  readonly #calls = new Map<string, Set<{ since: number | null }>>();
  /** Of calls that ended today. */
  #seconds = new Map<string, number>();
  #day = 0;

  /** @param now epoch milliseconds */
  constructor(config: Rules, now: () => number) {
    this.#config = config;
    this.#now = now;
  }

  /** The first rule that names the user counts, before one for everybody. */
  #ruleOf(user: string): Rule | undefined {
    const { callers } = this.#config;
    return (
      callers.find(({ users }) => users !== '*' && users.includes(user)) ??
      callers.find(({ users }) => users === '*')
    );
  }

  /** Whether any rule lets the user call that number at all. */
  mayReach(user: string, number: string, grant?: DiallingGrant): boolean {
    // No limit stands between a person and help.
    if (this.#config.emergency.includes(number)) {
      return true;
    }
    return this.#boundsOf(user, grant)?.mayReach(number) === true;
  }

  /**
   * A token narrows its user's rule. Where no rule names him it stands in for one, within what the operator gives to tokens, and must
   * name its routes.
   */
  #boundsOf(user: string, grant: DiallingGrant | undefined): Bounds | undefined {
    const rule = this.#ruleOf(user);
    const outer = rule ?? (grant?.routes === undefined ? undefined : this.#config.tokens);
    if (!outer) {
      return undefined;
    }
    const begins = (number: string) => (prefix: string) => number.startsWith(prefix);
    const minutes = [outer.minutesADay, grant?.minutesADay].filter((each) => each !== undefined);
    return {
      callerIds: grant?.callerIds?.filter((id) => outer.callerIds.includes(id)) ?? outer.callerIds,
      callsAtOnce: Math.min(outer.callsAtOnce, grant?.callsAtOnce ?? Infinity),
      minutesADay: minutes.length === 0 ? undefined : Math.min(...minutes),
      mayReach: (number) =>
        outer.routes.some(begins(number)) && grant?.routes?.some(begins(number)) !== false,
    };
  }

  /**
   * @param asked the number that the user wants to be shown with
   * @param grant of the user's token
   */
  check(
    user: string,
    number: string,
    asked: string | undefined,
    grant?: DiallingGrant,
  ): Permission {
    const rule = this.#boundsOf(user, grant);
    const callerId = rule?.callerIds[0];
    if (this.#config.emergency.includes(number)) {
      return { ok: true, callerId, isLimited: false };
    }
    if (rule?.mayReach(number) !== true) {
      return { ok: false, why: 'not_allowed' };
    }
    // A token that may show numbers, but none that the operator lets it show, shows none instead of another.
    if (callerId === undefined && (grant?.callerIds?.length ?? 0) > 0) {
      return { ok: false, why: 'caller_id_not_allowed' };
    }
    // A client that says nothing of its own gives its user's name.
    const wanted = asked === undefined || asked === '' || asked === user ? callerId : asked;
    if (wanted !== undefined && !rule.callerIds.includes(wanted)) {
      return { ok: false, why: 'caller_id_not_allowed' };
    }
    if ((this.#calls.get(user)?.size ?? 0) >= rule.callsAtOnce) {
      return { ok: false, why: 'too_many_calls' };
    }
    const left = this.secondsLeft(user, grant);
    if (left !== null && left <= 0) {
      return { ok: false, why: 'minutes_used_up' };
    }
    return { ok: true, callerId: wanted, isLimited: left !== null };
  }

  /**
   * The number that a user is shown by, who does not say which; null: by none.
   * @param direct numbers that lead to him
   */
  shownBy(user: string, direct: readonly string[], grant?: DiallingGrant): string | null {
    const mayShow = (number: string): boolean => grant?.callerIds?.includes(number) !== false;
    return direct.find(mayShow) ?? this.#boundsOf(user, grant)?.callerIds[0] ?? null;
  }

  /** What is left today of a user's minutes, which all of his running calls use up together; null: he has no limit. */
  secondsLeft(user: string, grant?: DiallingGrant): number | null {
    const minutes = this.#boundsOf(user, grant)?.minutesADay;
    if (minutes === undefined) {
      return null;
    }
    this.#turnDay();
    let used = this.#seconds.get(user) ?? 0;
    for (const { since } of this.#calls.get(user) ?? []) {
      used += this.#talked(since);
    }
    return minutes * 60 - used;
  }

  /** A call begins. */
  begin(user: string): CountedCall {
    const call = { since: null as number | null };
    const calls = this.#calls.get(user) ?? new Set();
    this.#calls.set(user, calls.add(call));
    return {
      talks: () => {
        call.since ??= this.#now();
      },
      end: () => {
        if (!calls.delete(call)) {
          return;
        }
        if (calls.size === 0 && this.#calls.get(user) === calls) {
          this.#calls.delete(user);
        }
        this.#turnDay();
        const talked = this.#talked(call.since);
        if (talked > 0) {
          this.#seconds.set(user, (this.#seconds.get(user) ?? 0) + talked);
        }
      },
    };
  }

  /** Seconds of today. */
  #talked(since: number | null): number {
    if (since === null) {
      return 0;
    }
    return Math.max(0, this.#now() - Math.max(since, this.#day * DAY_MS)) / 1000;
  }

  #turnDay(): void {
    const day = Math.floor(this.#now() / DAY_MS);
    if (day === this.#day) {
      return;
    }
    this.#day = day;
    this.#seconds = new Map();
  }
}
