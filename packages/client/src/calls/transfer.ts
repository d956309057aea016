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
 * it was. What was lost with the socket or with its leg is asked for again, by the same id.
 *
 * @param live the leg that carries the call now
 */
export async function transfer(
  live: () => Leg,
  target: unknown,
  options: TransferOptions | null | undefined,
): Promise<void> {
  readTarget(target, live());
  const signal = readSignal(options?.signal);
  const { deps, notices } = live();
  const id = deps.platform.uuid();
  const undo: (() => void)[] = [];
  const over = new AbortController();
  let step: 'waiting' | 'sent' | 'taken' = 'waiting';
  let giveUp: (error: TransferError) => void = () => undefined;
  const outcome = new Promise<void>((resolve, reject) => {
    giveUp = (error) => {
      over.abort();
      reject(error);
    };
    undo.push(
      notices.shared.on('transferFailed', (failed, failure) => {
        if (failed === id) {
          giveUp(errorOf(failure));
        }
      }),
      notices.shared.on('ended', ({ cause, causeCode }) => {
        if (DONE.includes(cause)) {
          over.abort();
          resolve();
        } else {
          giveUp(ended({ cause, causeCode }));
        }
      }),
    );
  });
  // Whoever waits hears of it.
  outcome.catch(() => undefined);
  const order = (): Order => {
    const wanted = readTarget(target, live());
    step = 'sent';
    return { ...wanted, offhook: { transfer: id } };
  };
  const cancel = (): void => {
    const offhook = { transfer: id, cancel: true };
    const sending = send(live, () => ({ action: 'transfer', offhook }), over.signal);
    const told = sending.catch((error: unknown) => {
      if (!over.signal.aborted) {
        throw error;
      }
    });
    live().notices.report('modify', told);
  };
  const abort = (): void => {
    if (step === 'waiting') {
      giveUp(new TransferError('cancelled', 'The transfer was cancelled'));
    } else if (step === 'taken') {
      cancel();
    }
  };
  try {
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) {
      abort();
    }
    await Promise.race([outcome, ask(live, order, over.signal)]);
    step = 'taken';
    if (signal?.aborted) {
      cancel();
    }
    await outcome;
  } finally {
    over.abort();
    for (const stop of undo) {
      stop();
    }
    signal?.removeEventListener('abort', abort);
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
    const id = idOf(target);
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

/** What an application gave may throw when it is read. */
function idOf(target: object): unknown {
  try {
    return (target as { readonly id?: unknown }).id;
  } catch {
    return undefined;
  }
}

/** Settles when the gateway has taken it. */
async function ask(live: () => Leg, order: () => Order, over: AbortSignal): Promise<void> {
  try {
    await send(live, order, over);
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

/**
 * Sends it, and again as long as its reply is lost: with the socket, or since another leg took the place of the one that asked. The id of
 * the transfer makes that harmless.
 *
 * @param read what is sent, read right before
 * @param over aborted when it is wanted no more
 */
async function send(live: () => Leg, read: () => Order, over: AbortSignal): Promise<void> {
  for (;;) {
    // A call that is being recovered can be handed over when it is back.
    await until(live().notices.shared, () => mayAsk(live()), over);
    await live().untilReady(over);
    if (over.aborted) {
      throw over.reason;
    }
    const leg = live();
    if (!mayAsk(leg)) {
      continue;
    }
    if (!leg.deps.signaling.features.transfer) {
      throw new TransferError('unsupported', 'This gateway hands no calls over');
    }
    try {
      await leg.dialog.request('modify', read(), { signal: leg.scope.signal });
      return;
    } catch (error) {
      const lost = isLost(error) && !leg.life.over;
      if (live() === leg && !lost) {
        throw error;
      }
    }
  }
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
