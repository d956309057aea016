import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { Soon } from '../../soon.ts';
import { parseNameAddress, tagOf } from './address.ts';
import type { ClientTransaction } from './client-transaction.ts';
import type { Credentials } from './digest.ts';
import { Dialog } from './dialog.ts';
import type { Flow } from './flow.ts';
import { Headers } from './headers.ts';
import { cseqOf, type SipRequest, type SipResponse } from './message.ts';
import { parseReason, type Reason } from './reason.ts';
import { isSameDialog, Referral, type DialogName } from './referral.ts';
import type { ServerTransaction } from './server-transaction.ts';
import {
  MAX_SESSION_SECONDS,
  MIN_SESSION_SECONDS,
  parseSessionExpires,
  SESSION_SECONDS,
  SessionTimer,
} from './session-timer.ts';
import { T1, TIMEOUT } from './timers.ts';
import type { UserAgent } from './user-agent.ts';

/** What the session needs of the trunk that it goes by. */
export interface SessionWay {
  readonly credentials: Credentials | undefined;
  /** The flow to the server, for an INVITE that begins a dialog; null when there is none now. */
  readonly server: Flow | null;
  /** The same for a request of a dialog, by the URI of its next hop. */
  flowTo(uri: string): Flow | null;
  /** Our Contact, as the peer can reach it. */
  readonly contact: string;
}

/** How a session ended, in the peer's words. */
export interface SessionEnd {
  /** Of the refusal; null for a BYE and a CANCEL. */
  readonly status: number | null;
  readonly phrase: string;
  readonly reason: Reason;
  readonly headers: Headers;
  /** A call that was never answered was taken back. */
  readonly cancelled: boolean;
}

export interface SessionHandlers {
  /** 100 to 199. `sdp`: early media. */
  progress(status: number, sdp: string | undefined, headers: Headers): void;
  /** The peer answered our offer. */
  answered(sdp: string, headers: Headers): void;
  /** The peer ended it. Once, and not after {@link InviteSession.end}. */
  ended(end: SessionEnd): void;
  /** The peer offers anew. Returns our answer, or a status to refuse it with. */
  reoffered(sdp: string): Promise<string | number>;
  /** The peer wants an offer of ours within the call. Returns it, or a status to refuse it with. */
  offerWanted(): Promise<string | number>;
  /** The peer answered an offer of ours that stood in our 2xx, in its ACK; undefined: it did not. */
  acknowledged(sdp: string | undefined): void;
  /** A digit by INFO. */
  digit(digit: string): void;
  /** The peer refreshed the session, by a re-INVITE or UPDATE that was accepted; `headers` are the request's. */
  refreshed?(headers: Headers): void;
  /** REFER. Returns the status to answer with; a promise of it never rejects. */
  referred(request: SipRequest): Soon<number>;
  /** The peer says where else we should call. Returns the URI to call in its place; without this, or with null, the call ends. */
  redirected?(contact: string): string | null;
}

type State = 'idle' | 'calling' | 'called' | 'up' | 'ended';

/** Digits of one call that wait to be sent; what an application asks for at once is less. */
const MAX_DIGITS = 128;
const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY';
/** Option tags that we understand (RFC 3261, 8.2.2.3). */
const UNDERSTOOD: ReadonlySet<string> = new Set(['timer', 'replaces']);
const SUPPORTED = [...UNDERSTOOD].join(', ');
const SDP = 'application/sdp';
const CREDENTIALS = /^(?:proxy-)?authorization$/i;
/** How often one call follows a redirection (RFC 3261, 8.1.3.4, leaves the number to us). */
const MAX_REDIRECTS = 3;
/** Contacts of one redirection that are looked at. */
const MAX_CONTACTS = 8;

/** Headers of every response of ours that speaks of what we can. */
export function capabilities(): [string, string][] {
  return [
    ['Allow', ALLOW],
    ['Accept', `${SDP}, application/dtmf-relay`],
    ['Supported', SUPPORTED],
  ];
}

/** Whether the body is a description that we can read as it stands. */
export function isSdp({ headers }: SipRequest): boolean {
  const type = headers.get('Content-Type')?.split(';', 1)[0]?.trim().toLowerCase();
  const encoding = headers.get('Content-Encoding')?.trim().toLowerCase() ?? 'identity';
  return type === SDP && encoding === 'identity';
}

/** The tags of Require that we do not understand. */
export function unsupported(request: SipRequest): readonly string[] {
  return request.headers
    .all('Require')
    .flatMap((value) => value.split(','))
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '' && !UNDERSTOOD.has(tag.toLowerCase()));
}

/**
 * One call by SIP: its dialog, and the offers and answers in it (RFC 3261, 13 and 14; RFC 3311; RFC 4028).
 *
 * ```
 *   idle ──call()──► calling ──2xx──► up ──BYE, end()──► ended
 *     └───take()───► called ──answer()──► up
 *   calling, called ── refusal, CANCEL, end() ──► ended, which has no exits
 * ```
 */
export class InviteSession {
  readonly callId: string;
  readonly #agent: UserAgent;
  readonly #way: SessionWay;
  readonly #clock: Clock;
  readonly #handlers: SessionHandlers;
  readonly #timer: SessionTimer;
  readonly #dialog: Dialog;
  readonly #removeDialog: () => void;
  #state: State = 'idle';
  #sdp = '';
  /** Of the INVITE that was sent last. */
  #credentials: readonly (readonly [string, string])[] = [];
  /** Where the INVITE was sent to. */
  readonly #tried = new Set<string>();
  /** What the peer described itself with before it answered. */
  #early: { readonly tag: string | undefined; readonly sdp: string } | null = null;
  /** Our INVITE that has no final answer, at first or within the dialog. */
  #pending: ClientTransaction | null = null;
  #wantsCancel: string | null = null;
  #ack: { readonly tag: string | undefined; readonly text: string; readonly flow: Flow } | null =
    null;
  /** The peer's INVITE that is not answered. */
  readonly #digits: string[] = [];
  #invite: ServerTransaction | null = null;
  /** Waits for ACK. */
  #accepted: ServerTransaction | null = null;
  /** Our BYE, which waits for that ACK. */
  #farewell: (() => void) | null = null;
  /** An offer is being answered, the peer's or ours. */
  #offering = false;
  /** Ours stands in our 2xx: the ACK is to bring the answer (RFC 3261, 13.2.1). */
  #awaitsAnswer = false;
  /** Settles with the last of our offers within the call. */
  #reoffering: Promise<string | null> | null = null;
  /** Tells who waits for the answer to a re-INVITE. */
  #reoffered: ((answer: string | null) => void) | null = null;
  /** What the peer asked us to do by REFER, until it is done. */
  #referral: Referral | null = null;
  #weCalled = false;
  #peerUpdates = false;
  /** Who talks to the peer, in headers: stands in all that refreshes the session. */
  #identity: readonly (readonly [string, string])[] = [];
  /** The peer is to be told of it when its ACK is there, or its answer to the UPDATE before. */
  #owesIdentity = false;
  /** Our UPDATE has no final answer. */
  #isUpdating = false;
  #ownHeaders: readonly (readonly [string, string])[] = [];
  #seconds = SESSION_SECONDS;
  #weRefresh = false;
  #isTimed = false;
  readonly #retries = new Map<'refresh' | 'offer', () => void>();
  #cancelGivingUp: (() => void) | null = null;
  #unwatch: (() => void) | null = null;

  private constructor(
    agent: UserAgent,
    way: SessionWay,
    clock: Clock,
    dialog: Dialog,
    handlers: SessionHandlers,
  ) {
    this.#agent = agent;
    this.#way = way;
    this.#clock = clock;
    this.#dialog = dialog;
    this.#handlers = handlers;
    this.callId = dialog.callId;
    this.#timer = new SessionTimer(
      clock,
      () => {
        // It expires by itself when this does not get through.
        this.#timer.start(this.#seconds, false);
        this.#refresh();
      },
      () => {
        this.#lost('the session was not refreshed');
      },
    );
    this.#removeDialog = agent.addDialog(dialog.callId, dialog.local.tag, {
      request: (transaction) => {
        this.#request(transaction);
      },
      acknowledgement: ({ headers, body }) => {
        const accepted = this.#accepted;
        // A late copy of an earlier ACK is not the one that is waited for (RFC 3261, 13.3.1.4).
        if (!accepted || cseqOf(headers).number !== cseqOf(accepted.request.headers).number) {
          return;
        }
        accepted.acknowledged();
        this.#accepted = null;
        if (this.#awaitsAnswer) {
          this.#awaitsAnswer = false;
          this.#offering = false;
          if (this.#state === 'up') {
            handlers.acknowledged(body === '' ? undefined : body);
          }
        }
        this.#farewell?.();
        this.#tellIdentity();
      },
      unacknowledged: () => {
        this.#lost('no ACK');
      },
    });
  }

  /** A session towards the peer; {@link call} places it. */
  static outbound(
    agent: UserAgent,
    way: SessionWay,
    clock: Clock,
    ends: {
      readonly callId: string;
      readonly from: { readonly name: string; readonly uri: string };
      readonly to: string;
      /** Where the INVITE goes, when that is not `to`: the Contact of a registration. */
      readonly target?: string;
      /** Of the first INVITE, beside its own. */
      readonly headers?: readonly (readonly [string, string])[];
    },
    handlers: SessionHandlers,
  ): InviteSession {
    const from = { ...ends.from, tag: newTag() };
    const dialog = Dialog.toPeer(ends.callId, from, ends.to, [], ends.target);
    const session = new InviteSession(agent, way, clock, dialog, handlers);
    session.#ownHeaders = ends.headers ?? [];
    return session;
  }

  /** The session that a peer's INVITE begins; null when it is refused already. */
  static inbound(
    agent: UserAgent,
    way: SessionWay,
    clock: Clock,
    transaction: ServerTransaction,
    handlers: SessionHandlers,
  ): InviteSession | null {
    const { request } = transaction;
    const unknown = unsupported(request);
    if (unknown.length > 0) {
      transaction.respond(420, { toTag: newTag(), headers: [['Unsupported', unknown.join(', ')]] });
      return null;
    }
    if (isTooShort(request)) {
      transaction.respond(422, { toTag: newTag(), headers: [MIN_SE] });
      return null;
    }
    const dialog = Dialog.fromPeer(request, newTag());
    if (!dialog) {
      transaction.respond(400, { reason: 'Bad Contact', toTag: newTag() });
      return null;
    }
    const session = new InviteSession(agent, way, clock, dialog, handlers);
    session.#take(transaction);
    return session;
  }

  /** By what name other requests mean this dialog; null: the peer has not said anything yet. */
  get name(): DialogName | null {
    const { local, remoteTag } = this.#dialog;
    return remoteTag === undefined ? null : { callId: this.callId, localTag: local.tag, remoteTag };
  }

  /** The Call-ID is looked at first: tags cost reading, and a busy gateway has thousands of dialogs to look through. */
  isNamed(name: DialogName): boolean {
    return name.callId === this.callId && this.name !== null && isSameDialog(this.name, name);
  }

  /** Tells the peer how what it asked for by REFER ended. */
  referralEnded(status: number, phrase: string): void {
    this.#referral?.end(`SIP/2.0 ${String(status)} ${phrase}`);
    this.#referral = null;
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  /** Sends the INVITE. */
  call(sdp: string, extra: Iterable<readonly [string, string]>): void {
    if (this.#state !== 'idle') {
      return;
    }
    this.#state = 'calling';
    this.#weCalled = true;
    this.#sdp = sdp;
    const headers: [string, string][] = [
      ...this.#offerHeaders(),
      ['Session-Expires', String(SESSION_SECONDS)],
      ...this.#ownHeaders.map(([name, value]): [string, string] => [name, value]),
      ...[...extra].map(([name, value]): [string, string] => [name, value]),
    ];
    this.#tried.add(this.#dialog.target);
    this.#sendInvite(this.#dialog.request('INVITE', { headers, body: sdp }));
  }

  /** 180. */
  ring(): void {
    this.#respond(180, {});
  }

  /** 183 with early media. */
  progress(sdp: string): void {
    this.#respond(183, { headers: [['Content-Type', SDP]], body: sdp });
  }

  answer(sdp: string, extra: Iterable<readonly [string, string]> = []): void {
    const invite = this.#invite;
    if (this.#state !== 'called' || !invite) {
      return;
    }
    this.#state = 'up';
    this.#sdp = sdp;
    this.#invite = null;
    this.#accepted = invite;
    this.#awaitsAnswer = invite.request.body === '';
    this.#offering = this.#awaitsAnswer;
    const headers: (readonly [string, string])[] = [
      ...this.#timerHeaders(invite.request),
      ['Content-Type', SDP],
      ...[...extra].map(([name, value]): [string, string] => [name, value]),
    ];
    this.#respondTo(invite, 200, headers, sdp);
  }

  /**
   * Ends it from our side, in whatever state it is.
   *
   * @param status the refusal of an INVITE that is not answered
   * @param reason value of the Reason header
   */
  end(status: number, reason?: string, extra: Iterable<readonly [string, string]> = []): void {
    const headers: [string, string][] = [...extra].map(([name, value]) => [name, value]);
    if (reason !== undefined) {
      headers.push(['Reason', reason]);
    }
    const was = this.#state;
    if (was === 'ended') {
      return;
    }
    this.#finish();
    if (was === 'called') {
      this.#invite?.respond(status, { toTag: this.#dialog.local.tag, headers });
    } else if (was === 'calling') {
      this.#cancelInvite(reason);
    } else if (was === 'up' && this.#accepted) {
      this.#byeAfterAck(this.#accepted, headers);
      return;
    } else if (was === 'up') {
      this.#bye(headers);
    }
    if (was !== 'calling') {
      this.#removeDialog();
    }
  }

  /** Before the ACK of our 2xx there may be no BYE (RFC 3261, 15). */
  #byeAfterAck(accepted: ServerTransaction, headers: readonly (readonly [string, string])[]): void {
    const unwatch = this.#agent.watchInvite(accepted, {
      cancelled: () => undefined,
      unacknowledged: () => {
        this.#farewell?.();
      },
    });
    this.#farewell = () => {
      this.#farewell = null;
      unwatch();
      this.#bye(headers);
      this.#removeDialog();
    };
  }

  /**
   * Offers anew. Settles with the peer's answer; null when it refused, or the call is over. An offer waits until the one before it is
   * settled (RFC 3261, 14.1).
   *
   * @param offer the offer, or what makes it once it is its turn; null: there is none to make any more
   */
  reoffer(offer: string | (() => Promise<string | null>)): Promise<string | null> {
    const make = (): Promise<string | null> =>
      typeof offer === 'string'
        ? this.#reoffer(offer)
        : offer().then((sdp) => (sdp === null ? null : this.#reoffer(sdp)));
    const reoffering = this.#reoffering?.then(make, make) ?? make();
    this.#reoffering = reoffering;
    const settled = (): void => {
      if (this.#reoffering === reoffering) {
        this.#reoffering = null;
      }
    };
    reoffering.then(settled, settled);
    return reoffering;
  }

  #reoffer(sdp: string): Promise<string | null> {
    if (this.#state !== 'up') {
      return Promise.resolve(null);
    }
    return new Promise((resolve) => {
      this.#reoffered = (answer) => {
        this.#reoffered = null;
        if (answer !== null) {
          this.#sdp = sdp;
        }
        resolve(answer);
      };
      this.#reinvite(sdp, 'offer');
    });
  }

  /**
   * Somebody else talks to the peer, which is told by UPDATE (RFC 3311). False where it takes none: then the next re-INVITE says it.
   * @param headers that say who (RFC 3325)
   */
  identify(headers: readonly (readonly [string, string])[]): boolean {
    this.#identity = headers;
    if (this.#state !== 'up' || !this.#peerUpdates) {
      return false;
    }
    this.#owesIdentity = true;
    this.#tellIdentity();
    return true;
  }

  /** One UPDATE at a time, and none before the peer's ACK; what came between is not told. */
  #tellIdentity(): void {
    const isFree = this.#accepted === null && !this.#isUpdating;
    if (this.#owesIdentity && isFree && this.#state === 'up') {
      this.#refresh();
    }
  }

  /** Sends a digit by INFO, when the one before it was answered: on their way two of them may change places. */
  info(digit: string): void {
    if (this.#state !== 'up' || this.#digits.length >= MAX_DIGITS) {
      return;
    }
    this.#digits.push(digit);
    if (this.#digits.length === 1) {
      this.#sendDigit();
    }
  }

  #sendDigit(): void {
    const digit = this.#digits[0];
    if (digit === undefined || this.#state !== 'up') {
      this.#digits.length = 0;
      return;
    }
    const headers = [['Content-Type', 'application/dtmf-relay']] as const;
    const lost = (): void => {
      this.#lost('the peer lost it');
    };
    const sent = this.#send('INFO', headers, `Signal=${digit}\r\nDuration=160\r\n`, lost, () => {
      this.#digits.shift();
      this.#sendDigit();
    });
    if (!sent) {
      this.#digits.length = 0;
    }
  }

  #take(transaction: ServerTransaction): void {
    this.#state = 'called';
    this.#invite = transaction;
    this.#peerUpdates = /\bUPDATE\b/.test(transaction.request.headers.all('Allow').join(','));
    transaction.respond(100);
    this.#unwatch = this.#agent.watchInvite(transaction, {
      cancelled: ({ headers }) => {
        if (this.#state !== 'called') {
          return;
        }
        transaction.respond(487, { toTag: this.#dialog.local.tag });
        this.#finish();
        this.#removeDialog();
        const reason = parseReason(headers.all('Reason'));
        this.#handlers.ended({ status: null, phrase: '', reason, headers, cancelled: true });
      },
      unacknowledged: () => {
        this.#lost('no ACK');
      },
    });
  }

  #respond(
    status: number,
    options: { readonly headers?: readonly (readonly [string, string])[]; readonly body?: string },
  ): void {
    if (this.#state !== 'called' || !this.#invite) {
      return;
    }
    this.#respondTo(this.#invite, status, options.headers ?? [], options.body ?? '');
  }

  #respondTo(
    transaction: ServerTransaction,
    status: number,
    extra: readonly (readonly [string, string])[],
    body: string,
  ): void {
    const headers: [string, string][] = [];
    for (const route of transaction.request.headers.all('Record-Route')) {
      headers.push(['Record-Route', route]);
    }
    headers.push(['Contact', this.#way.contact], ['Allow', ALLOW], ['Supported', SUPPORTED]);
    for (const [name, value] of extra) {
      headers.push([name, value]);
    }
    transaction.respond(status, { toTag: this.#dialog.local.tag, headers, body });
  }

  #offerHeaders(): [string, string][] {
    return [
      ['Contact', this.#way.contact],
      ['Allow', ALLOW],
      ['Supported', SUPPORTED],
      ...this.#identity.map(([name, value]): [string, string] => [name, value]),
      ['Content-Type', SDP],
    ];
  }

  #sendInvite(request: SipRequest): void {
    const flow = this.#way.server;
    if (!flow) {
      // In a task of its own, as every other end is.
      this.#clock.schedule(() => {
        this.#refused(503, 'Service Unavailable', new Headers());
      }, 0);
      return;
    }
    this.#agent.send(request, flow, this.#way.credentials, {
      // Sent again after it was cancelled, it would ring where nobody calls any more.
      isWanted: () => this.#state === 'calling',
      sent: (sent, transaction) => {
        this.#pending = transaction;
        this.#dialog.sentAgain(sent);
        this.#credentials = credentialsOf(sent);
      },
      response: (response) => {
        this.#response(request, response, flow);
      },
      failed: (why) => {
        const [status, phrase] =
          why === 'timeout' ? [408, 'Request Timeout'] : [503, 'Service Unavailable'];
        this.#refused(status, phrase, new Headers());
      },
    });
  }

  #response(request: SipRequest, response: SipResponse, flow: Flow): void {
    const { status, headers, body } = response;
    const tag = tagOf(headers.get('To'));
    if (status < 200) {
      if (this.#state === 'calling') {
        if (tag !== undefined && this.#dialog.remoteTag === undefined) {
          this.#dialog.learn(response);
        }
        const isOurs = tag === undefined || tag === this.#dialog.remoteTag;
        if (isOurs) {
          if (body !== '') {
            this.#early = { tag, sdp: body };
          }
          this.#handlers.progress(status, body === '' ? undefined : body, headers);
        }
      } else if (this.#wantsCancel !== null) {
        this.#sendCancel(this.#wantsCancel);
      }
      return;
    }
    if (status < 300) {
      this.#accept(response, tag, flow);
      return;
    }
    if (status === 422 && this.#state === 'calling') {
      const least = Number(headers.get('Min-SE') ?? '');
      if (Number.isInteger(least) && least > this.#seconds && least <= MAX_SESSION_SECONDS) {
        this.#seconds = least;
        this.#callAgain(request, [
          ['Session-Expires', String(least)],
          ['Min-SE', String(least)],
        ]);
        return;
      }
    }
    if (status < 400 && this.#state === 'calling') {
      const target = this.#redirectOf(headers);
      if (target !== undefined) {
        this.#callAgain(request, [], target);
        return;
      }
    }
    this.#refused(status, response.reason, headers);
  }

  /** Where a redirection leads that may be followed; each place once. */
  #redirectOf(headers: Headers): string | undefined {
    if (this.#tried.size > MAX_REDIRECTS) {
      return undefined;
    }
    const contacts = headers
      .all('Contact')
      .slice(0, MAX_CONTACTS)
      .map((value) => parseNameAddress(value))
      .filter((contact) => contact !== undefined)
      .map(({ uri, parameters }) => ({ uri, q: Number(parameters.get('q') ?? 1) }))
      .sort((a, b) => b.q - a.q);
    for (const { uri } of contacts) {
      const target = this.#handlers.redirected?.(uri) ?? null;
      if (target !== null && !this.#tried.has(target)) {
        return target;
      }
    }
    return undefined;
  }

  /** The INVITE once more, with what is said otherwise this time. */
  #callAgain(
    { headers, body }: SipRequest,
    changed: readonly (readonly [string, string])[],
    target?: string,
  ): void {
    this.#dialog.startOver(target);
    this.#tried.add(this.#dialog.target);
    const again = this.#dialog.request('INVITE', { body });
    const anew = new Headers([...again.headers, ...changed]);
    const all = new Headers(anew);
    for (const [name, value] of headers) {
      // Credentials are for the place that asked for them.
      if (!anew.has(name) && !CREDENTIALS.test(name)) {
        all.add(name, value);
      }
    }
    this.#sendInvite({ ...again, headers: all });
  }

  #accept(response: SipResponse, tag: string | undefined, flow: Flow): void {
    if (this.#ack && this.#ack.tag === tag) {
      this.#ack.flow.send(this.#ack.text);
      return;
    }
    const { number } = cseqOf(response.headers);
    if (this.#ack) {
      // Another branch of a fork answered too: it is told that nobody wants it.
      this.#dismiss(response, number);
      return;
    }
    this.#cancelGivingUp?.();
    this.#dialog.learn(response);
    const way = this.#way.flowTo(this.#dialog.nextHop) ?? flow;
    const ack = this.#dialog.request('ACK', { sequence: number, headers: this.#credentials });
    const text = this.#agent.acknowledge(ack, way);
    this.#ack = { tag, text, flow: way };
    this.#pending = null;
    if (this.#state !== 'calling') {
      // It was answered while our CANCEL was on its way (RFC 3261, 9.1).
      this.#bye([]);
      this.#removeDialog();
      return;
    }
    this.#state = 'up';
    this.#learnTimer(response.headers, true);
    // Some put their answer into a 183 only, which they may not (RFC 3261, 13.2.1): it was heard all the same.
    const early = this.#early?.tag === tag ? this.#early?.sdp : undefined;
    const sdp = response.body === '' ? (early ?? '') : response.body;
    this.#handlers.answered(sdp, response.headers);
  }

  /** ACK and BYE for a dialog that we do not keep. */
  #dismiss(response: SipResponse, sequence: number): void {
    const other = Dialog.toPeer(
      this.callId,
      { name: '', uri: '', tag: this.#dialog.local.tag },
      this.#dialog.target,
    );
    other.learn(response);
    const withOurs = (request: SipRequest): SipRequest => ({
      ...request,
      headers: new Headers(request.headers).set('From', this.#dialog.local.address),
    });
    const flow = this.#way.flowTo(other.nextHop);
    if (!flow) {
      return;
    }
    const ack = other.request('ACK', { sequence, headers: this.#credentials });
    this.#agent.acknowledge(withOurs(ack), flow);
    const bye = withOurs(other.request('BYE', { sequence: sequence + 1 }));
    this.#agent.send(bye, flow, this.#way.credentials, {
      response: () => undefined,
      failed: () => undefined,
    });
  }

  #refused(status: number, phrase: string, headers: Headers): void {
    this.#pending = null;
    this.#cancelGivingUp?.();
    const was = this.#state;
    this.#finish();
    this.#removeDialog();
    if (was === 'ended') {
      return;
    }
    const reason = parseReason(headers.all('Reason'));
    this.#handlers.ended({ status, phrase, reason, headers, cancelled: false });
  }

  #cancelInvite(reason: string | undefined): void {
    this.#wantsCancel = reason ?? '';
    // Before anything was heard nobody could match it (RFC 3261, 9.1).
    if (this.#pending?.isProceeding) {
      this.#sendCancel(this.#wantsCancel);
    }
  }

  #sendCancel(reason: string): void {
    this.#wantsCancel = null;
    const pending = this.#pending;
    if (!pending) {
      return;
    }
    this.#agent.cancel(pending, reason === '' ? undefined : reason);
    // A peer that never says 487 is not waited for longer than for any answer (RFC 3261, 9.1).
    this.#cancelGivingUp = this.#clock.schedule(() => {
      pending.dispose();
      this.#pending = null;
      this.#removeDialog();
    }, TIMEOUT);
  }

  #bye(headers: readonly (readonly [string, string])[]): void {
    this.#sendBye(this.#dialog.request('BYE', { headers }), this.#clock.monotonic() + TIMEOUT);
  }

  /** A connection that is being opened again is waited for: a BYE that is lost leaves the peer in the call. */
  #sendBye(bye: SipRequest, until: number): void {
    const later = (): void => {
      if (this.#clock.monotonic() >= until) {
        return;
      }
      this.#clock.schedule(() => {
        this.#sendBye(bye, until);
      }, T1);
    };
    const flow = this.#way.flowTo(this.#dialog.nextHop);
    if (!flow) {
      later();
      return;
    }
    this.#agent.send(bye, flow, this.#way.credentials, {
      response: () => undefined,
      failed: (why) => {
        if (why === 'flow') {
          later();
        }
      },
    });
  }

  #send(
    method: string,
    headers: readonly (readonly [string, string])[],
    body: string,
    gone = (): void => {
      this.#lost('the peer lost it');
    },
    settled = (): void => undefined,
  ): boolean {
    const flow = this.#way.flowTo(this.#dialog.nextHop);
    if (!flow) {
      return false;
    }
    this.#agent.send(this.#dialog.request(method, { headers, body }), flow, this.#way.credentials, {
      sent: (sent) => {
        this.#dialog.sentAgain(sent);
      },
      response: ({ status }) => {
        if (status === 481 || status === 408) {
          gone();
        }
        if (status >= 200) {
          settled();
        }
      },
      failed: settled,
    });
    return true;
  }

  #request(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (
      request.headers.get('From') !== undefined &&
      tagOf(request.headers.get('From')) !== this.#dialog.remoteTag
    ) {
      transaction.respond(481);
      return;
    }
    if (!this.#dialog.accepts(request)) {
      transaction.respond(500);
      return;
    }
    const unknown = unsupported(request);
    if (unknown.length > 0) {
      transaction.respond(420, { headers: [['Unsupported', unknown.join(', ')]] });
      return;
    }
    switch (request.method) {
      case 'BYE':
        transaction.respond(200);
        this.#byeReceived(request);
        return;
      case 'INVITE':
      case 'UPDATE':
        void this.#offered(transaction);
        return;
      case 'INFO':
        this.#infoReceived(transaction);
        return;
      case 'OPTIONS':
        transaction.respond(200, { headers: capabilities() });
        return;
      case 'REFER':
        this.#referred(transaction);
        return;
      case 'NOTIFY':
        transaction.respond(489);
        return;
      default:
        transaction.respond(405, { headers: [['Allow', ALLOW]] });
    }
  }

  #referred(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (this.#state !== 'up') {
      transaction.respond(481);
      return;
    }
    if (this.#referral) {
      transaction.respond(491);
      return;
    }
    const referral = new Referral(request, (headers, body) => {
      this.#send('NOTIFY', headers, body, () => undefined);
    });
    this.#referral = referral;
    const forget = (): void => {
      if (this.#referral === referral) {
        this.#referral = null;
      }
    };
    const answer = (status: number): void => {
      if (status >= 300) {
        forget();
      }
      transaction.respond(status, { headers: [['Contact', this.#way.contact]] });
      if (status < 300) {
        referral.open();
      }
    };
    let status: Soon<number>;
    try {
      status = this.#handlers.referred(request);
    } catch (error) {
      forget();
      throw error;
    }
    if (status instanceof Promise) {
      void status.then(answer);
    } else {
      answer(status);
    }
  }

  #byeReceived({ headers }: SipRequest): void {
    const was = this.#state;
    this.#invite?.respond(487, { toTag: this.#dialog.local.tag });
    this.#farewell = null;
    this.#finish();
    this.#removeDialog();
    if (was === 'ended') {
      return;
    }
    const reason = parseReason(headers.all('Reason'));
    this.#handlers.ended({ status: null, phrase: '', reason, headers, cancelled: was !== 'up' });
  }

  async #offered(transaction: ServerTransaction): Promise<void> {
    const { request } = transaction;
    const isInvite = request.method === 'INVITE';
    if (this.#state === 'ended') {
      transaction.respond(481);
      return;
    }
    // Glare (RFC 3261, 14.2; RFC 3311, 5.2): who else offers must wait, and nobody else.
    const isOffer = isInvite || request.body !== '';
    if (this.#state !== 'up' || (isOffer && (this.#pending !== null || this.#offering))) {
      const headers = [['Retry-After', String(Math.floor(Math.random() * 10))]] as const;
      if (this.#pending) {
        transaction.respond(491);
      } else {
        transaction.respond(500, { headers });
      }
      return;
    }
    if (request.body !== '' && !isSdp(request)) {
      transaction.respond(415, { headers: capabilities() });
      return;
    }
    if (isTooShort(request)) {
      transaction.respond(422, { headers: [MIN_SE] });
      return;
    }
    this.#dialog.refresh(request);
    let body = '';
    const wantsOffer = isInvite && request.body === '';
    if (request.body !== '' || wantsOffer) {
      this.#offering = true;
      const handled = wantsOffer
        ? this.#handlers.offerWanted()
        : this.#handlers.reoffered(request.body);
      const answer = await handled.catch(() => 488);
      this.#offering = false;
      if (this.#isOver()) {
        transaction.respond(487);
        return;
      }
      if (typeof answer === 'number') {
        transaction.respond(answer, { toTag: this.#dialog.local.tag });
        return;
      }
      this.#sdp = answer;
      body = answer;
    }
    if (isInvite) {
      this.#accepted = transaction;
      this.#awaitsAnswer = wantsOffer;
      this.#offering = wantsOffer;
      const unwatch = this.#agent.watchInvite(transaction, {
        cancelled: () => undefined,
        unacknowledged: () => {
          this.#lost('no ACK');
        },
      });
      this.#unwatch?.();
      this.#unwatch = unwatch;
    }
    const headers: (readonly [string, string])[] = [...this.#timerHeaders(request)];
    if (body !== '') {
      headers.push(['Content-Type', SDP]);
    }
    this.#respondTo(transaction, 200, headers, body);
    this.#handlers.refreshed?.(request.headers);
  }

  #isOver(): boolean {
    return this.#state === 'ended';
  }

  #infoReceived(transaction: ServerTransaction): void {
    const { headers, body } = transaction.request;
    const type = (headers.get('Content-Type') ?? '').split(';', 1)[0]?.trim().toLowerCase();
    if (type !== 'application/dtmf-relay' && type !== 'application/dtmf') {
      transaction.respond(body === '' ? 200 : 415, { headers: capabilities() });
      return;
    }
    const [, digit] =
      type === 'application/dtmf'
        ? (/^\s*([0-9*#A-D])\s*$/i.exec(body) ?? [])
        : (/^\s*Signal\s*=\s*([0-9*#A-D])\s*$/im.exec(body) ?? []);
    transaction.respond(digit === undefined ? 400 : 200);
    if (digit !== undefined && this.#state === 'up') {
      this.#handlers.digit(digit.toUpperCase());
    }
  }

  /** What our answer says of session timers, and starts them (RFC 4028, 9). */
  #timerHeaders(request: SipRequest): readonly (readonly [string, string])[] {
    const asked = parseSessionExpires(request.headers);
    if (!asked) {
      this.#untimed();
      return [];
    }
    const knowsTimers = supportsTimer(request);
    // Whom a proxy put the timer in front of does not refresh (RFC 4028, 9).
    const refresher = knowsTimers ? (asked.refresher ?? 'uac') : 'uas';
    this.#seconds = Math.max(asked.seconds, MIN_SESSION_SECONDS);
    this.#weRefresh = refresher === 'uas';
    this.#isTimed = true;
    this.#timer.start(this.#seconds, this.#weRefresh);
    return [
      ...(knowsTimers ? [['Require', 'timer'] as const] : []),
      ['Session-Expires', `${String(this.#seconds)};refresher=${refresher}`],
    ];
  }

  /** What the peer's answer to our request says of session timers (RFC 4028, 7.2). */
  #learnTimer(headers: Headers, weAsked: boolean): void {
    const allow = headers.all('Allow').join(',');
    if (allow !== '') {
      this.#peerUpdates = /\bUPDATE\b/.test(allow);
    }
    const agreed = parseSessionExpires(headers);
    if (!agreed) {
      this.#untimed();
      return;
    }
    this.#seconds = Math.max(agreed.seconds, MIN_SESSION_SECONDS);
    this.#isTimed = true;
    this.#weRefresh = weAsked && agreed.refresher !== 'uas';
    this.#timer.start(this.#seconds, this.#weRefresh);
  }

  /** Of a request that refreshes the session: who refreshes it goes on to. */
  #sessionExpires(): readonly [string, string][] {
    if (!this.#isTimed) {
      return [];
    }
    if (this.#weRefresh) {
      // It expires by itself when this does not get through.
      this.#timer.start(this.#seconds, false);
    }
    const refresher = this.#weRefresh ? 'uac' : 'uas';
    return [['Session-Expires', `${String(this.#seconds)};refresher=${refresher}`]];
  }

  /** The peer wants no session timer, at first or any more: the session does not expire. */
  #untimed(): void {
    this.#isTimed = false;
    this.#timer.stop();
  }

  #refresh(tries = 0): void {
    this.#owesIdentity = false;
    if (!this.#peerUpdates) {
      this.#reinvite(this.#sdp, 'refresh');
      return;
    }
    const later = (so: number): void => {
      this.#retry('refresh', () => {
        this.#refresh(so);
      });
    };
    const again = (): void => {
      if (tries < MAX_RETRIES) {
        later(tries + 1);
      }
    };
    // What waits to be sent again would say the same.
    this.#retries.get('refresh')?.();
    this.#retries.delete('refresh');
    const flow = this.#way.flowTo(this.#dialog.nextHop);
    if (!flow) {
      // Until there is a connection again, or the session expires.
      later(tries);
      return;
    }
    const headers: [string, string][] = [
      ['Contact', this.#way.contact],
      ['Supported', SUPPORTED],
      ...this.#identity.map(([name, value]): [string, string] => [name, value]),
      ...this.#sessionExpires(),
    ];
    this.#isUpdating = true;
    this.#agent.send(this.#dialog.request('UPDATE', { headers }), flow, this.#way.credentials, {
      sent: (sent) => {
        this.#dialog.sentAgain(sent);
      },
      response: (response) => {
        if (response.status < 200) {
          return;
        }
        this.#isUpdating = false;
        if (this.#state === 'up') {
          this.#updated(response, again);
        }
      },
      failed: (why) => {
        this.#isUpdating = false;
        if (why === 'flow' && this.#state === 'up') {
          again();
        }
      },
    });
  }

  /** The answer to our UPDATE. */
  #updated({ status, headers }: SipResponse, again: () => void): void {
    if (status < 300) {
      this.#learnTimer(headers, true);
    } else if (status === 481 || status === 408) {
      this.#lost('the peer lost it');
    } else if (status === 405 || status === 501) {
      this.#peerUpdates = false;
      this.#refresh();
    } else if (isBusy(status)) {
      again();
    } else if (!this.#owesIdentity && this.#forgetIdentity()) {
      this.#refresh();
    }
    this.#tellIdentity();
  }

  /** A peer that refuses to be told who talks to it keeps its session. False: it was not told. */
  #forgetIdentity(): boolean {
    const was = this.#identity;
    this.#identity = [];
    return was.length > 0;
  }

  /** @param why to refresh the session with what was agreed on, or to offer something else */
  #reinvite(sdp: string, why: 'refresh' | 'offer', tries = 0): void {
    const settle = (answer: string | null): void => {
      if (why === 'offer') {
        this.#reoffered?.(answer);
      }
    };
    const again = (): void => {
      if (tries >= MAX_RETRIES || this.#state !== 'up') {
        settle(null);
        return;
      }
      this.#retry(why, () => {
        this.#reinvite(sdp, why, tries + 1);
      });
    };
    const flow = this.#way.flowTo(this.#dialog.nextHop);
    if (!flow && why === 'refresh') {
      this.#retry(why, () => {
        this.#reinvite(sdp, why, tries);
      });
      return;
    }
    // Not while another INVITE is under way, in either direction (RFC 3261, 14.1).
    if (!flow || this.#pending || this.#offering || this.#accepted) {
      again();
      return;
    }
    const headers = [...this.#offerHeaders(), ...this.#sessionExpires()];
    let ack: string | null = null;
    let credentials: readonly (readonly [string, string])[] = [];
    const invite = this.#dialog.request('INVITE', { headers, body: sdp });
    this.#agent.send(invite, flow, this.#way.credentials, {
      sent: (sent, transaction) => {
        this.#pending = transaction;
        this.#dialog.sentAgain(sent);
        credentials = credentialsOf(sent);
      },
      response: (response) => {
        const { status } = response;
        if (status < 200) {
          return;
        }
        this.#pending = null;
        if (status >= 300) {
          if (status === 481 || status === 408) {
            this.#lost('the peer lost it');
          } else if (isBusy(status)) {
            again();
          } else if (!isOfDescription(status) && this.#forgetIdentity()) {
            this.#reinvite(sdp, why, tries + 1);
          } else {
            settle(null);
          }
          return;
        }
        if (ack !== null) {
          flow.send(ack);
          return;
        }
        this.#dialog.refresh(response);
        const { number } = cseqOf(response.headers);
        const request = this.#dialog.request('ACK', { sequence: number, headers: credentials });
        ack = this.#agent.acknowledge(request, flow);
        if (this.#state === 'up') {
          this.#learnTimer(response.headers, true);
        }
        settle(response.body === '' ? null : response.body);
      },
      failed: (why) => {
        this.#pending = null;
        if (why === 'flow') {
          // The connection closed and not the call: the next connection takes the request.
          again();
        } else {
          this.#lost('no answer');
        }
      },
    });
  }

  /** After glare: a random wait, so that not both come back at once (RFC 3261, 14.1). */
  #retry(why: 'refresh' | 'offer', work: () => void): void {
    this.#retries.get(why)?.();
    const cancel = this.#clock.schedule(
      () => {
        this.#retries.delete(why);
        if (this.#state === 'up') {
          work();
        }
      },
      this.#weCalled ? 2_100 + Math.random() * 1_900 : Math.random() * 2_000,
    );
    this.#retries.set(why, cancel);
  }

  /** The peer has gone without a word. */
  #lost(text: string): void {
    if (this.#state !== 'up') {
      return;
    }
    this.#finish();
    this.#bye([]);
    this.#removeDialog();
    this.#handlers.ended({
      status: null,
      phrase: text,
      reason: { q850: 102, sip: undefined, text },
      headers: new Headers(),
      cancelled: false,
    });
  }

  #finish(): void {
    this.#state = 'ended';
    this.#timer.stop();
    for (const cancel of this.#retries.values()) {
      cancel();
    }
    this.#retries.clear();
    this.#reoffered?.(null);
    this.#unwatch?.();
    this.#unwatch = null;
  }
}

/** How often a re-INVITE or UPDATE that met the peer's is sent again. */
const MAX_RETRIES = 3;
const MIN_SE = ['Min-SE', String(MIN_SESSION_SECONDS)] as const;

/** It would expire sooner than we let sessions. */
function isTooShort(request: SipRequest): boolean {
  const seconds = parseSessionExpires(request.headers)?.seconds ?? MIN_SESSION_SECONDS;
  // Who does not know of timers knows no 422 either.
  return seconds < MIN_SESSION_SECONDS && supportsTimer(request);
}

function supportsTimer({ headers }: SipRequest): boolean {
  const tags = [...headers.all('Supported'), ...headers.all('Require')].join(',');
  return /(?:^|,)\s*timer\s*(?:,|$)/i.test(tags);
}

/** What an ACK has of its INVITE: nobody may challenge an ACK (RFC 3261, 22.1). */
function credentialsOf({ headers }: SipRequest): readonly (readonly [string, string])[] {
  return [...headers].filter(([name]) => CREDENTIALS.test(name));
}

/** The peer has an offer of its own under way: it comes to an end by itself. */
function isBusy(status: number): boolean {
  return status === 491 || status === 500;
}

/** Our description is refused, whatever else the request says. */
function isOfDescription(status: number): boolean {
  return status === 415 || status === 488 || status === 606;
}

export function newTag(): string {
  return randomBytes(8).toString('hex');
}
