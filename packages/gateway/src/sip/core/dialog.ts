import { formatNameAddress, parseNameAddress, parseUri, tagOf } from './address.ts';
import { Headers } from './headers.ts';
import { cseqOf, type SipRequest, type SipResponse } from './message.ts';

export interface LocalEnd {
  /** The value of our From or To, with its tag. */
  readonly address: string;
  readonly tag: string;
}

/**
 * The state of a dialog (RFC 3261, 12): who is at both ends, by which way requests go, and their numbers. A dialog that we begin has
 * no remote tag before the first answer.
 */
export class Dialog {
  readonly callId: string;
  readonly local: LocalEnd;
  #remote: string;
  #target: string;
  /** Whom we called. */
  #to = '';
  #ownRoutes: readonly string[] = [];
  #routes: readonly string[] = [];
  #localSequence: number;
  #remoteSequence: number | null = null;

  private constructor(
    callId: string,
    local: LocalEnd,
    remote: string,
    target: string,
    sequence: number,
  ) {
    this.callId = callId;
    this.local = local;
    this.#remote = remote;
    this.#target = target;
    this.#localSequence = sequence;
  }

  /** We call. `target`: where requests go until the peer names a Contact. */
  static toPeer(
    callId: string,
    from: { readonly name: string; readonly uri: string; readonly tag: string },
    to: string,
    routes: readonly string[] = [],
    target = to,
  ): Dialog {
    const address = `${formatNameAddress(from.name, from.uri)};tag=${from.tag}`;
    const dialog = new Dialog(
      callId,
      { address, tag: from.tag },
      `<${to}>`,
      target,
      1 + Math.floor(Math.random() * 10_000),
    );
    dialog.#to = to;
    dialog.#ownRoutes = routes;
    dialog.#routes = routes;
    return dialog;
  }

  /** We are called. Null when the request lacks what a dialog needs. */
  static fromPeer(invite: SipRequest, tag: string): Dialog | null {
    const { headers } = invite;
    const contact = parseNameAddress(headers.get('Contact') ?? '')?.uri;
    const [from, to, callId] = [headers.get('From'), headers.get('To'), headers.get('Call-ID')];
    if (!contact || !parseUri(contact) || !from || !to || !callId || tagOf(from) === undefined) {
      return null;
    }
    const local = { address: `${to};tag=${tag}`, tag };
    const dialog = new Dialog(callId, local, from, contact, Math.floor(Math.random() * 10_000));
    dialog.#routes = headers.all('Record-Route');
    dialog.#remoteSequence = cseqOf(headers).number;
    return dialog;
  }

  /** The value of the peer's To or From, with its tag once there is one. */
  get remote(): string {
    return this.#remote;
  }

  /** Where requests go: the peer's Contact. */
  get target(): string {
    return this.#target;
  }

  get remoteTag(): string | undefined {
    return tagOf(this.#remote);
  }

  /** The first hop of a request: a route, else the target. */
  get nextHop(): string {
    const route = this.#routes[0];
    return (route === undefined ? undefined : parseNameAddress(route)?.uri) ?? this.#target;
  }

  /** Takes what a response to our INVITE says of the peer. */
  learn(response: SipResponse): void {
    this.#remote = response.headers.get('To') ?? this.#remote;
    this.#routes = [...response.headers.all('Record-Route')].reverse();
    this.refresh(response);
  }

  /** A target refresh (RFC 3261, 12.2). */
  refresh({ headers }: Pick<SipRequest, 'headers'>): void {
    const contact = parseNameAddress(headers.get('Contact') ?? '')?.uri;
    if (contact !== undefined && parseUri(contact)) {
      this.#target = contact;
    }
  }

  /** False for a request that came too late (RFC 3261, 12.2.2). */
  accepts(request: SipRequest): boolean {
    const { number } = cseqOf(request.headers);
    if (this.#remoteSequence !== null && number <= this.#remoteSequence) {
      return false;
    }
    this.#remoteSequence = number;
    return true;
  }

  /** The INVITE is sent anew, and no peer is known: what one said of itself before counts no more. */
  startOver(target = this.#to): void {
    this.#remote = `<${this.#to}>`;
    this.#target = target;
    this.#routes = this.#ownRoutes;
  }

  /** A request in the dialog. `sequence`: of the INVITE that an ACK is for. */
  request(
    method: string,
    options: {
      readonly headers?: Iterable<readonly [string, string]>;
      readonly body?: string;
      readonly sequence?: number;
    } = {},
  ): SipRequest {
    const number = options.sequence ?? ++this.#localSequence;
    const headers = new Headers();
    const strict = this.#strictRouter;
    for (const route of strict === null ? this.#routes : this.#routes.slice(1)) {
      headers.add('Route', route);
    }
    if (strict !== null) {
      headers.add('Route', `<${this.#target}>`);
    }
    headers.add('Max-Forwards', '70');
    headers.add('From', this.local.address);
    headers.add('To', this.#remote);
    headers.add('Call-ID', this.callId);
    headers.add('CSeq', `${String(number)} ${method}`);
    for (const [name, value] of options.headers ?? []) {
      headers.add(name, value);
    }
    return {
      kind: 'request',
      method,
      uri: strict ?? this.#target,
      headers,
      body: options.body ?? '',
    };
  }

  /** The URI of a first hop that routes as RFC 2543 did: it stands in the Request-URI, and the target last (RFC 3261, 12.2.1.1). */
  get #strictRouter(): string | null {
    const uri = parseNameAddress(this.#routes[0] ?? '')?.uri;
    const parsed = uri === undefined ? undefined : parseUri(uri);
    return uri === undefined || !parsed || parsed.parameters.has('lr') ? null : uri;
  }

  /** The number of the request that was sent last, after one was sent again with credentials. */
  sentAgain(request: SipRequest): void {
    this.#localSequence = Math.max(this.#localSequence, cseqOf(request.headers).number);
  }
}
