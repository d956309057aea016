import { randomUUID } from 'node:crypto';
import type { TrunkHealth } from '@offhook/protocol';
import type { Logger } from 'pino';
import type { Identity } from '../calls/dialog.ts';
import type { Ending } from '../calls/hangup.ts';
import type { Outside, OutsideCall, OutsideRoute } from '../calls/outside.ts';
import type { Leg, Party } from '../calls/leg.ts';
import type { Invitation, Invite } from '../calls/invite.ts';
import type { Replacement } from '../calls/transfer-order.ts';
import { TokenBucket } from '../limits/token-bucket.ts';
import type { Clock } from '../clock.ts';
import type { Guard } from '../guard.ts';
import { formatUri, parseNameAddress, parseUri, type SipUri } from './core/address.ts';
import { DigestServer } from './core/digest-server.ts';
import type { Flow } from './core/flow.ts';
import {
  capabilities,
  InviteSession,
  isSdp,
  newTag,
  type SessionWay,
} from './core/invite-session.ts';
import {
  makeResponse,
  serializeMessage,
  type SipMessage,
  type SipRequest,
} from './core/message.ts';
import { parseReplaces } from './core/referral.ts';
import type { ServerTransaction } from './core/server-transaction.ts';
import { UserAgent } from './core/user-agent.ts';
import { readCustomHeaders } from './custom-headers.ts';
import { loginOf, type Device } from '../auth/devices.ts';
import { makeHa1 } from '../auth/digest-hash.ts';
import { assertedBy, callerIn, identityFor } from './caller-identity.ts';
import type { DeviceAccounts, GuessLimits } from './devices/accounts.ts';
import { Devices, type CalledWay, type RegistrationView } from './devices/devices.ts';
import type { SignIn } from './devices/doorkeeper.ts';
import type { Binding } from './devices/registrar.ts';
import { SipNetwork, type Certificate } from './net/network.ts';
import { systemResolver } from './net/resolve.ts';
import { normalizeNumber, routesOf } from './numbers.ts';
import { PaidCalls } from './paid-calls.ts';
import { Parties } from './parties.ts';
import type { NumberTarget } from './ring-groups.ts';
import { Permissions, type CountedCall, type Permission } from './permissions.ts';
import type { SipEnd } from './sip-end.ts';
import { SipParty, statusOfRefusal, type ReferWays, type SipPartyDeps } from './sip-party.ts';
import { SipTrace } from './trace.ts';
import type { SipConfig } from './trunk-schema.ts';
import { Trunk } from './trunk.ts';

/** What the telephone network's door counts. */
export interface SipMetrics {
  /** A message that was not served: `stranger`, `malformed`, `unknown_number` ... */
  refused(why: string): void;
  /** How a phone's try to sign in went. */
  signIn(outcome: SignIn): void;
}

export interface SipGatewayDeps {
  readonly config: SipConfig;
  /** Domains of dialled addresses that are ours. */
  readonly domains: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly guard: Guard;
  readonly metrics: SipMetrics;
  /** Needed where the configuration has devices. Without it nobody hears of users who are removed. */
  readonly accounts?: DeviceAccounts;
  readonly guesses?: GuessLimits;
  /** Needed where the configuration has a port of TLS. */
  readonly certificate?: Certificate;
}

/** Connections at once where devices sign in. */
const MAX_CONNECTIONS = 5_000;

/** The calls of this gateway, as the telephone network needs them. */
export interface Calls {
  placeCall(party: Party, invite: Invite): Invitation;
  readonly transfers: Pick<ReferWays, 'blind' | 'attended'> & {
    /** Null: done; else why not, and then nothing has changed. */
    replace(old: Leg, by: Replacement): Promise<Ending | null>;
  };
  /**
   * A phone of a user can be called where it could not before: it joins what rings for the user.
   * @param reach makes its party in one call, in which `inCall` talk; null: it talks there itself
   */
  phoneRegistered(user: string, reach: (inCall: readonly Party[]) => Party | null): void;
}

/** Strangers are told that they are not wanted this often in a second, all together; others get no answer. */
const STRANGER_ANSWERS = 5;

/** Of a peer's Call-ID so much is kept as the call's name. */
const MAX_CALL_ID = 256;

/** The telephone network: trunks, calls that come by them, and numbers that are dialled into them. */
export class SipGateway implements Outside {
  readonly #deps: SipGatewayDeps;
  readonly #network: SipNetwork;
  readonly #agent: UserAgent;
  readonly #trunks: readonly Trunk[];
  readonly #devices: Devices | null;
  readonly #permissions: Permissions;
  /** For trunks whose calls need a password. */
  readonly #digest: DigestServer;
  readonly #strangers: TokenBucket;
  readonly #trace: SipTrace;
  /** Whose calls are those of devices. */
  readonly #ofDevices = new WeakMap<SipParty, Device>();
  /** Live calls of each trunk. */
  readonly #live = new Map<Trunk, number>();
  readonly #parties: Parties;
  readonly #paid: PaidCalls;
  #calls: Calls | null = null;
  #closing: Promise<void> | null = null;

  constructor(deps: SipGatewayDeps) {
    const { config, clock, logger, metrics, guard } = deps;
    this.#deps = deps;
    this.#strangers = new TokenBucket(STRANGER_ANSWERS, STRANGER_ANSWERS, clock.monotonic());
    this.#trace = new SipTrace(clock);
    this.#parties = new Parties(clock);
    this.#paid = new PaidCalls(clock, guard, deps.accounts);
    this.#digest = new DigestServer(this.#realm, config.devices?.algorithms ?? ['MD5'], clock);
    this.#permissions = new Permissions(config, () => clock.now());
    this.#agent = new UserAgent(
      clock,
      (transaction) => {
        this.#request(transaction);
      },
      // A trunk asks whether we are there, often and for ever.
      ({ method }) => (method === 'OPTIONS' ? { status: 200, headers: capabilities() } : null),
    );
    this.#network = new SipNetwork(
      guard,
      {
        message: (message, flow) => {
          const { address } = flow.remote;
          const isTrunk = this.#isTrunk(address);
          if (this.#devices && (!isTrunk || this.#devices.isMeant(message, flow))) {
            this.#devices.receive(message, flow);
            return;
          }
          const isKnown =
            isTrunk || (message.kind === 'response' && this.#agent.sentTo(address, message));
          if (isKnown) {
            this.#trace.received(message);
            this.#agent.receive(message, flow);
          } else {
            this.#stranger(message, flow);
          }
        },
        sent: (text) => {
          this.#trace.sent(text);
        },
        malformed: (flow, answer) => {
          metrics.refused('malformed');
          // A stranger is told nothing of what we understand.
          if (answer && this.#isTrunk(flow.remote.address)) {
            flow.send(serializeMessage(answer));
          }
        },
        closed: (flow) => {
          this.#agent.flowClosed(flow);
          this.#devices?.flowClosed(flow);
          for (const trunk of this.#trunks) {
            trunk.flowClosed(flow);
          }
        },
        unsent: (flow) => {
          this.#agent.unsent(flow);
        },
        admits: (address) => this.#devices !== null || this.#isTrunk(address),
        accepted: (flow) => {
          const isTrunk = flow.protocol === 'TCP' && this.#isTrunk(flow.remote.address);
          if (!isTrunk) {
            this.#devices?.accepted(flow);
          }
        },
        error: (error) => {
          logger.error({ err: error }, 'SIP socket');
        },
      },
      config.devices ? MAX_CONNECTIONS : undefined,
    );
    this.#devices = this.#makeDevices();
    this.#trunks = config.trunks.map(
      (trunk) =>
        new Trunk(trunk, {
          network: this.#network,
          agent: this.#agent,
          clock,
          logger,
          publicAddress: config.publicAddress,
          resolver: systemResolver,
        }),
    );
  }

  /** The port of UDP and TCP. */
  get port(): number {
    return this.#network.port;
  }

  /** Each trunk with its live calls. */
  get states(): readonly TrunkHealth[] {
    return this.#trunks.map((trunk) => ({
      ...trunk.state,
      calls: this.#live.get(trunk) ?? 0,
    }));
  }

  /** Requests that are served, and those that are not answered. */
  get transactions(): number {
    return this.#agent.transactions;
  }

  /** Phones that are registered now. */
  get registrations(): readonly RegistrationView[] {
    return this.#devices?.list() ?? [];
  }

  /**
   * @param calls null: no call is taken
   * @throws Error when the address or the port is not free
   */
  async start(calls: Calls | null): Promise<void> {
    this.#calls = calls;
    const { config, certificate } = this.#deps;
    await this.#network.listen(config.bind, config.port);
    if (config.tlsPort !== undefined && certificate) {
      await this.#network.listenTls(config.bind, config.tlsPort, certificate);
    }
    for (const trunk of this.#trunks) {
      trunk.start();
    }
  }

  /** Signs the phones of a user out, and ends their calls and those outside that run on his account. They may register again. */
  signOut(user: string): { readonly phones: number; readonly calls: number } {
    const { phones, calls } = this.#devices?.signOut(user) ?? { phones: 0, calls: 0 };
    return { phones, calls: calls + this.#paid.endOf(user) };
  }

  /** The port of TLS; 0 where there is none. */
  get tlsPort(): number {
    return this.#network.tlsPort;
  }

  /** Takes a renewed certificate for connections from now on. */
  setCertificate(certificate: Certificate): void {
    this.#network.setCertificate(certificate);
  }

  /** Takes over a WebSocket that a page opened to sign in as a device; see {@link SipNetwork.acceptWeb}. */
  acceptWeb(...args: Parameters<SipNetwork['acceptWeb']>): void {
    this.#network.acceptWeb(...args);
  }

  /** Takes registrations back. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#paid.dispose();
    await Promise.all(this.#trunks.map((trunk) => trunk.close()));
    this.#devices?.close();
    this.#agent.dispose();
    this.#trace.dispose();
    await this.#network.close();
  }

  route({ from, caller, callerNumber, destination }: OutsideCall): OutsideRoute | null {
    const { config, clock, guard } = this.#deps;
    // Nobody comes in by a trunk to go out by another, and visitors reach nothing.
    const cameByTrunk = from instanceof SipParty && from.end.kind === 'trunk';
    if (cameByTrunk || from.guestOf !== null) {
      return null;
    }
    const number = this.#numberOf(destination);
    const routes = number === null ? [] : routesOf(number, config);
    if (number === null || routes.length === 0) {
      return null;
    }
    const permission = this.#permissions.check(from.user, number, callerNumber, from.dialling);
    if (!permission.ok) {
      return { ok: false, ending: this.#refusal(permission, from.user, number) };
    }
    const way = routes.find(({ trunk: { name } }) => {
      const trunk = this.#trunks.find((each) => each.config.name === name);
      return trunk?.isUp === true && !this.#isFull(trunk);
    });
    const trunk = this.#trunks.find(({ config: { name } }) => name === way?.trunk.name);
    if (!way || !trunk) {
      return { ok: false, ending: unavailable(this.#trunks, routes[0]?.trunk.name) };
    }
    const counted = { call: null as CountedCall | null, leave: null as (() => void) | null };
    const party = new SipParty(trunk.end, randomUUID(), {
      clock,
      guard,
      secondsLeft: () =>
        permission.isLimited ? this.#permissions.secondsLeft(from.user, from.dialling) : null,
      onTalks: () => {
        counted.call?.talks();
      },
      onEnded: () => {
        counted.call?.end();
        counted.leave?.();
        this.#parties.over(party);
      },
      identify: ({ name }, who) => {
        const otherwise = permission.callerId ?? trunk.config.username ?? from.user;
        return this.#asserted(trunk, name, who, otherwise);
      },
      refer: this.#referWays(trunk.end),
      dial: (handlers, leg) => {
        if (counted.call === null) {
          // Others may have been let in since.
          const still = this.#permissions.check(from.user, number, callerNumber, from.dialling);
          if (!still.ok) {
            return this.#refusal(still, from.user, number);
          }
          if (this.#isFull(trunk)) {
            return unavailable(this.#trunks, trunk.config.name);
          }
          this.#parties.add(party);
          counted.call = this.#permissions.begin(from.user);
          const leave = this.#enter(trunk);
          const unwatch = this.#trace.watch(leg.callID, (sent, text) => {
            party.passed(sent, text);
          });
          const paid = this.#paid.begin(from.user, party);
          counted.leave = () => {
            paid();
            leave();
            unwatch();
          };
        }
        const own = permission.callerId ?? trunk.config.username ?? from.user;
        const identity = identityFor(trunk.config, caller.name, own, trunk.domain);
        return InviteSession.outbound(
          this.#agent,
          trunk.way,
          clock,
          {
            callId: leg.callID,
            from: identity.from,
            headers: identity.headers,
            to: formatUri(way.number, trunk.domain),
          },
          { ...handlers, redirected: (contact) => this.#redirected(contact, trunk, from) },
        );
      },
    });
    return { ok: true, party, callee: { name: '', number } };
  }

  /** By REFER somebody reaches whom he reaches by a call; a trunk where it may, and then those of its own numbers. */
  #referWays(end: SipEnd): ReferWays | undefined {
    const transfers = this.#calls?.transfers;
    const trunk = this.#trunks.find((each) => each.end.user === end.user);
    if (!transfers || (end.kind === 'trunk' && trunk?.config.refer !== true)) {
      return undefined;
    }
    return {
      destinationOf: (uri) => {
        if (end.kind === 'device') {
          return uri.user === '' ? undefined : this.#dialled(uri, end.rtp.localAddress);
        }
        const target = trunk && this.#targetOf(uri.user, trunk.config.numbers);
        // Users who ring together are reached by a call, and not by REFER.
        return typeof target === 'string' ? target : undefined;
      },
      legOf: (name) => {
        const party = this.#parties.named(name);
        return party?.user === end.user ? party.talksIn : null;
      },
      blind: (leg, order) => transfers.blind(leg, order),
      attended: (id, first, second) => transfers.attended(id, first, second),
      refused: (why) => {
        this.#deps.metrics.refused(why);
      },
    };
  }

  /** Where a trunk sends a caller instead: only numbers of its own, and only those that the caller might have dialled. */
  #redirected(
    contact: string,
    trunk: Trunk,
    { user, dialling }: Pick<Party, 'user' | 'dialling'>,
  ): string | null {
    const { config } = this.#deps;
    const uri = parseUri(contact);
    if (trunk.config.redirects === 'refuse' || !uri) {
      return null;
    }
    const isOwn =
      uri.host === '' || uri.host === trunk.domain.toLowerCase() || trunk.owns(uri.host);
    const number = isOwn ? normalizeNumber(uri.user, config.dialling, config.emergency) : null;
    if (number === null || !this.#permissions.mayReach(user, number, dialling)) {
      this.#deps.metrics.refused('redirect');
      this.#deps.logger.info(
        { user, contact, trunk: trunk.config.name },
        'redirection not followed',
      );
      return null;
    }
    // As the trunk wrote it: it knows its own numbers.
    return formatUri(uri.user, trunk.domain);
  }

  phones(user: string, callers: readonly Party[]): readonly Party[] {
    const devices = this.#devices;
    if (!devices) {
      return [];
    }
    const calling = callers.map((party) =>
      party instanceof SipParty ? this.#ofDevices.get(party) : undefined,
    );
    return devices.ways(user, calling).map((found) => this.#phoneParty(devices, found));
  }

  /** A phone registered: it rings for what rings its user, unless it is at that call already. */
  #joinRinging(devices: Devices, binding: Binding): void {
    const { user } = binding.device;
    this.#calls?.phoneRegistered(user, (inCall) => {
      const isThere = inCall.some(
        (party) => party instanceof SipParty && this.#isOf(party, binding.device),
      );
      return isThere ? null : this.#phoneParty(devices, devices.wayTo(binding));
    });
  }

  #isOf(party: SipParty, device: Device): boolean {
    const own = this.#ofDevices.get(party);
    return own !== undefined && loginOf(own) === loginOf(device);
  }

  /** A phone, as one call rings it. */
  #phoneParty(devices: Devices, found: CalledWay): SipParty {
    let leave: (() => void) | null = null;
    const party: SipParty = new SipParty(found.end, randomUUID(), {
      clock: this.#deps.clock,
      guard: this.#deps.guard,
      secondsLeft: () => null,
      onTalks: () => undefined,
      onEnded: () => {
        leave?.();
        this.#parties.over(party);
      },
      identify: ({ name, number }) => assertedBy(name, formatUri(number, devices.realm)),
      refer: this.#referWays(found.end),
      dial: (handlers, leg) => {
        const end = devices.begin(found, party);
        this.#parties.add(party);
        const unwatch = this.#trace.watch(leg.callID, (sent, text) => {
          party.passed(sent, text);
        });
        leave = () => {
          end();
          unwatch();
        };
        const { realm } = devices;
        return InviteSession.outbound(
          this.#agent,
          found.way,
          this.#deps.clock,
          {
            callId: leg.callID,
            from: { name: leg.remote.name, uri: formatUri(leg.remote.number, realm) },
            to: formatUri(found.device.user, realm),
            target: found.contact,
          },
          handlers,
        );
      },
    });
    this.#ofDevices.set(party, found.device);
    return party;
  }

  #makeDevices(): Devices | null {
    const { config, accounts, guesses, clock, guard, logger, metrics } = this.#deps;
    if (!config.devices) {
      return null;
    }
    if (!accounts || !guesses) {
      throw new Error('devices need their accounts');
    }
    const devices = new Devices({
      config: config.devices,
      publicAddress: config.publicAddress,
      network: this.#network,
      agent: this.#agent,
      heard: (message) => {
        this.#trace.received(message);
      },
      accounts,
      guesses,
      clock,
      guard,
      logger,
      metrics,
      onRegistered: (binding) => {
        this.#joinRinging(devices, binding);
      },
    });
    return devices;
  }

  /** What was dialled, when it is a number and not an address elsewhere. */
  #numberOf(destination: string): string | null {
    const { config, domains } = this.#deps;
    const uri = parseUri(destination.trim());
    if (!uri) {
      return normalizeNumber(destination, config.dialling, config.emergency);
    }
    const isOurs =
      uri.host === '' ||
      domains.includes(uri.host) ||
      this.#trunks.some((trunk) => trunk.domain.toLowerCase() === uri.host);
    return isOurs ? normalizeNumber(uri.user, config.dialling, config.emergency) : null;
  }

  #refusal({ why }: Extract<Permission, { ok: false }>, user: string, number: string): Ending {
    this.#deps.metrics.refused(why);
    this.#deps.logger.info({ user, number, why }, 'call outside refused');
    return {
      cause: why === 'too_many_calls' ? 'NORMAL_CIRCUIT_CONGESTION' : 'OUTGOING_CALL_BARRED',
      sip: { code: 403, reason: why.toUpperCase() },
    };
  }

  #isFull(trunk: Trunk): boolean {
    return (this.#live.get(trunk) ?? 0) >= trunk.config.callsAtOnce;
  }

  #enter(trunk: Trunk): () => void {
    this.#live.set(trunk, (this.#live.get(trunk) ?? 0) + 1);
    return () => {
      this.#live.set(trunk, Math.max(0, (this.#live.get(trunk) ?? 0) - 1));
    };
  }

  #isTrunk(address: string): boolean {
    return this.#trunks.some((trunk) => trunk.owns(address));
  }

  /** No dialog hears of it. A request is answered once, without a transaction: what a stranger sends again costs no memory. */
  #stranger(message: SipMessage, flow: Flow): void {
    const { metrics, clock } = this.#deps;
    if (message.kind === 'request' && message.method === 'ACK') {
      return;
    }
    metrics.refused('stranger');
    if (message.kind === 'response' || !this.#strangers.take(1, clock.monotonic())) {
      return;
    }
    flow.send(serializeMessage(makeResponse(message, 403, { toTag: newTag() })));
  }

  /** A trunk's request outside of any dialog. */
  #request(transaction: ServerTransaction): void {
    switch (transaction.request.method) {
      case 'INVITE':
        this.#invited(transaction);
        return;
      case 'BYE':
      case 'INFO':
      case 'UPDATE':
      case 'NOTIFY':
      case 'REFER':
        transaction.respond(481, { toTag: newTag() });
        return;
      case 'REGISTER':
        if (this.#devices) {
          this.#devices.register(transaction);
        } else {
          transaction.respond(405, { toTag: newTag(), headers: capabilities() });
        }
        return;
      case 'MESSAGE':
      case 'SUBSCRIBE':
      case 'PUBLISH':
      case 'PRACK':
        transaction.respond(405, { toTag: newTag(), headers: capabilities() });
        return;
      default:
        transaction.respond(501, { toTag: newTag(), headers: capabilities() });
    }
  }

  #invited(transaction: ServerTransaction): void {
    const { request } = transaction;
    const { metrics } = this.#deps;
    const uri = parseUri(request.uri);
    if (!uri) {
      this.#refuse(transaction, 416, 'unknown_scheme');
      return;
    }
    if (request.body !== '' && !isSdp(request)) {
      this.#refuse(transaction, 415, 'unknown_body');
      return;
    }
    if (request.headers.has('Replaces')) {
      this.#replaces(transaction);
      return;
    }
    const found = this.#ofDevice(transaction, uri) ?? this.#ofTrunk(transaction, uri);
    if (!found) {
      this.#refuse(transaction, 404, 'unknown_number');
      return;
    }
    if (found === 'answered') {
      return;
    }
    if (found === 'full') {
      metrics.refused('too_many_calls');
      transaction.respond(503, { toTag: newTag(), headers: [['Retry-After', '10']] });
      return;
    }
    const party = this.#partyOf(transaction, found);
    if (!party) {
      return;
    }
    const { destination, users, identity } = found;
    const invitation = this.#calls?.placeCall(party, {
      callID: callIdOf(request),
      sdp: offerOf(request),
      destination,
      users,
      identity,
      headers: readCustomHeaders(request.headers),
    });
    if (invitation?.ok === true) {
      invitation.begin();
    } else {
      party.refuse(invitation?.why === 'no_audio' ? 488 : 503);
    }
  }

  #refuse(transaction: ServerTransaction, status: number, why: string, reason?: string): void {
    const { metrics, logger } = this.#deps;
    metrics.refused(why);
    logger.info({ status, why, uri: transaction.request.uri }, 'call from outside refused');
    const words = reason === undefined ? {} : { reason };
    transaction.respond(status, { toTag: newTag(), headers: capabilities(), ...words });
  }

  /** The party of a call that came in; null: it was refused already. */
  #partyOf(transaction: ServerTransaction, caller: Caller): SipParty | null {
    const { request } = transaction;
    const { end, way } = caller;
    const { clock, guard } = this.#deps;
    let leave = (): void => undefined;
    const party = new SipParty(end, randomUUID(), {
      clock,
      guard,
      dial: null,
      secondsLeft: () => null,
      onTalks: () => undefined,
      onEnded: () => {
        leave();
        unwatch();
        this.#parties.over(party);
      },
      identify: caller.identify,
      refer: this.#referWays(end),
    });
    leave = caller.begin(party);
    const unwatch = this.#trace.watch(request.headers.get('Call-ID') ?? '', (sent, text) => {
      party.passed(sent, text);
    });
    party.passed(false, serializeMessage(request));
    const session = InviteSession.inbound(this.#agent, way, clock, transaction, party.handlers);
    if (!session) {
      leave();
      unwatch();
      return null;
    }
    party.take(session, request.body);
    this.#parties.add(party);
    return party;
  }

  /** An INVITE that comes into a call in the place of the party whose dialog it names (RFC 3891, 3): only for who that party is of. */
  #replaces(transaction: ServerTransaction): void {
    const { request } = transaction;
    const values = request.headers.all('Replaces');
    const name = values.length === 1 ? parseReplaces(values[0] ?? '') : null;
    if (!name) {
      this.#refuse(transaction, 400, 'replaces', 'Bad Replaces');
      return;
    }
    const party = this.#parties.named(name);
    const owner = party?.user ?? this.#parties.endedOf(name);
    const caller = this.#replacing(transaction, owner);
    if (caller === 'answered') {
      return;
    }
    const isOwn = owner === null || caller?.end.user === owner;
    if (!caller || !isOwn) {
      this.#refuse(transaction, 403, 'replaces', caller ? 'Not Your Dialog' : 'No Replaces Here');
      return;
    }
    const leg = party?.talksIn ?? null;
    if (!leg) {
      const hasEnded = party === null && owner !== null;
      this.#refuse(transaction, hasEnded ? 603 : 481, 'replaces');
      return;
    }
    if (name.isEarlyOnly) {
      this.#refuse(transaction, 486, 'replaces');
      return;
    }
    const newcomer = this.#partyOf(transaction, caller);
    if (!newcomer) {
      return;
    }
    const by = {
      party: newcomer,
      callID: callIdOf(request),
      sdp: offerOf(request),
      own: caller.identity,
    };
    void this.#deps.guard.settle(
      'sip',
      async () => {
        const ending = (await this.#calls?.transfers.replace(leg, by)) ?? null;
        if (ending !== null) {
          this.#deps.metrics.refused('replaces');
          newcomer.refuse(statusOfRefusal(ending));
        }
      },
      () => {
        newcomer.refuse(500);
      },
    );
  }

  /** Who sent an INVITE with Replaces; null: nobody who may. */
  #replacing(transaction: ServerTransaction, owner: string | null): Caller | 'answered' | null {
    const device = this.#fromDevice(transaction);
    if (device) {
      return device;
    }
    const { address } = transaction.flow.remote;
    const trunks = this.#trunks.filter((each) => each.config.refer && each.owns(address));
    const trunk = trunks.find(({ end }) => end.user === owner) ?? trunks[0];
    if (!trunk) {
      return null;
    }
    if (!this.#hasSignedIn(trunk, transaction)) {
      return 'answered';
    }
    return this.#fromTrunk(transaction, trunk, trunk.config.username ?? 'offhook');
  }

  /** A call of a device is one of its user. */
  #ofDevice(transaction: ServerTransaction, uri: SipUri): Incoming | null {
    const caller = this.#fromDevice(transaction);
    return caller && { ...caller, destination: this.#dialled(uri, caller.end.rtp.localAddress) };
  }

  /** What a device means by a URI: somebody here, or an address elsewhere. */
  #dialled({ user, host }: SipUri, localAddress: string): string {
    const { config, domains } = this.#deps;
    const ours = [this.#devices?.realm.toLowerCase(), localAddress, config.publicAddress, ''];
    return ours.includes(host) || domains.includes(host) ? user : formatUri(user, host);
  }

  #fromDevice(transaction: ServerTransaction): Caller | null {
    const devices = this.#devices;
    const found = devices?.caller(transaction);
    if (!devices || !found) {
      return null;
    }
    return {
      end: found.end,
      way: found.way,
      identity: { name: found.end.displayName, number: found.end.user },
      identify: ({ name, number }) => assertedBy(name, formatUri(number, devices.realm)),
      begin: (party) => {
        this.#ofDevices.set(party, found.device);
        return devices.begin(found, party);
      },
    };
  }

  /** `answered`: it was refused already. */
  #ofTrunk(transaction: ServerTransaction, uri: SipUri): Incoming | 'full' | 'answered' | null {
    const found = this.#calledBy(transaction, uri.user);
    if (!found) {
      return null;
    }
    const { trunk, target, called } = found;
    if (!this.#hasSignedIn(trunk, transaction)) {
      return 'answered';
    }
    if (this.#isFull(trunk)) {
      return 'full';
    }
    return {
      ...this.#fromTrunk(transaction, trunk, called),
      ...(typeof target === 'string'
        ? { destination: target }
        : { destination: called, users: target }),
    };
  }

  /** @param called the number of ours that it called */
  #fromTrunk(transaction: ServerTransaction, trunk: Trunk, called: string): Caller {
    const { flow } = transaction;
    const way = {
      ...trunk.way,
      flowTo: (hop: string) => (flow.isReliable && !flow.isClosed ? flow : trunk.way.flowTo(hop)),
    };
    return {
      end: trunk.end,
      way,
      identity: callerIn(transaction.request.headers),
      identify: ({ name }, who) => this.#asserted(trunk, name, who, called),
      begin: () => this.#enter(trunk),
    };
  }

  /**
   * Who talks to a trunk, by a number that leads to him from there or that he may show: names of users are no numbers of the network.
   * @param otherwise the number that the trunk knows already
   */
  #asserted(
    { config, domain }: Trunk,
    name: string,
    who: Party | null,
    otherwise: string,
  ): readonly (readonly [string, string])[] {
    const direct = Object.entries(config.numbers).flatMap(([number, user]) =>
      number !== '*' && user === who?.user ? [number] : [],
    );
    const own = who && this.#permissions.shownBy(who.user, direct, who.dialling);
    return assertedBy(name, formatUri(own ?? otherwise, domain), config.privacy);
  }

  /** Whether a trunk whose calls need a password gave it; where not, it is told so. */
  #hasSignedIn({ config }: Trunk, transaction: ServerTransaction): boolean {
    const { inbound } = config;
    if (!inbound) {
      return true;
    }
    const { request, flow } = transaction;
    const { address } = flow.remote;
    const answer = this.#digest.read(request);
    const isOwn = typeof answer === 'object' && answer.username === inbound.username;
    const ha1 = isOwn ? makeHa1(inbound.username, this.#realm, inbound.password) : null;
    const verdict =
      typeof answer === 'object' ? this.#digest.check(answer, 'INVITE', address, ha1) : 'stale';
    if (verdict === 'right') {
      return true;
    }
    const toTag = newTag();
    if (verdict === 'wrong') {
      this.#deps.metrics.refused('wrong_password');
      this.#deps.logger.warn({ trunk: config.name }, 'a trunk gave a wrong password for its call');
      transaction.respond(403, { toTag });
    } else {
      const headers = this.#digest.challenges('INVITE', address, answer !== undefined);
      transaction.respond(407, { toTag, headers });
    }
    return false;
  }

  /** Of challenges to trunks; phones have the same. */
  get #realm(): string {
    return this.#deps.config.devices?.realm ?? 'offhook';
  }

  /** Which of the trunks at that address has the called number, and where it leads. */
  #calledBy(
    { request, flow }: ServerTransaction,
    user: string,
  ): { readonly trunk: Trunk; readonly target: NumberTarget; readonly called: string } | null {
    const to = parseUri(parseNameAddress(request.headers.get('To') ?? '')?.uri ?? '')?.user ?? '';
    for (const trunk of this.#trunks) {
      if (!trunk.owns(flow.remote.address)) {
        continue;
      }
      const { username, numbers } = trunk.config;
      // Who calls our Contact means the number that he has in To.
      const called = user === username || user === 'offhook' ? [to, user] : [user];
      for (const number of called) {
        const target = this.#targetOf(number, numbers);
        if (target !== undefined) {
          return { trunk, target, called: number };
        }
      }
    }
    return null;
  }

  #targetOf(
    called: string,
    numbers: Readonly<Record<string, NumberTarget>>,
  ): NumberTarget | undefined {
    const { dialling } = this.#deps.config;
    const normal = normalizeNumber(called, dialling);
    for (const [number, target] of Object.entries(numbers)) {
      if (number === '*') {
        continue;
      }
      const same = normal !== null && normalizeNumber(number, dialling) === normal;
      // Many write E.164 without its plus.
      if (number === called || same || number === `+${called}`) {
        return target;
      }
    }
    return numbers['*'];
  }
}

/** Who an INVITE comes of. */
interface Caller {
  readonly end: SipEnd;
  readonly way: SessionWay;
  /** As he is shown. */
  readonly identity: Identity;
  /** How he is told who talks to him. */
  readonly identify: SipPartyDeps['identify'];
  /** Returns what is to be done at its end. */
  begin(party: SipParty): () => void;
}

/** A call that came in. */
interface Incoming extends Caller {
  readonly destination: string;
  /** Who ring together. */
  readonly users?: readonly string[];
}

function callIdOf({ headers }: SipRequest): string {
  return (headers.get('Call-ID') ?? '').slice(0, MAX_CALL_ID);
}

/** Without an offer we make one, in our answer. */
function offerOf({ body }: SipRequest): string | null {
  return body === '' ? null : body;
}

function unavailable(trunks: readonly Trunk[], name: string | undefined): Ending {
  const trunk = trunks.find(({ config }) => config.name === name);
  const full = trunk?.isUp === true;
  return {
    cause: full ? 'NORMAL_CIRCUIT_CONGESTION' : 'NORMAL_TEMPORARY_FAILURE',
    sip: { code: 503, reason: full ? 'TRUNK_FULL' : 'TRUNK_DOWN' },
  };
}
