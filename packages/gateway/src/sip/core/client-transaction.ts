import type { Clock } from '../../clock.ts';
import type { Flow } from './flow.ts';
import { Headers } from './headers.ts';
import { cseqOf, serializeMessage, type SipRequest, type SipResponse } from './message.ts';
import { T1, T2, TIMEOUT } from './timers.ts';

export interface ClientHandlers {
  /** Every provisional response, the first final one, and of an INVITE every 2xx (RFC 6026). */
  response(response: SipResponse): void;
  /** No final response in time, or the flow is gone. Not after a final response. */
  failed(why: 'timeout' | 'flow'): void;
  /** It needs to be known no longer. Once, at the end. */
  ended(): void;
}

/**
 * A request of ours until it is answered (RFC 3261, 17.1, as RFC 6026 mends it).
 *
 * ```
 *   calling ──1xx──► proceeding ──2xx of an INVITE──► accepted ─┐
 *      │                 │                                      │ M
 *      ├── final ────────┴──────► completed ─────── D, K ───────┼──► ended
 *      └── B, F, flow gone ─────────────────────────────────────┘
 * ```
 */
export class ClientTransaction {
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly #clock: Clock;
  readonly #handlers: ClientHandlers;
  readonly #isInvite: boolean;
  #state: 'calling' | 'proceeding' | 'accepted' | 'completed' | 'ended' = 'calling';
  #interval = T1;
  #cancelRetransmit: (() => void) | null = null;
  #cancelTimeout: (() => void) | null = null;

  constructor(request: SipRequest, flow: Flow, clock: Clock, handlers: ClientHandlers) {
    this.request = request;
    this.flow = flow;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#isInvite = request.method === 'INVITE';
  }

  /** Sends the request. Apart from the constructor, so that whoever keeps transactions knows this one first. */
  start(): void {
    this.#cancelTimeout = this.#clock.schedule(() => {
      this.#fail('timeout');
    }, TIMEOUT);
    this.#transmit();
  }

  /** The request may be cancelled: something was heard of it, and nothing final (RFC 3261, 9.1). */
  get isProceeding(): boolean {
    return this.#state === 'proceeding';
  }

  /** No final response came. */
  get isOpen(): boolean {
    return this.#state === 'calling' || this.#state === 'proceeding';
  }

  receive(response: SipResponse): void {
    const final = response.status >= 200;
    switch (this.#state) {
      case 'calling':
      case 'proceeding':
        if (!final) {
          this.#proceed();
        } else if (this.#isInvite && response.status < 300) {
          this.#close('accepted', TIMEOUT);
        } else {
          if (this.#isInvite) {
            this.#acknowledge(response);
          }
          this.#close('completed', this.flow.isReliable ? 0 : TIMEOUT);
        }
        this.#handlers.response(response);
        return;
      case 'accepted':
        if (final && response.status < 300) {
          this.#handlers.response(response);
        }
        return;
      case 'completed':
        if (final && this.#isInvite) {
          this.#acknowledge(response);
        }
        return;
      case 'ended':
        return;
    }
  }

  /** The flow is gone. */
  flowClosed(): void {
    if (this.isOpen) {
      this.#fail('flow');
    }
  }

  /** Something could not be sent on the flow, which goes on: who has heard of the peer waits for it. */
  unsent(): void {
    if (this.#state === 'calling') {
      this.#fail('flow');
    }
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

  #transmit(): void {
    if (!this.flow.send(serializeMessage(this.request))) {
      // In a task of its own: the sender may not have the transaction in hand yet.
      this.#cancelRetransmit = this.#clock.schedule(() => {
        this.flowClosed();
      }, 0);
      return;
    }
    if (this.flow.isReliable) {
      return;
    }
    this.#cancelRetransmit = this.#clock.schedule(() => {
      // Timer A doubles for ever, timer E up to T2, and every T2 once something was heard.
      this.#interval = this.#isInvite
        ? this.#interval * 2
        : this.#state === 'proceeding'
          ? T2
          : Math.min(this.#interval * 2, T2);
      this.#transmit();
    }, this.#interval);
  }

  #proceed(): void {
    this.#state = 'proceeding';
    if (!this.#isInvite) {
      return;
    }
    this.#cancelRetransmit?.();
    // How long it may ring is the caller's matter.
    this.#cancelTimeout?.();
  }

  #close(state: 'accepted' | 'completed', keepMs: number): void {
    this.#state = state;
    this.#cancelRetransmit?.();
    this.#cancelTimeout?.();
    this.#cancelTimeout = this.#clock.schedule(() => {
      this.dispose();
    }, keepMs);
  }

  #fail(why: 'timeout' | 'flow'): void {
    if (!this.isOpen) {
      return;
    }
    this.dispose();
    this.#handlers.failed(why);
  }

  /** ACK of a refusal belongs to the transaction (RFC 3261, 17.1.1.3). */
  #acknowledge(response: SipResponse): void {
    const { request } = this;
    const headers = new Headers();
    headers.add('Via', request.headers.all('Via')[0] ?? '');
    for (const route of request.headers.all('Route')) {
      headers.add('Route', route);
    }
    headers.add('Max-Forwards', '70');
    headers.add('From', request.headers.get('From') ?? '');
    headers.add('To', response.headers.get('To') ?? '');
    headers.add('Call-ID', request.headers.get('Call-ID') ?? '');
    headers.add('CSeq', `${String(cseqOf(request.headers).number)} ACK`);
    const ack = { kind: 'request', method: 'ACK', uri: request.uri, headers, body: '' } as const;
    this.flow.send(serializeMessage(ack));
  }
}
