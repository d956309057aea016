import type { Logger } from 'pino';
import { loginOf, type Device } from '../../auth/devices.ts';
import type { Clock } from '../../clock.ts';
import type { Guard } from '../../guard.ts';
import { PlacesByAddress } from '../../limits/places-by-address.ts';
import { formatUri, parseNameAddress, parseUri, tagOf } from '../core/address.ts';
import type { Flow } from '../core/flow.ts';
import { capabilities, newTag, unsupported, type SessionWay } from '../core/invite-session.ts';
import {
  makeResponse,
  serializeMessage,
  type SipMessage,
  type SipRequest,
} from '../core/message.ts';
import type { ServerTransaction } from '../core/server-transaction.ts';
import type { UserAgent } from '../core/user-agent.ts';
import type { SipNetwork } from '../net/network.ts';
import type { SipEnd } from '../sip-end.ts';
import type { SipParty } from '../sip-party.ts';
import { isPrivate } from '../trunk.ts';
import type { DevicesConfig } from '../trunk-schema.ts';
import { ENDINGS } from '../../calls/hangup.ts';
import type { DeviceAccounts, GuessLimits } from './accounts.ts';
import { Doorkeeper, type SignIn, type Whence } from './doorkeeper.ts';
import { KeepAlive } from './keep-alive.ts';
import { Registrar, type Binding } from './registrar.ts';

export interface DevicesDeps {
  readonly config: DevicesConfig;
  /** What devices outside of private networks are told to reach us at. */
  readonly publicAddress: string | undefined;
  readonly network: SipNetwork;
  readonly agent: UserAgent;
  /** Told of what belongs to a call, or may. */
  readonly heard: (message: SipMessage) => void;
  readonly accounts: DeviceAccounts;
  readonly guesses: GuessLimits;
  readonly clock: Clock;
  readonly guard: Guard;
  readonly logger: Logger;
  readonly metrics: {
    refused(why: string): void;
    signIn(outcome: SignIn): void;
  };
  /** A device can be called where it could not before. */
  readonly onRegistered: (binding: Binding) => void;
}

/** One way to a device, for one call. */
export interface DeviceWay {
  readonly device: Device;
  readonly end: SipEnd;
  readonly way: SessionWay;
}

/** One way to call a device that is registered. */
export interface CalledWay extends DeviceWay {
  /** The URI of its Contact. */
  readonly contact: string;
}

/** How a registration is shown to an operator. */
export interface RegistrationView {
  readonly user: string;
  readonly device: string;
  readonly contact: string;
  readonly transport: string;
  readonly address: string;
  readonly userAgent: string;
  readonly since: string;
  readonly expiresSeconds: number;
  /** Null: it never answered a ping. */
  readonly reachable: boolean | null;
}

/** Connections of one address. */
const CONNECTIONS_PER_ADDRESS = 200;
/** Who opens a connection must have signed in after this long, and as long as it lasts. */
const IDLE_MS = 15_000;
/** How often it is looked at whether devices were removed. */
const SWEEP_MS = 1_000;

/** Phones of our users: who may sign in, where they are, and by which way they call and are called. */
export class Devices {
  readonly #deps: DevicesDeps;
  readonly #doorkeeper: Doorkeeper;
  readonly #registrar: Registrar;
  readonly #keepAlive: KeepAlive;
  readonly #places = new PlacesByAddress(CONNECTIONS_PER_ADDRESS);
  /** Connections that were opened to us, each with what ends our looking after it. */
  readonly #connections = new Map<Flow, () => void>();
  /** Of requests that were let in and are not answered: whose they are. */
  readonly #signedIn = new WeakMap<SipRequest, Device>();
  /** Let in, and waiting for our own address to be known. */
  readonly #waiting = new Set<string>();
  /** Live calls by login. */
  readonly #calls = new Map<string, Set<SipParty>>();
  /** Live calls at each address. */
  readonly #talking = new Map<string, number>();
  #seen: number;
  #cancelSweep: () => void;

  constructor(deps: DevicesDeps) {
    const { config, accounts, guesses, clock, logger, metrics, agent } = deps;
    this.#deps = deps;
    this.#doorkeeper = new Doorkeeper({
      config,
      accounts,
      guesses,
      clock,
      logger,
      count: (outcome) => {
        metrics.signIn(outcome);
      },
    });
    this.#registrar = new Registrar(clock, config.expiresSeconds, {
      added: (binding) => {
        logger.info(describe(binding), 'A phone registered');
        this.#keepAlive.begin(binding);
        deps.onRegistered(binding);
      },
      removed: (binding) => {
        logger.info(describe(binding), 'A phone is not registered any more');
        this.#keepAlive.end(binding);
      },
    });
    this.#keepAlive = new KeepAlive(agent, clock, config.realm, (id, device) =>
      this.#registrar.of(device).find((each) => each.id === id),
    );
    this.#seen = accounts.changes();
    this.#cancelSweep = this.#scheduleSweep();
  }

  get size(): number {
    return this.#registrar.size;
  }

  get realm(): string {
    return this.#deps.config.realm;
  }

  list(): readonly RegistrationView[] {
    const now = this.#deps.clock.monotonic();
    return this.#registrar.list().map((binding) => ({
      user: binding.device.user,
      device: binding.device.name,
      contact: binding.contact,
      transport: binding.flow.protocol,
      address: `${binding.flow.remote.address}:${String(binding.flow.remote.port)}`,
      userAgent: binding.userAgent,
      since: new Date(binding.since).toISOString(),
      expiresSeconds: Math.max(0, Math.round((binding.expiresAt - now) / 1000)),
      reachable: this.#keepAlive.isReachable(binding),
    }));
  }

  close(): void {
    this.#cancelSweep();
    this.#registrar.dispose();
    this.#keepAlive.dispose();
    for (const forget of this.#connections.values()) {
      forget();
    }
    this.#connections.clear();
  }

  /** A connection was opened to us. */
  accepted(flow: Flow): void {
    const leave = this.#places.enter(flow.remote.address);
    if (leave === null) {
      this.#deps.metrics.refused('connections');
      flow.close();
      return;
    }
    const look = (): (() => void) =>
      this.#deps.clock.schedule(() => {
        if (this.#isUsed(flow)) {
          cancel = look();
        } else {
          flow.close();
        }
      }, IDLE_MS);
    let cancel = look();
    this.#connections.set(flow, () => {
      cancel();
      leave();
    });
  }

  flowClosed(flow: Flow): void {
    this.#connections.get(flow)?.();
    this.#connections.delete(flow);
    this.#registrar.flowClosed(flow);
  }

  /** Whether what came from a trunk's address is a device's: both may be on one machine. */
  isMeant(message: SipMessage, flow: Flow): boolean {
    if (message.kind === 'response') {
      return this.#connections.has(flow);
    }
    if (this.#connections.has(flow) || message.method === 'REGISTER') {
      return true;
    }
    if (this.#registrar.at(flow).length > 0) {
      return true;
    }
    const from = message.headers.get('From') ?? '';
    return (
      tagOf(message.headers.get('To')) === undefined && hostOf(from) === this.realm.toLowerCase()
    );
  }

  /** What came from elsewhere than from a trunk. Nothing is kept of it before it is known to be a device's. */
  receive(message: SipMessage, flow: Flow): void {
    const { agent, metrics } = this.#deps;
    const { address } = flow.remote;
    if (message.kind === 'response') {
      if (agent.sentTo(address, message)) {
        this.#hear(message, flow);
      } else {
        metrics.refused('stranger');
      }
      return;
    }
    if (agent.serves(message)) {
      this.#hear(message, flow);
      return;
    }
    const { method } = message;
    const isInDialog = tagOf(message.headers.get('To')) !== undefined;
    if (isInDialog || method === 'ACK' || method === 'CANCEL') {
      if (this.#isFamiliar(address)) {
        this.#hear(message, flow);
      } else if (method !== 'ACK') {
        metrics.refused('stranger');
      }
      return;
    }
    if (method === 'REGISTER' || method === 'INVITE') {
      this.#knock(message, flow);
    } else if (this.#doorkeeper.mayAnswer(this.#whence(flow))) {
      reply(flow, message, method === 'OPTIONS' ? 200 : 405, capabilities());
    }
  }

  /** Ends registrations and calls of a user's devices. */
  signOut(user: string): { readonly phones: number; readonly calls: number } {
    const bindings = this.#registrar.list(user);
    for (const binding of bindings) {
      this.#registrar.remove(binding);
    }
    const isOwn = (login: string): boolean => login.startsWith(loginOf({ user, name: '' }));
    const parties = [...this.#calls].flatMap(([login, all]) => (isOwn(login) ? [...all] : []));
    endAll(parties);
    return { phones: bindings.length, calls: parties.length };
  }

  /** Answers a REGISTER that was let in. */
  register(transaction: ServerTransaction): void {
    const { request, flow } = transaction;
    const toTag = newTag();
    const device = this.#signedIn.get(request);
    if (!device) {
      transaction.respond(405, { toTag, headers: capabilities() });
      return;
    }
    const unknown = unsupported(request);
    if (unknown.length > 0) {
      transaction.respond(420, { toTag, headers: [['Unsupported', unknown.join(', ')]] });
      return;
    }
    const { status, reason, headers } = this.#registrar.register(device, request, flow);
    transaction.respond(status, { toTag, headers, ...(reason === undefined ? {} : { reason }) });
  }

  /** The device that an INVITE comes of; null: it comes of none. */
  caller({ request, flow }: ServerTransaction): DeviceWay | null {
    const device = this.#signedIn.get(request);
    return device ? this.#wayOf(device, flow) : null;
  }

  /** By which ways the user's devices are called. @param except not these, which call */
  ways(user: string, except: readonly (Device | undefined)[]): readonly CalledWay[] {
    const logins = except.map((device) => device && loginOf(device));
    const all = this.#registrar
      .list(user)
      .filter(({ device }) => !logins.includes(loginOf(device)));
    const answering = all.filter((each) => this.#keepAlive.isReachable(each) !== false);
    // Of phones that all have gone silent one may be back.
    return (answering.length > 0 ? answering : all).map((binding) => this.wayTo(binding));
  }

  wayTo({ device, flow, contact }: Binding): CalledWay {
    return { ...this.#wayOf(device, flow), contact };
  }

  /** A call of a device begins. Returns what is to be done at its end. */
  begin({ device, end: { address } }: DeviceWay, party: SipParty): () => void {
    const login = loginOf(device);
    const calls = this.#calls.get(login) ?? new Set();
    this.#calls.set(login, calls.add(party));
    this.#talking.set(address, (this.#talking.get(address) ?? 0) + 1);
    return () => {
      if (!calls.delete(party)) {
        return;
      }
      if (calls.size === 0 && this.#calls.get(login) === calls) {
        this.#calls.delete(login);
      }
      const others = (this.#talking.get(address) ?? 1) - 1;
      if (others === 0) {
        this.#talking.delete(address);
      } else {
        this.#talking.set(address, others);
      }
    };
  }

  #isFamiliar(address: string): boolean {
    return this.#registrar.knows(address) || this.#talking.has(address);
  }

  #whence({ isReliable, remote: { address } }: Flow): Whence {
    return { address, isReal: isReliable || this.#isFamiliar(address) };
  }

  #isUsed(flow: Flow): boolean {
    return this.#registrar.at(flow).length > 0 || this.#talking.has(flow.remote.address);
  }

  #knock(request: SipRequest, flow: Flow): void {
    const { guard } = this.#deps;
    const key = `${request.headers.get('Via') ?? ''} ${request.headers.get('CSeq') ?? ''}`;
    if (this.#waiting.has(key)) {
      return;
    }
    const verdict = this.#doorkeeper.ask(request, this.#whence(flow));
    if (verdict.kind === 'answer') {
      reply(flow, request, verdict.status, verdict.headers);
    }
    if (verdict.kind !== 'in') {
      return;
    }
    this.#signedIn.set(request, verdict.device);
    if (flow.isReliable) {
      this.#hear(request, flow);
      return;
    }
    this.#waiting.add(key);
    void guard
      .settle('sip', async () => {
        this.#hear(request, await this.#fromOwnAddress(flow));
      })
      .finally(() => {
        this.#waiting.delete(key);
      });
  }

  #hear(message: SipMessage, flow: Flow): void {
    this.#deps.heard(message);
    this.#deps.agent.receive(message, flow);
  }

  /** A socket on every address does not say which of them a datagram came to. */
  async #fromOwnAddress({ remote, local }: Flow): Promise<Flow> {
    const { network } = this.#deps;
    const address = await network.localAddress(remote.address);
    return network.datagrams(remote, { address, port: local.port });
  }

  #wayOf(device: Device, flow: Flow): DeviceWay {
    const { config, accounts, publicAddress } = this.#deps;
    const { remote, local, protocol } = flow;
    const isSecure = protocol === 'TLS' || protocol === 'WSS';
    const isWeb = protocol === 'WS' || protocol === 'WSS';
    const named = isPrivate(remote.address) ? undefined : publicAddress;
    const parameters =
      protocol === 'UDP' ? '' : `;transport=${isWeb ? 'ws' : protocol.toLowerCase()}`;
    return {
      device,
      end: {
        kind: 'device',
        user: device.user,
        displayName: accounts.displayName(device.user) ?? device.user,
        address: remote.address,
        callsAtOnce: undefined,
        codecs: isWeb ? ['opus', 'PCMU', 'PCMA'] : config.codecs,
        rtp: {
          localAddress: local.address,
          publicAddress: named,
          srtp: isSecure && config.srtp,
          // Phones behind a NAT name addresses that lead nowhere, and some name one of several that they have.
          latch: true,
          latchFrom: remote.address,
          events: true,
        },
        isWebRtc: isWeb,
        standIns: null,
      },
      way: {
        credentials: undefined,
        contact: `<${formatUri('offhook', named ?? local.address, local.port, parameters)}>`,
        server: flow,
        flowTo: () => this.#flowNow(device, flow),
      },
    };
  }

  /** The way that a call went by; where that is closed, the device may have registered by another one. */
  #flowNow(device: Device, flow: Flow): Flow | null {
    if (!flow.isClosed) {
      return flow;
    }
    return this.#registrar.of(device).find((each) => !each.flow.isClosed)?.flow ?? null;
  }

  /** What an operator's command did to devices while we run. */
  #endRemoved(): void {
    const { accounts } = this.#deps;
    const changes = accounts.changes();
    if (changes === this.#seen) {
      return;
    }
    for (const binding of this.#registrar.list()) {
      const now = accounts.device(loginOf(binding.device));
      if (now?.ha1.MD5 !== binding.device.ha1.MD5) {
        this.#registrar.remove(binding);
      }
    }
    for (const [login, parties] of [...this.#calls]) {
      if (accounts.device(login) !== null) {
        continue;
      }
      endAll(parties);
    }
    this.#seen = changes;
  }

  #scheduleSweep(): () => void {
    return this.#deps.clock.schedule(() => {
      this.#deps.guard.run('sweep', () => {
        this.#endRemoved();
      });
      this.#cancelSweep = this.#scheduleSweep();
    }, SWEEP_MS);
  }
}

function endAll(parties: Iterable<SipParty>): void {
  for (const party of [...parties]) {
    party.dismiss(ENDINGS.byOperator);
  }
}

/** The host of a From or To; lower case. */
function hostOf(value: string): string | undefined {
  return parseUri(parseNameAddress(value)?.uri ?? '')?.host;
}

function reply(
  flow: Flow,
  request: SipRequest,
  status: number,
  headers: readonly (readonly [string, string])[],
): void {
  flow.send(serializeMessage(makeResponse(request, status, { toTag: newTag(), headers })));
}

function describe({ device, flow, userAgent }: Binding): Record<string, unknown> {
  const { address, port } = flow.remote;
  const login = loginOf(device);
  return { login, transport: flow.protocol, address, port, userAgent };
}
