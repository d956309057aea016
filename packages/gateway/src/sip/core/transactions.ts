import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import { bracket, parseVia, tagOf } from './address.ts';
import { ClientTransaction, type ClientHandlers } from './client-transaction.ts';
import type { Flow } from './flow.ts';
import { Headers } from './headers.ts';
import {
  cseqOf,
  makeResponse,
  serializeMessage,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from './message.ts';
import { ServerTransaction } from './server-transaction.ts';

export interface SimpleAnswer {
  readonly status: number;
  readonly headers?: readonly (readonly [string, string])[];
}

export interface RequestHandler {
  /** The answer to a request of which nothing is kept (RFC 3261, 8.2.7): its copies get the same. Null: it gets a transaction. */
  atOnce?(request: SipRequest): SimpleAnswer | null;
  /** Whether a request belongs to a dialog that is known. */
  isOfDialog?(request: SipRequest): boolean;
  /** A new request, with the transaction to answer it by. */
  request(transaction: ServerTransaction): void;
  /** ACK of a 2xx; it belongs to a dialog. */
  acknowledgement(request: SipRequest): void;
  /** A request is not wanted any more; CANCEL itself is answered already. */
  cancelled(transaction: ServerTransaction, cancel: SipRequest): void;
  /** Our final response to an INVITE was never acknowledged. */
  unacknowledged(transaction: ServerTransaction): void;
}

const COOKIE = 'z9hG4bK';
/** Requests outside of dialogs being served at once, over all peers and of one address; beyond it they are told to come back. */
const MAX_SERVER_TRANSACTIONS = 5_000;
const MAX_OF_ADDRESS = 2_500;
/** The same within dialogs, which nobody names who is not in them: what ends a call gets through. */
const MAX_OF_DIALOGS = 20_000;

/** Every transaction of this gateway. What comes from the network is matched here (RFC 3261, 17.1.3 and 17.2.3). */
export class Transactions {
  readonly #clock: Clock;
  readonly #handler: RequestHandler;
  readonly #clients = new Map<string, { transaction: ClientTransaction; flow: Flow }>();
  readonly #servers = new Map<string, ServerTransaction>();
  /** Of each request outside of a dialog that is being served, what is the same in its copies by other ways. */
  readonly #served = new Set<string>();
  /** How many requests outside of dialogs are being served, by address. */
  readonly #ofAddress = new Map<string, number>();
  /** How many within dialogs. */
  #ofDialogs = 0;

  constructor(clock: Clock, handler: RequestHandler) {
    this.#clock = clock;
    this.#handler = handler;
  }

  get size(): number {
    return this.#clients.size + this.#servers.size;
  }

  /** Sends a request. Its Via is added here. */
  request(
    request: SipRequest,
    flow: Flow,
    handlers: Omit<ClientHandlers, 'ended'>,
  ): ClientTransaction {
    const branch = COOKIE + randomBytes(12).toString('hex');
    const sent = withVia(request, flow, branch);
    const key = clientKey(branch, request.method);
    const transaction = new ClientTransaction(sent, flow, this.#clock, {
      ...handlers,
      ended: () => {
        this.#clients.delete(key);
      },
    });
    this.#clients.set(key, { transaction, flow });
    transaction.start();
    return transaction;
  }

  /** CANCEL goes by the branch of what it cancels, and by its way (RFC 3261, 9.1). */
  cancel(invite: ClientTransaction, reason: string | undefined): void {
    const { request, flow } = invite;
    const headers = makeCancelHeaders(request);
    if (reason !== undefined) {
      headers.add('Reason', reason);
    }
    const cancel = { ...request, method: 'CANCEL', headers, body: '' };
    const branch = parseVia(request.headers.get('Via') ?? '')?.parameters.get('branch') ?? '';
    const key = clientKey(branch, 'CANCEL');
    const transaction = new ClientTransaction(cancel, flow, this.#clock, {
      response: () => undefined,
      failed: () => undefined,
      ended: () => {
        this.#clients.delete(key);
      },
    });
    this.#clients.set(key, { transaction, flow });
    transaction.start();
  }

  /** ACK of a 2xx: a request without a transaction. Returns what was sent, to be sent again with each copy of the 2xx. */
  acknowledge(ack: SipRequest, flow: Flow): string {
    const text = serializeMessage(withVia(ack, flow, COOKIE + randomBytes(12).toString('hex')));
    flow.send(text);
    return text;
  }

  /** Whether the request that a response is for went to that address. */
  sentTo(address: string, { headers }: SipResponse): boolean {
    const branch = parseVia(headers.get('Via') ?? '')?.parameters.get('branch') ?? '';
    const client = this.#clients.get(clientKey(branch, cseqOf(headers).method));
    return client?.flow.remote.address === address;
  }

  /** Whether a request is a copy of one that is served, or the ACK or CANCEL of such a one. */
  serves(request: SipRequest): boolean {
    const key = serverKey(request);
    return key !== null && this.#servers.has(key);
  }

  receive(message: SipMessage, flow: Flow): void {
    if (message.kind === 'response') {
      const branch = parseVia(message.headers.get('Via') ?? '')?.parameters.get('branch') ?? '';
      const { method } = cseqOf(message.headers);
      this.#clients.get(clientKey(branch, method))?.transaction.receive(message);
      return;
    }
    const key = serverKey(message);
    if (key === null) {
      return;
    }
    const known = this.#servers.get(key);
    if (message.method === 'ACK') {
      // The ACK of a 2xx has a branch of its own, unless the peer is careless.
      if (known && !known.isAccepted) {
        known.acknowledged();
      } else {
        this.#handler.acknowledgement(message);
      }
      return;
    }
    if (message.method === 'CANCEL') {
      this.#cancel(message, known, flow);
      return;
    }
    if (known) {
      known.repeated();
    } else {
      this.#serve(message, flow, key);
    }
  }

  /** A connection is gone. */
  flowClosed(flow: Flow): void {
    for (const client of [...this.#clients.values()]) {
      if (client.flow === flow) {
        client.transaction.flowClosed();
      }
    }
  }

  /** A message could not be sent on a flow of datagrams. Which one is not known; what rings already is none of it. */
  unsent(flow: Flow): void {
    for (const client of [...this.#clients.values()]) {
      if (client.flow === flow) {
        client.transaction.unsent();
      }
    }
  }

  dispose(): void {
    for (const { transaction } of [...this.#clients.values()]) {
      transaction.dispose();
    }
    for (const transaction of [...this.#servers.values()]) {
      transaction.dispose();
    }
  }

  #serve(request: SipRequest, flow: Flow, key: string): void {
    const answer = this.#handler.atOnce?.(request);
    if (answer) {
      const toTag = createHash('sha256').update(key).digest('hex').slice(0, 16);
      flow.send(serializeMessage(makeResponse(request, answer.status, { ...answer, toTag })));
      return;
    }
    const { address } = flow.remote;
    const isOfDialog = this.#handler.isOfDialog?.(request) === true;
    if (!this.#hasPlace(isOfDialog, address)) {
      const headers = [['Retry-After', '5']] as const;
      flow.send(serializeMessage(makeResponse(request, 503, { headers })));
      return;
    }
    const merge = mergeKey(request);
    const isCopy = merge !== null && this.#served.has(merge);
    const transaction: ServerTransaction = new ServerTransaction(request, flow, this.#clock, {
      unacknowledged: () => {
        this.#handler.unacknowledged(transaction);
      },
      ended: () => {
        this.#servers.delete(key);
        this.#count(isOfDialog, address, -1);
        if (merge !== null && !isCopy) {
          this.#served.delete(merge);
        }
      },
    });
    this.#servers.set(key, transaction);
    this.#count(isOfDialog, address, 1);
    if (isCopy) {
      transaction.respond(482, { toTag: randomBytes(8).toString('hex') });
      return;
    }
    if (merge !== null) {
      this.#served.add(merge);
    }
    try {
      this.#handler.request(transaction);
    } catch (error) {
      transaction.respond(500, { toTag: randomBytes(8).toString('hex') });
      throw error;
    }
  }

  #hasPlace(isOfDialog: boolean, address: string): boolean {
    if (isOfDialog) {
      return this.#ofDialogs < MAX_OF_DIALOGS;
    }
    const others = this.#servers.size - this.#ofDialogs;
    return others < MAX_SERVER_TRANSACTIONS && (this.#ofAddress.get(address) ?? 0) < MAX_OF_ADDRESS;
  }

  #count(isOfDialog: boolean, address: string, change: number): void {
    if (isOfDialog) {
      this.#ofDialogs += change;
      return;
    }
    const count = (this.#ofAddress.get(address) ?? 0) + change;
    if (count > 0) {
      this.#ofAddress.set(address, count);
    } else {
      this.#ofAddress.delete(address);
    }
  }

  #cancel(cancel: SipRequest, known: ServerTransaction | undefined, flow: Flow): void {
    flow.send(serializeMessage(makeResponse(cancel, known ? 200 : 481)));
    if (known && !known.isAnswered) {
      this.#handler.cancelled(known, cancel);
    }
  }
}

/** What names a request's transaction; null: what RFC 2543 had in its place, which nobody speaks any more. */
function serverKey({ method, headers }: SipRequest): string | null {
  const via = parseVia(headers.get('Via') ?? '');
  const branch = via?.parameters.get('branch');
  if (!via || branch?.startsWith(COOKIE) !== true) {
    return null;
  }
  const matched = method === 'ACK' || method === 'CANCEL' ? 'INVITE' : method;
  return `${branch} ${bracket(via.host)}:${String(via.port ?? 0)} ${matched}`;
}

function clientKey(branch: string, method: string): string {
  return `${branch} ${method}`;
}

/** Two requests outside of a dialog with the same key are one that was forked on its way (RFC 3261, 8.2.2.2). */
function mergeKey({ headers }: SipRequest): string | null {
  const from = tagOf(headers.get('From'));
  if (from === undefined || tagOf(headers.get('To')) !== undefined) {
    return null;
  }
  const { number, method } = cseqOf(headers);
  return `${from} ${headers.get('Call-ID') ?? ''} ${String(number)} ${method}`;
}

function makeCancelHeaders(request: SipRequest): Headers {
  const headers = new Headers();
  headers.add('Via', request.headers.all('Via')[0] ?? '');
  for (const route of request.headers.all('Route')) {
    headers.add('Route', route);
  }
  headers.add('Max-Forwards', '70');
  for (const name of ['From', 'To', 'Call-ID']) {
    headers.add(name, request.headers.get(name) ?? '');
  }
  headers.add('CSeq', `${String(cseqOf(request.headers).number)} CANCEL`);
  return headers;
}

/** With our Via on top; `rport` asks where we are seen from (RFC 3581). */
function withVia(request: SipRequest, flow: Flow, branch: string): SipRequest {
  const { address, port } = flow.local;
  const via = `SIP/2.0/${flow.protocol} ${bracket(address)}:${String(port)};rport;branch=${branch}`;
  const headers = new Headers();
  headers.add('Via', via);
  for (const [name, value] of request.headers) {
    headers.add(name, value);
  }
  return { ...request, headers };
}
