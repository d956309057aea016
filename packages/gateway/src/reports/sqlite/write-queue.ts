import type { ReportVerb } from '../store.ts';
import { troubleOf } from '../../sqlite/trouble.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import type { SqliteReports } from './store.ts';

type Ask = Extract<ToWorker, { type: 'ask' }>;

/** Small writes that come many to a call. Everything else has its own transaction, and may read what they wrote. */
const SMALL: ReadonlySet<ReportVerb> = new Set([
  'saveCall',
  'saveMedia',
  'saveSeries',
  'saveMessages',
  'sessionEnded',
]);
/** So many are committed at once; a database is locked no longer for them than for one upload. */
const MOST = 256;
/** How long one may wait for others. Readers of the quality pages do not notice, and a crash loses no more than that. */
const WAIT_MS = 20;

/** Serves what the gateway asks in order, and commits small writes that come together together. */
export class WriteQueue {
  readonly #store: SqliteReports;
  readonly #say: (message: FromWorker) => void;
  #waiting: Ask[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(store: SqliteReports, say: (message: FromWorker) => void) {
    this.#store = store;
    this.#say = say;
  }

  add(ask: Ask): void {
    if (!SMALL.has(ask.verb)) {
      this.flush();
      this.#say(this.#serve(ask));
      return;
    }
    this.#waiting.push(ask);
    if (this.#waiting.length >= MOST) {
      this.flush();
    } else {
      this.#timer ??= setTimeout(() => this.flush(), WAIT_MS);
    }
  }

  /** Writes what waits. Its results are told when they are on the disk's side of the commit. */
  flush(): void {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
    }
    this.#timer = null;
    const asks = this.#waiting;
    if (asks.length === 0) {
      return;
    }
    this.#waiting = [];
    let answers: FromWorker[] = [];
    try {
      this.#store.together(() => {
        answers = asks.map((ask) => this.#serve(ask));
      });
    } catch (error) {
      answers = asks.map((ask) => failed(ask, error));
    }
    for (const answer of answers) {
      this.#say(answer);
    }
  }

  #serve(ask: Ask): FromWorker {
    const { id, verb, request } = ask;
    try {
      // The other side pairs verbs and requests; the compiler does not follow the pair.
      const result = (this.#store[verb] as (request: unknown) => unknown).call(
        this.#store,
        request,
      );
      return { type: 'result', id, result };
    } catch (error) {
      return failed(ask, error);
    }
  }
}

function failed({ id, verb }: Ask, error: unknown): FromWorker {
  return {
    type: 'failed',
    id,
    message: `${verb}: ${(error as Error).message}`,
    trouble: troubleOf(error),
  };
}
