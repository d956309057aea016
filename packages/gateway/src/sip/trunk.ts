import { randomUUID } from 'node:crypto';
import type { TrunkHealth } from '@offhook/protocol';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { bracket, formatUri, parseNameAddress, parseUri, parseVia } from './core/address.ts';
import type { Credentials } from './core/digest.ts';
import type { Endpoint, Flow, SipProtocol } from './core/flow.ts';
import { Headers } from './core/headers.ts';
import { newTag, type SessionWay } from './core/invite-session.ts';
import type { SipRequest, SipResponse } from './core/message.ts';
import { TIMEOUT } from './core/timers.ts';
import type { UserAgent } from './core/user-agent.ts';
import type { SipNetwork } from './net/network.ts';
import { parseServer, resolveServer, type Resolver } from './net/resolve.ts';
import type { SipEnd, StandIns } from './sip-end.ts';
import type { TrunkConfig } from './trunk-schema.ts';

/** What is known of a trunk, but for its calls. */
export type TrunkState = Omit<TrunkHealth, 'calls'>;

export interface TrunkDeps {
  readonly network: SipNetwork;
  readonly agent: UserAgent;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly resolver: Resolver;
  /** What the other side is told to reach us at, where our own address is not it. */
  readonly publicAddress: string | undefined;
}

/** One address of one of the servers. */
interface Place extends Endpoint {
  /** The server's name in the configuration, which its certificate must have. */
  readonly name: string;
}

const PROTOCOL = { udp: 'UDP', tcp: 'TCP', tls: 'TLS', ws: 'WS', wss: 'WSS' } as const;
const MIN_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** A server may ask to be left alone for this long at most: a trunk that is away for a day by one header helps nobody. */
const MAX_REST_MS = 300_000;
/** Names are looked up again after this long. */
const RESOLVE_MS = 60_000;
/** Seconds; a registrar that wants longer ones is taken for a broken one. */
const MAX_EXPIRES = 86_400;

/**
 * One way into the telephone network: its servers, of which one is in use; the flow there; our registration and the pings that say
 * whether it lives. It begins again after each failure, with the next server.
 */
export class Trunk implements StandIns {
  readonly config: TrunkConfig;
  readonly #deps: TrunkDeps;
  readonly #callId = randomUUID();
  readonly #tag = newTag();
  #sequence = 0;
  #places: readonly Place[] = [];
  #place = 0;
  #resolvedAt: number | null = null;
  #flow: Flow | null = null;
  /** Where the other side sees us, when it says so (RFC 3581). */
  #seenAt: Endpoint | null = null;
  #state: 'starting' | 'up' | 'down' = 'starting';
  #registered = false;
  /** When the registration is to be renewed, by the clock that never jumps. */
  #renewAt = 0;
  /** Seconds that registrations ask for. */
  #expires: number;
  /** A Contact of ours that the registrar still knows, and that leads nowhere. */
  #oldContact: string | null = null;
  /** The last registration was for a Contact that had changed: the next change waits. */
  #movedBefore = false;
  #reason: string | null = null;
  /** When the state became what it is, in epoch milliseconds. */
  #since: number;
  /** From the last REGISTER or OPTIONS to its answer, the way through a challenge included. */
  #rttMs: number | null = null;
  #failures = 0;
  /** Grows with each failure: what was sent before it says nothing of the server that is in use now. */
  #generation = 0;
  /** Servers that want to be left alone, and until when. */
  readonly #resting = new Map<string, number>();
  readonly #onUp = new Set<() => void>();
  /** Connections that are not used any more, until what was begun on them is over. */
  readonly #left = new Map<Flow, () => void>();
  #cancelNext: (() => void) | null = null;
  #closed = false;

  constructor(config: TrunkConfig, deps: TrunkDeps) {
    this.config = config;
    this.#expires = config.expiresSeconds;
    this.#deps = deps;
    this.#since = deps.clock.now();
  }

  get state(): TrunkState {
    const place = this.#places[this.#place];
    return {
      name: this.config.name,
      state: this.#state,
      server: place === undefined ? null : placeName(place),
      registered: this.#registered,
      reason: this.#reason,
      callsAtOnce: this.config.callsAtOnce,
      since: this.#since,
      rttMs: this.#rttMs,
    };
  }

  get isUp(): boolean {
    return this.#state === 'up' && this.#flow !== null && !this.#flow.isClosed;
  }

  /** The server in use; null before the first. */
  get place(): Endpoint | null {
    return this.#places[this.#place] ?? null;
  }

  /** Calls back once, in a task of its own at the earliest, when the trunk is up. Returns its undo. */
  onceUp(listener: () => void): () => void {
    if (this.isUp) {
      return this.#deps.clock.schedule(listener, 0);
    }
    this.#onUp.add(listener);
    return () => {
      this.#onUp.delete(listener);
    };
  }

  /** As calls by it see it. */
  get end(): SipEnd {
    const { name, callsAtOnce, codecs, srtp, latch, dtmf, media } = this.config;
    return {
      kind: 'trunk',
      user: `trunk:${name}`,
      displayName: name,
      address: this.state.server ?? '',
      callsAtOnce,
      codecs,
      rtp: {
        localAddress: this.localAddress,
        publicAddress: this.mediaAddress,
        srtp,
        latch,
        events: dtmf === 'rfc4733',
      },
      isWebRtc: media === 'webrtc',
      standIns: this,
    };
  }

  get hasSpare(): boolean {
    return this.#places.length > 1;
  }

  get domain(): string {
    return this.config.domain ?? parseServer(this.config.servers[0] ?? '')?.host ?? '';
  }

  /** Our address on the way to the trunk. */
  get localAddress(): string {
    return this.#flow?.local.address ?? '127.0.0.1';
  }

  /** The address to name for media: the public one, unless the trunk is in our own network. */
  get mediaAddress(): string | undefined {
    const place = this.#places[this.#place];
    return place && isPrivate(place.address) ? undefined : this.#deps.publicAddress;
  }

  get way(): SessionWay {
    return {
      credentials: this.#credentials,
      contact: this.#contact,
      server: this.#flow?.isClosed === false ? this.#flow : null,
      flowTo: (uri) => this.#flowTo(uri),
    };
  }

  /** Whether what comes from there is the trunk's. */
  owns(address: string): boolean {
    return (
      this.config.addresses.includes(address) ||
      this.#flow?.remote.address === address ||
      [...this.#left.keys()].some(({ remote }) => remote.address === address) ||
      this.#places.some((place) => place.address === address)
    );
  }

  /** Begins to register or to ping, after a wait that spreads many trunks over a second. */
  start(): void {
    this.#next(Math.random() * 1_000);
  }

  /** Settles when the registration is taken back, or after a second. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelNext?.();
    this.#onUp.clear();
    for (const cancel of this.#left.values()) {
      cancel();
    }
    const flow = this.#flow;
    if (!this.#registered || !flow || flow.isClosed) {
      return;
    }
    await new Promise<void>((resolve) => {
      const cancel = this.#deps.clock.schedule(resolve, 1_000);
      const done = (): void => {
        cancel();
        resolve();
      };
      this.#deps.agent.send(this.#registerRequest(0), flow, this.#credentials, {
        response: ({ status }) => {
          if (status >= 200) {
            done();
          }
        },
        failed: done,
      });
    });
  }

  /** A connection is gone. */
  flowClosed(flow: Flow): void {
    this.#left.get(flow)?.();
    this.#left.delete(flow);
    if (this.#flow !== flow || this.#closed) {
      return;
    }
    this.#flow = null;
    this.#failed('the connection was closed', false);
  }

  /** A server does not do its work. Says nothing where another is in use already. */
  failover(place: Endpoint, why: string): void {
    const current = this.place;
    if (current && sameEndpoint(current, place)) {
      this.#failed(why, true);
    }
  }

  /** A server says for how long nothing more should be sent to it (RFC 3261, 21.5.4). */
  rest(place: Endpoint, retryAfter: string | undefined): void {
    const ms = restMs(retryAfter);
    const current = this.place;
    if (ms === 0 || !current || !sameEndpoint(current, place)) {
      return;
    }
    this.#failed(`overloaded, Retry-After ${String(ms / 1000)} s`, true, ms);
  }

  get #credentials(): Credentials | undefined {
    const { username, password } = this.config;
    return username === undefined || password === undefined ? undefined : { username, password };
  }

  get #streams(): boolean {
    return this.config.largeRequests === 'tcp';
  }

  get #contact(): string {
    const { transport, username } = this.config;
    const { address, port } = this.#seenAt ?? {
      address: this.mediaAddress ?? this.#flow?.local.address ?? '127.0.0.1',
      port: this.#deps.network.port,
    };
    const parameters =
      transport === 'udp' ? '' : `;transport=${transport === 'wss' ? 'ws' : transport}`;
    return `<${formatUri(username ?? 'offhook', address, port, parameters)}>`;
  }

  /** Of a dialog's requests: streams stay on the connection (RFC 5923), datagrams go where the route says. */
  #flowTo(uri: string): Flow | null {
    const flow = this.#flow;
    if (!flow || flow.isClosed) {
      return null;
    }
    if (flow.isReliable) {
      return flow;
    }
    const hop = parseUri(uri);
    if (!hop || !/^[\d.]+$|:/.test(hop.host)) {
      return flow;
    }
    // A peer behind a NAT names an address that leads nowhere; the server it came by knows the way.
    if (isPrivate(hop.host) && !isPrivate(flow.remote.address)) {
      return flow;
    }
    const there = { address: hop.host, port: hop.port ?? 5060 };
    return this.#deps.network.datagrams(there, flow.local, this.#streams);
  }

  #next(ms: number): void {
    this.#cancelNext?.();
    if (this.#closed) {
      return;
    }
    this.#cancelNext = this.#deps.clock.schedule(() => {
      void this.#work();
    }, ms);
  }

  async #work(): Promise<void> {
    const generation = this.#generation;
    try {
      await this.#connect(generation);
      if (this.#closed || generation !== this.#generation) {
        return;
      }
      const isDue = this.#deps.clock.monotonic() >= this.#renewAt;
      if (this.config.register && isDue) {
        this.#register();
      } else {
        this.#ping();
      }
    } catch (error) {
      if (generation !== this.#generation) {
        return;
      }
      this.#failed(error instanceof Error ? error.message : String(error), true);
    }
  }

  async #connect(generation: number): Promise<void> {
    const { clock, network } = this.#deps;
    const now = clock.monotonic();
    if (this.#resolvedAt === null || now - this.#resolvedAt > RESOLVE_MS) {
      const lists = await Promise.allSettled(
        this.config.servers.map(async (text) => {
          const server = parseServer(text);
          if (!server) {
            return [];
          }
          const found = await resolveServer(server, this.config.transport, this.#deps.resolver);
          return found.map((place): Place => ({ ...place, name: server.host }));
        }),
      );
      const places = lists
        .flatMap((list) => (list.status === 'fulfilled' ? list.value : []))
        .filter(({ address }) => this.config.transport !== 'udp' || network.reaches(address));
      // A resolver that is away for a moment takes no working server from us.
      if (places.length > 0) {
        const current = this.#places[this.#place];
        this.#places = places;
        const at = places.findIndex(
          ({ address, port }) => address === current?.address && port === current.port,
        );
        this.#place = Math.max(0, at);
        this.#resolvedAt = now;
      }
    }
    const place = this.#places[this.#place];
    if (!place) {
      throw new Error('the name of no server leads anywhere');
    }
    const old = this.#flow;
    if (old && !old.isClosed && sameEndpoint(old.remote, place)) {
      return;
    }
    const protocol: SipProtocol = PROTOCOL[this.config.transport];
    if (protocol === 'UDP') {
      const address = await network.localAddress(place.address);
      if (generation !== this.#generation) {
        return;
      }
      this.#flow = network.datagrams(place, { address, port: network.port }, this.#streams);
    } else {
      const { path, ca } = this.config;
      const flow = await network.connect(protocol, place, { name: place.name, path, ca });
      if (this.#closed || generation !== this.#generation) {
        flow.close();
      } else {
        this.#flow = flow;
      }
    }
  }

  #register(): void {
    const flow = this.#flow;
    if (!flow) {
      return;
    }
    const request = this.#registerRequest(this.#expires);
    const contact = this.#contact;
    const generation = this.#generation;
    const answered = this.#timed();
    this.#deps.agent.send(request, flow, this.#credentials, {
      response: (response) => {
        if (response.status < 200 || generation !== this.#generation) {
          return;
        }
        answered();
        this.#learn(response);
        const least = Number(response.headers.get('Min-Expires') ?? '');
        if (response.status === 423 && least > this.#expires && least <= MAX_EXPIRES) {
          this.#expires = Math.ceil(least);
          this.#register();
          return;
        }
        if (response.status >= 300) {
          this.#refused(response);
          return;
        }
        this.#registered = true;
        this.#oldContact = null;
        const seconds = expiresOf(response, contact, this.#expires);
        const half = seconds * (0.4 + 0.2 * Math.random());
        this.#renewAt = this.#deps.clock.monotonic() + 1000 * half;
        this.#works();
        this.#moved(contact);
        this.#nextDue();
      },
      failed: (why) => {
        if (generation !== this.#generation) {
          return;
        }
        this.#failed(
          why === 'timeout' ? 'no answer to REGISTER' : 'the connection was closed',
          true,
        );
      },
    });
  }

  /** Seen from elsewhere than we said: says it again, so that calls find us; at once only when it did not move just before. */
  #moved(contact: string): void {
    const moved = contact !== this.#contact;
    if (moved) {
      this.#oldContact = contact;
      const wait = this.#movedBefore ? 1000 * this.config.pingSeconds : 0;
      this.#renewAt = Math.min(this.#renewAt, this.#deps.clock.monotonic() + wait);
    }
    this.#movedBefore = moved;
  }

  /** The next ping, or the registration where that is due before. */
  #nextDue(): void {
    const ping = 1000 * this.config.pingSeconds;
    const left = this.config.register ? this.#renewAt - this.#deps.clock.monotonic() : ping;
    this.#next(Math.max(0, Math.min(ping, left)));
  }

  #registerRequest(expires: number): SipRequest {
    const { username = '' } = this.config;
    const own = `<${formatUri(username, this.domain)}>`;
    const headers = new Headers([
      ['Max-Forwards', '70'],
      ['From', `${own};tag=${this.#tag}`],
      ['To', own],
      ['Call-ID', this.#callId],
      ['CSeq', `${String((this.#sequence += 10))} REGISTER`],
      ['Contact', this.#contact],
      ['Expires', String(expires)],
    ]);
    // What it knows by the Contact that we have again is right.
    if (this.#oldContact !== null && this.#oldContact !== this.#contact) {
      headers.add('Contact', `${this.#oldContact};expires=0`);
    }
    return {
      kind: 'request',
      method: 'REGISTER',
      uri: `sip:${bracket(this.domain)}`,
      headers,
      body: '',
    };
  }

  /** OPTIONS: any answer says that somebody is there. */
  #ping(): void {
    const flow = this.#flow;
    if (!flow) {
      return;
    }
    const own = `<${formatUri(this.config.username ?? 'offhook', this.domain)}>`;
    const uri = `sip:${bracket(this.domain)}`;
    const headers = new Headers([
      ['Max-Forwards', '70'],
      ['From', `${own};tag=${newTag()}`],
      ['To', `<${uri}>`],
      ['Call-ID', randomUUID()],
      ['CSeq', '1 OPTIONS'],
      ['Contact', this.#contact],
      ['Accept', 'application/sdp'],
    ]);
    const request = { kind: 'request', method: 'OPTIONS', uri, headers, body: '' } as const;
    const generation = this.#generation;
    const contact = this.#contact;
    const answered = this.#timed();
    this.#deps.agent.send(request, flow, this.#credentials, {
      response: (response) => {
        if (response.status < 200 || generation !== this.#generation) {
          return;
        }
        answered();
        this.#learn(response);
        if (response.status === 503) {
          this.#refused(response);
          return;
        }
        this.#works();
        if (this.config.register && contact !== this.#contact) {
          this.#moved(contact);
        }
        this.#nextDue();
      },
      failed: (why) => {
        if (generation !== this.#generation) {
          return;
        }
        this.#failed(
          why === 'timeout' ? 'no answer to OPTIONS' : 'the connection was closed',
          true,
        );
      },
    });
  }

  /** A request goes out. Returns what to call at its answer. */
  #timed(): () => void {
    const { clock } = this.#deps;
    const from = clock.monotonic();
    return () => {
      this.#rttMs = clock.monotonic() - from;
    };
  }

  /** Where the response was sent to is where we are seen. Only where that is elsewhere than where we are. */
  #learn(response: SipResponse): void {
    const via = parseVia(response.headers.get('Via') ?? '');
    const flow = this.#flow;
    if (!via || !flow || flow.isReliable) {
      return;
    }
    const address = via.parameters.get('received') ?? via.host;
    const rport = Number(via.parameters.get('rport') ?? '');
    const port = rport > 0 ? rport : (via.port ?? 5060);
    const isOurs = address === flow.local.address && port === this.#deps.network.port;
    this.#seenAt = isOurs ? null : { address, port };
  }

  #refused(response: SipResponse): void {
    const { status, reason, headers } = response;
    const challenge = headers.get(status === 407 ? 'Proxy-Authenticate' : 'WWW-Authenticate') ?? '';
    const realm = /realm="([^"]{0,128})"/i.exec(challenge)?.[1];
    const denied = status === 401 || status === 403 || status === 407;
    const words = denied
      ? `wrong credentials (${String(status)}${realm === undefined ? '' : `, realm ${realm}`})`
      : `refused with ${String(status)} ${reason}`;
    this.#failed(words, !denied, restMs(headers.get('Retry-After')));
  }

  #works(): void {
    this.#failures = 0;
    this.#reason = null;
    if (this.#state === 'up') {
      return;
    }
    this.#state = 'up';
    this.#since = this.#deps.clock.now();
    this.#deps.logger.info({ trunk: this.config.name, server: this.state.server }, 'trunk is up');
    const waiting = [...this.#onUp];
    this.#onUp.clear();
    for (const listener of waiting) {
      listener();
    }
  }

  /** @param restMs for how long this server wants to be left alone */
  #failed(why: string, elsewhere: boolean, restMs = 0): void {
    if (this.#closed) {
      return;
    }
    this.#generation += 1;
    if (elsewhere) {
      this.#leave();
    }
    const wasUp = this.#state !== 'down' || this.#reason !== why;
    if (this.#state !== 'down') {
      this.#since = this.#deps.clock.now();
    }
    this.#state = 'down';
    this.#rttMs = null;
    this.#registered = false;
    this.#renewAt = 0;
    this.#reason = why;
    if (wasUp) {
      const { server } = this.state;
      this.#deps.logger.warn({ trunk: this.config.name, server, why }, 'trunk is down');
    }
    const tried = this.#failures++;
    const now = this.#deps.clock.monotonic();
    const left = this.#places[this.#place];
    if (left && restMs > 0) {
      this.#resting.set(placeName(left), now + restMs);
    }
    if (elsewhere && this.#places.length > 1) {
      this.#place = this.#nextPlace(now);
      this.#seenAt = null;
      this.#oldContact = null;
      // Each of them once before the first wait.
      if (tried + 1 < this.#places.length) {
        this.#next(0);
        return;
      }
    }
    const wait = Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** Math.min(tried, 10));
    const next = this.#places[this.#place];
    const rests = (next ? (this.#resting.get(placeName(next)) ?? now) : now) - now;
    this.#next(Math.max(wait * (0.5 + Math.random() / 2), rests * (1 + Math.random() / 10)));
  }

  /** The next one that does not want to be left alone; where all do, the one that is ready first. */
  #nextPlace(now: number): number {
    const names = new Set(this.#places.map(placeName));
    for (const [name, until] of this.#resting) {
      if (until <= now || !names.has(name)) {
        this.#resting.delete(name);
      }
    }
    const others = this.#places.map((_, step) => (this.#place + 1 + step) % this.#places.length);
    const until = (at: number): number => {
      const place = this.#places[at];
      return place ? (this.#resting.get(placeName(place)) ?? 0) : 0;
    };
    return others.reduce((best, at) => (until(at) < until(best) ? at : best));
  }

  /** Another connection will be opened. This one stays until the requests on it are over, so that no call is cut. */
  #leave(): void {
    const flow = this.#flow;
    if (!flow?.isReliable) {
      return;
    }
    this.#flow = null;
    if (flow.isClosed) {
      return;
    }
    const cancel = this.#deps.clock.schedule(() => {
      this.#left.delete(flow);
      flow.close();
    }, TIMEOUT);
    this.#left.set(flow, cancel);
  }
}

function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}

function placeName({ address, port }: Endpoint): string {
  return `${bracket(address)}:${String(port)}`;
}

/** Milliseconds that Retry-After asks for (RFC 3261, 20.33); 0: it asks for none. */
function restMs(retryAfter: string | undefined): number {
  const seconds = /^\s*(\d{1,9})\b/.exec(retryAfter ?? '')?.[1];
  return seconds === undefined ? 0 : Math.min(MAX_REST_MS, Number(seconds) * 1000);
}

/** What the registrar granted: for our Contact (it may list others of the same user), or at all. */
function expiresOf(response: SipResponse, contact: string, asked: number): number {
  const own = placeOf(contact);
  const granted = response.headers
    .all('Contact')
    .filter((value) => placeOf(value) === own)
    .map((value) => Number(parseNameAddress(value)?.parameters.get('expires') ?? ''))
    .filter((seconds) => seconds > 0);
  const whole = Number(response.headers.get('Expires') ?? '');
  return Math.max(20, Math.min(asked, ...granted, whole > 0 ? whole : asked));
}

/** What tells one Contact of a user from another. */
function placeOf(contact: string): string {
  const uri = parseUri(parseNameAddress(contact)?.uri ?? '');
  return uri ? `${uri.user}@${uri.host}:${String(uri.port ?? 5060)}` : '';
}

/** RFC 1918, 3927, 4193, 5735. */
export function isPrivate(address: string): boolean {
  return (
    /^(10\.|127\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address) ||
    address === '::1' ||
    /^f[cd]|^fe80:/i.test(address)
  );
}
