import type { ReportVerb } from '../store.ts';
import { troubleOf } from '../../sqlite/trouble.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import type { SqliteReports } from './store.ts';

type Ask = Extract<ToWorker, { type: 'ask' }>;

/** Small writes that come many to a call. Everything else has its own transaction, and may read what they wrote. */
const SMALL: ReadonlySet<ReportVerb> = new Set([
  'saveCall',
  'addDeliveries',
  'settleDelivery',
  'saveMedia',
  'saveSeries',
  'saveMessages',
  'sessionEnded',
]);
/** So many are committed at once; a database is locked no longer for them than for one upload. */
const MOST = 256;
/** How long one may wait for others. Readers of the quality pages do not notice, and a crash loses no more than that. */
const WAIT_MS = 20;
/** So often what the disk or a lock refused is tried again before it is given up, the first time after so long, then twice as long each time. */
const RETRIES = 4;
const RETRY_MS = 100;

/** Serves what the gateway asks in order, and commits small writes that come together together. */
export class WriteQueue {
  readonly #store: SqliteReports;
  readonly #say: (message: FromWorker) => void;
  #waiting: Ask[] = [];
  #timer: NodeJS.Timeout | null = null;
  /** Of what waits, in a row. */
  #failures = 0;
  #closed = false;

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
    if (this.#waiting.length >= MOST && this.#failures === 0) {
      this.flush();
    } else {
      this.#timer ??= setTimeout(() => this.flush(), WAIT_MS);
    }
  }

  /** Writes what waits. Its results are told when they are on the disk's side of the commit. */
  flush(): void {
    this.#stopTimer();
    while (this.#waiting.length > 0) {
      const asks = this.#waiting.slice(0, MOST);
      try {
        const answers = this.#write(asks);
        this.#failures = 0;
        this.#settle(answers);
      } catch (error) {
        const trouble = troubleOf(error);
        if (trouble === 'disk' && this.#failures < RETRIES && !this.#closed) {
          this.#timer = setTimeout(() => this.flush(), RETRY_MS * 2 ** this.#failures);
          this.#failures += 1;
          return;
        }
        this.#failures = 0;
        // The others would meet the same disk.
        const lost = trouble === null ? asks : this.#waiting;
        this.#settle(lost.map((ask) => failed(ask, error)));
      }
    }
  }

  /** Writes what waits, or gives it up: nothing waits afterwards. */
  close(): void {
    this.#closed = true;
    this.flush();
  }

  /** @throws where nothing of it was written */
  #write(asks: readonly Ask[]): readonly FromWorker[] {
    let answers: readonly FromWorker[] = [];
    this.#store.together(() => {
      answers = asks.map((ask) => this.#serve(ask));
    });
    return answers;
  }

  /** Tells what became of the ones that waited longest. */
  #settle(answers: readonly FromWorker[]): void {
    this.#waiting = this.#waiting.slice(answers.length);
    for (const answer of answers) {
      this.#say(answer);
    }
  }

  #stopTimer(): void {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
    }
    this.#timer = null;
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
