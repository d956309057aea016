import { TransferError, type TransferErrorReason, type TransferFailure } from './call-events.ts';
import { isLine, readSignal } from './given.ts';
import type { Leg } from './leg.ts';
import { isLost, RequestError } from './ports.ts';
import { until } from './waiting.ts';

/** What `call.transfer()` takes. */
export interface TransferOptions {
  /** Takes the transfer back, where it is not done yet: the promise rejects with `TransferError`, `cancelled`. */
  readonly signal?: AbortSignal | null | undefined;
}

const LONGEST = 256;

const REASONS: Readonly<Record<string, TransferErrorReason>> = {
  USER_BUSY: 'busy',
  CALL_REJECTED: 'declined',
  NO_ANSWER: 'no_answer',
  NO_USER_RESPONSE: 'no_answer',
  UNALLOCATED_NUMBER: 'not_found',
  NO_ROUTE_DESTINATION: 'not_found',
  SUBSCRIBER_ABSENT: 'unavailable',
  OUTGOING_CALL_BARRED: 'not_allowed',
  INCOMPATIBLE_DESTINATION: 'no_codec',
  ORIGINATOR_CANCEL: 'cancelled',
  FACILITY_REJECTED: 'in_progress',
};

/** The gateway ends a leg whose far party was handed over by these. */
const DONE: readonly string[] = ['BLIND_TRANSFER', 'ATTENDED_TRANSFER'];

/**
 * Asks the gateway to hand the far party over, and settles with what becomes of it. The gateway does it by itself: what fails leaves the call as
 * it was. A reply that was lost with the socket is asked for again, by the same id.
 *
 * @param live the leg that carries the call now
 */
export async function transfer(
  live: () => Leg,
  target: unknown,
  options: TransferOptions | null | undefined,
): Promise<void> {
  const leg = live();
  const wanted = readTarget(target, leg);
  const signal = readSignal(options?.signal);
  const { shared } = leg.notices;
  const id = leg.deps.platform.uuid();
  const undo: (() => void)[] = [];
  const outcome = new Promise<void>((resolve, reject) => {
    undo.push(
      shared.on('transferFailed', (failed, failure) => {
        if (failed === id) {
          reject(errorOf(failure));
        }
      }),
      shared.on('ended', ({ cause, causeCode }) => {
        if (DONE.includes(cause)) {
          resolve();
        } else {
          reject(ended({ cause, causeCode }));
        }
      }),
    );
  });
  // Whoever waits hears of it.
  outcome.catch(() => undefined);
  const cancel = (): void => {
    const { dialog, notices } = live();
    const offhook = { transfer: id, cancel: true };
    notices.report('modify', dialog.request('modify', { action: 'transfer', offhook }));
  };
  try {
    if (signal?.aborted) {
      throw new TransferError('cancelled', 'The transfer was cancelled');
    }
    await Promise.race([outcome, ask(live, { ...wanted, offhook: { transfer: id } })]);
    signal?.addEventListener('abort', cancel);
    if (signal?.aborted) {
      cancel();
    }
    await outcome;
  } finally {
    signal?.removeEventListener('abort', cancel);
    for (const stop of undo) {
      stop();
    }
  }
}

interface Wanted {
  readonly action: string;
  readonly destination?: string;
  readonly replaceCallID?: string;
}

type Order = Wanted & { readonly offhook: Record<string, unknown> };

function readTarget(target: unknown, leg: Leg): Wanted {
  if (typeof target === 'object' && target !== null) {
    const { id } = target as { readonly id?: unknown };
    if (isLine(id, LONGEST) && id !== '' && id !== leg.id) {
      return { action: 'replace', replaceCallID: id };
    }
    throw new TransferError('invalid', 'A call is handed over to a number, a name or another call');
  }
  const text: unknown = Number.isFinite(target) ? String(target) : target;
  if (isLine(text, LONGEST) && text.trim() !== '') {
    return { action: 'transfer', destination: text.trim() };
  }
  throw new TransferError('invalid', 'A call is handed over to a number, a name or another call');
}

/** Settles when the gateway has taken it. Twice at most: the first reply may be lost with its socket. */
async function ask(live: () => Leg, wanted: Order): Promise<void> {
  try {
    await askOnce(live, wanted).catch((error: unknown) => {
      if (!isLost(error)) {
        throw error;
      }
      return askOnce(live, wanted);
    });
  } catch (error) {
    if (!(error instanceof RequestError)) {
      throw error;
    }
    const { cause, causeCode, sipCode, sipReason } = (error.data ?? {}) as TransferFailure;
    if (live().life.over) {
      throw ended({});
    }
    if (cause !== undefined) {
      throw errorOf({ cause, causeCode, sipCode, sipReason });
    }
    const reason = error.message === 'CALL DOES NOT EXIST' ? 'call_ended' : 'failed';
    throw new TransferError(reason, error.message);
  }
}

async function askOnce(live: () => Leg, wanted: Order): Promise<void> {
  const { notices } = live();
  // A call that is being recovered can be handed over when it is back.
  await until(notices.shared, () => mayAsk(live()), undefined);
  const leg = live();
  await leg.untilReady(leg.scope.signal);
  if (!leg.deps.signaling.features.transfer) {
    throw new TransferError('unsupported', 'This gateway hands no calls over');
  }
  await leg.dialog.request('modify', wanted, { signal: leg.scope.signal });
}

function mayAsk({ life, end }: Leg): true | undefined {
  if (end) {
    throw ended({ cause: end.cause, causeCode: end.causeCode });
  }
  if (life.phase === 'active' || life.phase === 'held') {
    return true;
  }
  if (life.phase === 'recovering' || life.phase === 'replaced') {
    return undefined;
  }
  throw new TransferError('in_progress', 'The call is not answered');
}

const ended = (failure: TransferFailure): TransferError =>
  new TransferError('call_ended', 'The call ended first', failure);

function errorOf({ cause = '', causeCode, sipCode, sipReason }: TransferFailure): TransferError {
  const failure = { cause, causeCode, sipCode, sipReason };
  return new TransferError(
    REASONS[cause] ?? 'failed',
    `The call was not handed over: ${cause === '' ? 'no reason given' : cause}`,
    failure,
  );
}
