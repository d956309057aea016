import type { Clock } from '../../clock.ts';
import type { Flow } from './flow.ts';
import { makeResponse, serializeMessage, type SipRequest, type SipResponse } from './message.ts';
import { T1, T2, T4, TIMEOUT } from './timers.ts';

export interface ServerHandlers {
  /** Nobody acknowledged our final response to an INVITE. */
  unacknowledged(): void;
  ended(): void;
}

type ResponseOptions = Parameters<typeof makeResponse>[2];

/**
 * A request of a peer until our answer has arrived (RFC 3261, 17.2, as RFC 6026 mends it).
 *
 * ```
 *   proceeding ──2xx to an INVITE──► accepted ── its ACK, or L ──┐
 *       └──────── any other final ──► completed ──ACK, H, J──────┴──► ended
 * ```
 *
 * A 2xx to an INVITE is sent again until the dialog has its ACK (13.3.1.4); the dialog says so by {@link acknowledged}.
 */
export class ServerTransaction {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly #clock: Clock;
  readonly #handlers: ServerHandlers;
  readonly #isInvite: boolean;
  #state: 'proceeding' | 'accepted' | 'completed' | 'ended' = 'proceeding';
  #last: string | null = null;
  #interval = T1;
  #cancelRetransmit: (() => void) | null = null;
  #cancelTimeout: (() => void) | null = null;

  constructor(request: SipRequest, flow: Flow, clock: Clock, handlers: ServerHandlers) {
    this.request = request;
    this.flow = flow;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#isInvite = request.method === 'INVITE';
  }

  get isAnswered(): boolean {
    return this.#state !== 'proceeding';
  }

  /** Answered with a 2xx to an INVITE: its ACK is the dialog's. */
  get isAccepted(): boolean {
    return this.#state === 'accepted';
  }

  /** What comes after the final response is not sent. */
  respond(status: number, options: ResponseOptions = {}): void {
    if (this.#state !== 'proceeding') {
      return;
    }
    const response: SipResponse = makeResponse(this.request, status, options);
    this.#last = serializeMessage(response);
    this.flow.send(this.#last);
    if (status < 200) {
      return;
    }
    const isAccepted = this.#isInvite && status < 300;
    this.#state = isAccepted ? 'accepted' : 'completed';
    this.#cancelTimeout = this.#clock.schedule(
      () => {
        this.#expire();
      },
      !this.#isInvite && this.flow.isReliable ? 0 : TIMEOUT,
    );
    // A 2xx is sent again on streams too: the hops behind may be none.
    if (this.#isInvite && (isAccepted || !this.flow.isReliable)) {
      this.#scheduleRetransmit();
    }
  }

  /** The same request once more. */
  repeated(): void {
    if (this.#last !== null) {
      this.flow.send(this.#last);
    }
  }

  /** ACK came: of a refusal with the transaction's own branch, of a 2xx by the dialog. */
  acknowledged(): void {
    if (!this.#isInvite || (this.#state !== 'completed' && this.#state !== 'accepted')) {
      return;
    }
    this.#cancelRetransmit?.();
    this.#cancelTimeout?.();
    // Late copies of the INVITE are still known.
    const isAccepted = this.#state === 'accepted';
    this.#cancelTimeout = this.#clock.schedule(
      () => {
        this.dispose();
      },
      isAccepted ? TIMEOUT : this.flow.isReliable ? 0 : T4,
    );
  }

  dispose(): void {
    if (this.#state === 'ended') {
      return;
    }
    this.#state = 'ended';
    this.#cancelRetransmit?.();
    this.#cancelTimeout?.();
    this.#handlers.ended();
  }

  #scheduleRetransmit(): void {
    this.#cancelRetransmit = this.#clock.schedule(() => {
      if (this.#last !== null) {
        this.flow.send(this.#last);
      }
      this.#interval = Math.min(this.#interval * 2, T2);
      this.#scheduleRetransmit();
    }, this.#interval);
  }

  #expire(): void {
    const unheard = this.#isInvite;
    this.dispose();
    if (unheard) {
      this.#handlers.unacknowledged();
    }
  }
}
