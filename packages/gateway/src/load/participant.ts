import { randomUUID } from 'node:crypto';
import type { LoadUser } from './credentials.ts';
import { LoadClient } from './load-client.ts';
import type { Params } from './load-client.ts';
import { LoadError } from './load-error.ts';
import type { MediaEnd } from './media-end.ts';

/** How long a caller waits for the answer that the other end gives at once. */
const ANSWER_MS = 20_000;

export interface PlacedCall {
  /** Milliseconds from the invite on its way to the answer here. */
  readonly answeredAfter: number;
  /** Hangs up; settles when the gateway has confirmed. @throws {LoadError} when the call did not live until then */
  hangup(): Promise<void>;
}

interface OutboundCall {
  readonly onAnswer: (sdp: string | undefined) => void;
  readonly onBye: (error: LoadError) => void;
  /** The early description, where `media` brought it. */
  sdp: string | undefined;
}

/** A client that places calls, and answers every call at once. Owns the media ends of both. */
export class Participant {
  readonly client: LoadClient;
  /** Inbound calls that could not be answered; the run reads it. */
  readonly failures: LoadError[] = [];
  readonly #makeEnd: () => MediaEnd;
  readonly #outbound = new Map<string, OutboundCall>();
  readonly #inbound = new Map<string, MediaEnd>();

  constructor(
    target: URL,
    user: LoadUser,
    makeEnd: () => MediaEnd,
    onLost: (error: LoadError) => void,
  ) {
    this.#makeEnd = makeEnd;
    this.client = new LoadClient(target, user, {
      onCall: (event, params) => {
        this.#onCall(event, params);
      },
      onLost: (code) => {
        const error = new LoadError(`closed_${code}`, `${user.name}: closed with ${code}`);
        for (const call of this.#outbound.values()) {
          call.onBye(error);
        }
        onLost(error);
      },
    });
  }

  get user(): string {
    return this.client.user;
  }

  /** Calls and waits for the answer. @throws {LoadError} */
  async call(destination: string): Promise<PlacedCall> {
    const callID = randomUUID();
    const end = this.#makeEnd();
    try {
      const offer = await end.offer();
      const from = performance.now();
      const answered = this.#answerTo(callID);
      answered.catch(() => undefined);
      await this.client.request('telnyx_rtc.invite', {
        sdp: offer,
        dialogParams: dialogOf(callID, this.user, destination),
      });
      const sdp = await answered;
      const answeredAfter = performance.now() - from;
      await end.accept(sdp);
      return { answeredAfter, hangup: () => this.#hangup(callID, destination, end) };
    } catch (error) {
      this.#outbound.delete(callID);
      await end.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.client.close();
    const ends = [...this.#inbound.values()];
    this.#inbound.clear();
    await Promise.all(ends.map((end) => end.close()));
  }

  #answerTo(callID: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new LoadError('no_answer', `${this.user}: no answer in ${ANSWER_MS / 1000} s`));
      }, ANSWER_MS);
      const call: OutboundCall = {
        sdp: undefined,
        onAnswer: (sdp) => {
          clearTimeout(late);
          const description = sdp ?? call.sdp;
          if (description !== undefined) {
            resolve(description);
          } else {
            reject(new LoadError('no_sdp', `${this.user}: an answer without a description`));
          }
        },
        onBye: (error) => {
          clearTimeout(late);
          reject(error);
          this.#outbound.delete(callID);
        },
      };
      this.#outbound.set(callID, call);
    });
  }

  async #hangup(callID: string, destination: string, end: MediaEnd): Promise<void> {
    const lived = this.#outbound.delete(callID);
    try {
      await this.client.request('telnyx_rtc.bye', {
        cause: 'NORMAL_CLEARING',
        causeCode: 16,
        dialogParams: dialogOf(callID, this.user, destination),
      });
    } finally {
      await end.close();
    }
    if (!lived) {
      throw new LoadError('ended', `${this.user}: the call ended before its time`);
    }
  }

  #onCall(event: string, params: Params): void {
    const callID = params.callID ?? '';
    const outbound = this.#outbound.get(callID);
    switch (event) {
      case 'invite':
        this.#answer(callID, params.sdp ?? '').catch((error: unknown) => {
          this.failures.push(asLoadError(error));
        });
        return;
      case 'media':
        if (outbound !== undefined) {
          outbound.sdp = params.sdp;
        }
        return;
      case 'answer':
        outbound?.onAnswer(params.sdp);
        return;
      case 'bye':
        outbound?.onBye(byeError(this.user, params));
        this.#release(callID);
        return;
      default:
        return;
    }
  }

  async #answer(callID: string, offer: string): Promise<void> {
    const end = this.#makeEnd();
    this.#inbound.set(callID, end);
    try {
      const sdp = await end.answer(offer);
      await this.client.request('telnyx_rtc.answer', {
        sdp,
        dialogParams: dialogOf(callID, this.user, this.user),
      });
    } catch (error) {
      this.#release(callID);
      throw error;
    }
  }

  #release(callID: string): void {
    const end = this.#inbound.get(callID);
    this.#inbound.delete(callID);
    end?.close().catch((error: unknown) => {
      this.failures.push(asLoadError(error));
    });
  }
}

function dialogOf(callID: string, user: string, destination: string): object {
  return {
    callID,
    destination_number: destination,
    caller_id_name: user,
    caller_id_number: user,
    remote_caller_id_name: 'Outbound Call',
    remote_caller_id_number: destination,
    audio: true,
    attach: false,
    custom_headers: [],
  };
}

function byeError(user: string, { cause }: Params): LoadError {
  const name = typeof cause === 'string' && /^[A-Z_]{1,40}$/.test(cause) ? cause : 'BYE';
  return new LoadError(name, `${user}: the call was ended with ${name}`);
}

export function asLoadError(error: unknown): LoadError {
  if (error instanceof LoadError) {
    return error;
  }
  const message = error instanceof Error ? error.message : String(error);
  return new LoadError('media', message.slice(0, 200), { cause: error });
}
