import type { Clock } from '../../clock.ts';
import { tagOf } from './address.ts';
import type { ClientTransaction } from './client-transaction.ts';
import { answerChallenge, chooseChallenge, type Credentials } from './digest.ts';
import type { Flow } from './flow.ts';
import { Headers } from './headers.ts';
import {
  cseqOf,
  serializeMessage,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from './message.ts';
import type { ServerTransaction } from './server-transaction.ts';
import { Transactions, type SimpleAnswer } from './transactions.ts';

/** Whoever gets the requests of one dialog. */
export interface DialogUser {
  request(transaction: ServerTransaction): void;
  acknowledgement(request: SipRequest): void;
  unacknowledged(): void;
}

export interface SendHandlers {
  response(response: SipResponse): void;
  failed(why: 'timeout' | 'flow'): void;
  /** Whether a challenge is still to be answered; without this it is. */
  isWanted?(): boolean;
  /** The request was sent, at first or again with credentials. */
  sent?(request: SipRequest, transaction: ClientTransaction): void;
}

/** What this gateway says by SIP: requests with digest, and who gets the requests of a dialog. */
export class UserAgent {
  readonly #transactions: Transactions;
  readonly #dialogs = new Map<string, DialogUser>();
  /** INVITEs of peers that are not answered for good, by transaction. */
  readonly #invites = new Map<
    ServerTransaction,
    { cancelled(cancel: SipRequest): void; unacknowledged(): void }
  >();

  /**
   * @param onRequest requests outside of any dialog
   * @param atOnce those of them that are answered without anything being kept of them
   */
  constructor(
    clock: Clock,
    onRequest: (transaction: ServerTransaction) => void,
    atOnce: (request: SipRequest) => SimpleAnswer | null = () => null,
  ) {
    this.#transactions = new Transactions(clock, {
      atOnce: (request) => {
        if (tagOf(request.headers.get('To')) === undefined) {
          return atOnce(request);
        }
        return this.#dialogOf(request) ? null : { status: 481 };
      },
      isOfDialog: (request) => this.#dialogOf(request) !== undefined,
      request: (transaction) => {
        if (tagOf(transaction.request.headers.get('To')) === undefined) {
          onRequest(transaction);
          return;
        }
        const user = this.#dialogOf(transaction.request);
        if (user) {
          user.request(transaction);
        } else {
          transaction.respond(481);
        }
      },
      acknowledgement: (request) => {
        this.#dialogOf(request)?.acknowledgement(request);
      },
      cancelled: (transaction, cancel) => {
        this.#invites.get(transaction)?.cancelled(cancel);
      },
      unacknowledged: (transaction) => {
        const invite = this.#invites.get(transaction);
        this.#invites.delete(transaction);
        invite?.unacknowledged();
      },
    });
  }

  #dialogOf({ headers }: SipRequest): DialogUser | undefined {
    return this.#dialogs.get(dialogKey(headers.get('Call-ID'), tagOf(headers.get('To'))));
  }

  /** Requests that are served, and those that are not answered. */
  get transactions(): number {
    return this.#transactions.size;
  }

  receive(message: SipMessage, flow: Flow): void {
    this.#transactions.receive(message, flow);
  }

  /** Whether a request is a copy of one that is served, or the ACK or CANCEL of such a one. */
  serves(request: SipRequest): boolean {
    return this.#transactions.serves(request);
  }

  /** Whether the request that a response is for went to that address. */
  sentTo(address: string, response: SipResponse): boolean {
    return this.#transactions.sentTo(address, response);
  }

  flowClosed(flow: Flow): void {
    this.#transactions.flowClosed(flow);
  }

  /** A message could not be sent on a flow of datagrams. */
  unsent(flow: Flow): void {
    this.#transactions.unsent(flow);
  }

  /** Sends a request; a challenge is answered once with each nonce, as often as the peer says that one is stale, and once else. */
  send(
    request: SipRequest,
    flow: Flow,
    credentials: Credentials | undefined,
    handlers: SendHandlers,
    tries = 0,
    mayStream = true,
  ): ClientTransaction {
    const stream = mayStream && isLarge(request) ? flow.overStream?.() : null;
    const way = stream ?? flow;
    const transaction = this.#transactions.request(request, way, {
      response: (response) => {
        const again =
          credentials && tries < 3 && handlers.isWanted?.() !== false
            ? withCredentials(request, response, credentials, tries)
            : undefined;
        if (again) {
          this.send(again, flow, credentials, handlers, tries + 1, mayStream);
        } else {
          handlers.response(response);
        }
      },
      failed: (why) => {
        // A peer that takes no connections is sent the datagram all the same (RFC 3261, 18.1.1).
        const byDatagram = why === 'flow' && stream?.wasOpen === false;
        if (byDatagram && handlers.isWanted?.() !== false) {
          this.send(request, flow, credentials, handlers, tries, false);
        } else {
          handlers.failed(why);
        }
      },
    });
    handlers.sent?.(request, transaction);
    return transaction;
  }

  cancel(invite: ClientTransaction, reason?: string): void {
    this.#transactions.cancel(invite, reason);
  }

  acknowledge(ack: SipRequest, flow: Flow): string {
    return this.#transactions.acknowledge(ack, flow);
  }

  /** Returns its undo. */
  addDialog(callId: string, localTag: string, user: DialogUser): () => void {
    const key = dialogKey(callId, localTag);
    this.#dialogs.set(key, user);
    return () => {
      if (this.#dialogs.get(key) === user) {
        this.#dialogs.delete(key);
      }
    };
  }

  /** Who hears of what becomes of an INVITE of a peer. Returns its undo. */
  watchInvite(
    transaction: ServerTransaction,
    watcher: { cancelled(cancel: SipRequest): void; unacknowledged(): void },
  ): () => void {
    this.#invites.set(transaction, watcher);
    return () => {
      this.#invites.delete(transaction);
    };
  }

  dispose(): void {
    this.#transactions.dispose();
    this.#dialogs.clear();
    this.#invites.clear();
  }
}

/** Of a datagram that passes everywhere in one piece, bytes (RFC 3261, 18.1.1), and what our Via takes of it. */
const MAX_DATAGRAM = 1_300;
const VIA_BYTES = 120;

function isLarge(request: SipRequest): boolean {
  return Buffer.byteLength(serializeMessage(request)) + VIA_BYTES > MAX_DATAGRAM;
}

function dialogKey(callId: string | undefined, localTag: string | undefined): string {
  return `${callId ?? ''} ${localTag ?? ''}`;
}

/** Undefined when the response challenges nothing that we can answer. */
function withCredentials(
  request: SipRequest,
  response: SipResponse,
  credentials: Credentials,
  tries: number,
): SipRequest | undefined {
  const isProxy = response.status === 407;
  if (!isProxy && response.status !== 401) {
    return undefined;
  }
  const challenge = chooseChallenge(
    response.headers.all(isProxy ? 'Proxy-Authenticate' : 'WWW-Authenticate'),
  );
  const name = isProxy ? 'Proxy-Authorization' : 'Authorization';
  // With the same credentials again it would say no again, unless only the nonce was old.
  if (!challenge || (tries > 0 && request.headers.has(name) && !challenge.stale)) {
    return undefined;
  }
  const { number, method } = cseqOf(request.headers);
  const headers = new Headers(request.headers);
  headers.set('CSeq', `${String(number + 1)} ${method}`);
  headers.set(name, answerChallenge(challenge, credentials, request.method, request.uri));
  return { ...request, headers };
}
