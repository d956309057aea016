import { randomBytes } from 'node:crypto';
import type { RemoteInfo } from 'node:dgram';
import { isIP, isIPv6 } from 'node:net';
import type { Check, IceHub } from './ice-hub.ts';
import { candidatePriority } from './ice-path.ts';
import type { IceCandidate, IcePath } from './ice-path.ts';
import {
  ROLE_CONFLICT,
  isSignedWith,
  writeRequest,
  writeRoleConflict,
  writeSuccess,
} from './stun.ts';
import type { StunMessage } from './stun.ts';
import type { LocalSocket } from './udp-socket.ts';

export interface IceCredentials {
  readonly ufrag: string;
  readonly password: string;
}

export interface IceHandlers {
  /** DTLS, RTP or RTCP from an address that passed a check. */
  datagram(path: IcePath, data: Buffer): void;
  /** A path of the current generation is in use; also after a restart and when the party moves. */
  selected(path: IcePath): void;
}

/** Waits between checks of one path, in milliseconds: quick at first, since the party may just be applying our description. */
const CHECK_WAITS = [50, 100, 150, 250, 500, 500, 1000, 1000, 2000] as const;
/** About 30 s of checks. */
const MAX_CHECKS = 20;
const CHECKS_PER_TICK = 4;
const CONSENT_MS = 2_500;
const CHECK_LIFETIME_MS = 3_000;
const OLD_PATH_MS = 10_000;
const MAX_CANDIDATES = 32;
const MAX_PATHS = 64;
/** A path in use that is quiet for this long gives way to another one that is not. */
const QUIET_PATH_MS = 4_000;

/**
 * A full ICE agent (RFC 8445) for one component, without STUN or TURN servers of its own: the gateway's addresses are
 * known, and a party behind a NAT is learnt from its checks.
 *
 * - Checks without the right user name and signature are dropped.
 * - A restart keeps the path in use until the new generation has one, so that no packet is lost.
 * - Of several paths that the party nominates, the one that it sends media on is used.
 * - Nothing here owns a timer: `tick` is called every 20 ms.
 */
export class IceAgent {
  readonly #hub: IceHub;
  readonly #handlers: IceHandlers;
  readonly #tieBreaker = randomBytes(8).readBigUInt64BE(0);
  readonly #paths = new Map<string, IcePath>();
  /** Current and previous credentials: a party checks its old path until the new one works. */
  #local: readonly [IceCredentials, IceCredentials | null] = [newCredentials(), null];
  #remote: IceCredentials | null = null;
  #generation = 0;
  #candidates = 0;
  #controlling: boolean;
  #selected: IcePath | null = null;
  /** Where DTLS answers go before a path is selected. */
  #latest: IcePath | null = null;
  #heardAt = 0;
  #closed = false;

  constructor(hub: IceHub, controlling: boolean, handlers: IceHandlers) {
    this.#hub = hub;
    this.#controlling = controlling;
    this.#handlers = handlers;
    hub.addAgent(this.local.ufrag, this);
  }

  get local(): IceCredentials {
    return this.#local[0];
  }

  get remote(): IceCredentials | null {
    return this.#remote;
  }

  /** A path of the current generation works. */
  get isConnected(): boolean {
    return this.#selected !== null && this.#isUsable(this.#selected);
  }

  #isUsable(path: IcePath): boolean {
    return path.generation === this.#generation && path.valid && path.nominated;
  }

  /** When anything authentic last came from the party, by any path; milliseconds, 0 before. */
  get heardAt(): number {
    return this.#heardAt;
  }

  setRemote(remote: IceCredentials, now: number): void {
    this.#remote = remote;
    // Checks that came before the description were answered; now they can be returned.
    for (const path of this.#paths.values()) {
      if (path.generation === this.#generation) this.#check(path, now);
    }
  }

  /** Restarts so far. */
  get generation(): number {
    return this.#generation;
  }

  /** New credentials of our own; the party's must follow. The party that restarts by an offer takes the controlling role. */
  restart(controlling: boolean): void {
    const [current, previous] = this.#local;
    if (previous) this.#hub.removeAgent(previous.ufrag);
    this.#local = [newCredentials(), current];
    this.#hub.addAgent(this.local.ufrag, this);
    this.#remote = null;
    this.#generation += 1;
    this.#candidates = 0;
    this.#controlling = controlling;
  }

  /** Host names and TCP are passed over: the party's own checks show where it is. */
  addCandidate(candidate: IceCandidate, now: number): void {
    if (this.#closed || candidate.transport !== 'udp' || candidate.component !== 1) return;
    if (isIP(candidate.address) === 0 || candidate.port === 0 || candidate.port > 65_535) return;
    if (this.#candidates >= MAX_CANDIDATES) return;
    this.#candidates += 1;
    const ipv6 = isIPv6(candidate.address);
    for (const socket of this.#hub.sockets) {
      if (socket.ipv6 !== ipv6) continue;
      const path = this.#path(socket, candidate.address, candidate.port);
      if (path?.attempts === 0) path.nextCheckAt = now;
    }
  }

  #path(socket: LocalSocket, address: string, port: number): IcePath | undefined {
    const key = `${address}:${String(port)}`;
    const id = `${socket.address}|${key}`;
    const known = this.#paths.get(id);
    if (known) {
      if (known.generation !== this.#generation) {
        known.generation = this.#generation;
        known.valid = false;
        known.nominated = false;
        known.attempts = 0;
      }
      return known;
    }
    if (this.#paths.size >= MAX_PATHS) return undefined;
    const path: IcePath = {
      agent: this,
      socket,
      address,
      port,
      key,
      generation: this.#generation,
      valid: false,
      nominated: false,
      attempts: 0,
      nextCheckAt: 0,
      heardAt: 0,
      pending: [],
    };
    this.#paths.set(id, path);
    return path;
  }

  /** A check from the party (RFC 8445, 7.3). */
  request(
    socket: LocalSocket,
    data: Buffer,
    message: StunMessage,
    from: RemoteInfo,
    key: string,
  ): void {
    const [ours, theirs] = message.username?.split(':', 2) ?? [];
    const local = this.#local.find((credentials) => credentials?.ufrag === ours);
    if (!local || !isSignedWith(data, message, local.password)) return;
    const isCurrent = local === this.#local[0];
    if (isCurrent && this.#remote && theirs !== this.#remote.ufrag) return;
    if (message.role && isCurrent && message.role.controlling === this.#controlling) {
      // RFC 8445, 7.3.1.1: the larger tie-breaker controls.
      const weControl = this.#tieBreaker >= message.role.tieBreaker;
      if (weControl === this.#controlling) {
        socket.send(writeRoleConflict(data, local.password), from.port, from.address);
        return;
      }
      this.#controlling = weControl;
    }
    const known = this.#paths.get(`${socket.address}|${key}`);
    const path = isCurrent ? this.#path(socket, from.address, from.port) : known;
    if (!path) return;
    const now = performance.now();
    // Only an address that knows our password may send us anything else.
    this.#hub.addPath(path);
    this.#heard(path, now);
    this.#latest = path;
    socket.send(
      writeSuccess(data, from.address, from.port, local.password),
      from.port,
      from.address,
    );
    if (!isCurrent) return;
    if (message.useCandidate && !this.#controlling) path.nominated = true;
    if (!path.valid && path.pending.length < 4) this.#check(path, now);
    else this.#consider(path);
  }

  /** The answer to a check of ours (RFC 8445, 7.2.5). */
  response(check: Check, data: Buffer, message: StunMessage): void {
    if (!isSignedWith(data, message, check.password)) return;
    this.#hub.removeCheck(message.transaction);
    const path = check.path;
    const at = path.pending.findIndex(({ transaction }) => transaction === message.transaction);
    if (at >= 0) path.pending.splice(at, 1);
    const now = performance.now();
    if (message.kind === 'error') {
      if (message.errorCode === ROLE_CONFLICT && check.controlling === this.#controlling) {
        this.#controlling = !this.#controlling;
        if (check.generation === this.#generation) this.#check(path, now);
      }
      return;
    }
    this.#heard(path, now);
    if (check.generation !== this.#generation || path.generation !== this.#generation) return;
    path.valid = true;
    if (check.controlling) path.nominated = true;
    this.#hub.addPath(path);
    this.#consider(path);
  }

  #heard(path: IcePath, now: number): void {
    path.heardAt = now;
    this.#heardAt = now;
  }

  #consider(path: IcePath): void {
    if (this.#isUsable(path) && (path === this.#selected || !this.isConnected)) this.#select(path);
  }

  #select(path: IcePath): void {
    this.#selected = path;
    path.nextCheckAt = performance.now() + CONSENT_MS;
    this.#handlers.selected(path);
  }

  datagram(path: IcePath, data: Buffer): void {
    if (!this.#closed) this.#handlers.datagram(path, data);
  }

  /** Authentic media came this way: the party has chosen this path, whatever it nominated before. */
  media(path: IcePath, now: number): void {
    this.#heard(path, now);
    if (path !== this.#selected && this.#isUsable(path)) this.#select(path);
  }

  send(data: Buffer): void {
    const path = this.#selected ?? this.#latest;
    if (path && !this.#closed) path.socket.send(data, path.port, path.address);
  }

  tick(now: number): void {
    if (!this.#remote) return;
    let budget = CHECKS_PER_TICK;
    for (const [id, path] of this.#paths) {
      this.#expireChecks(path, now);
      if (path === this.#selected && this.#isUsable(path)) {
        if (now >= path.nextCheckAt) this.#consent(path, now);
        continue;
      }
      if (path.generation === this.#generation) {
        if (this.isConnected || path.attempts >= MAX_CHECKS || now < path.nextCheckAt) continue;
        if (budget > 0) this.#check(path, now);
        budget -= 1;
      } else if (path !== this.#selected && now - path.heardAt > OLD_PATH_MS) {
        this.#paths.delete(id);
        this.#hub.removePath(path);
      }
    }
  }

  /** Keeps NAT bindings open and shows that the party is there (RFC 7675); leaves a path that went quiet. */
  #consent(path: IcePath, now: number): void {
    this.#check(path, now);
    path.nextCheckAt = now + CONSENT_MS * (0.8 + 0.4 * Math.random());
    if (now - path.heardAt < QUIET_PATH_MS) return;
    for (const other of this.#paths.values()) {
      if (this.#isUsable(other) && now - other.heardAt < QUIET_PATH_MS) {
        this.#select(other);
        return;
      }
    }
  }

  #expireChecks(path: IcePath, now: number): void {
    while (path.pending.length > 0) {
      const [oldest] = path.pending;
      if (!oldest || now - oldest.sentAt < CHECK_LIFETIME_MS) return;
      path.pending.shift();
      this.#hub.removeCheck(oldest.transaction);
    }
  }

  #check(path: IcePath, now: number): void {
    const remote = this.#remote;
    if (!remote || this.#closed) return;
    const wait = CHECK_WAITS[Math.min(path.attempts, CHECK_WAITS.length - 1)] ?? 0;
    path.attempts += 1;
    path.nextCheckAt = now + wait;
    const id = randomBytes(12);
    const transaction = id.toString('latin1');
    path.pending.push({ transaction, sentAt: now });
    this.#hub.addCheck(transaction, {
      agent: this,
      path,
      generation: this.#generation,
      password: remote.password,
      controlling: this.#controlling,
    });
    const request = writeRequest({
      transaction: id,
      username: `${remote.ufrag}:${this.local.ufrag}`,
      password: remote.password,
      priority: candidatePriority('prflx', 65_535),
      controlling: this.#controlling,
      tieBreaker: this.#tieBreaker,
    });
    path.socket.send(request, path.port, path.address);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const credentials of this.#local) {
      if (credentials) this.#hub.removeAgent(credentials.ufrag);
    }
    for (const path of this.#paths.values()) {
      this.#hub.removePath(path);
      for (const { transaction } of path.pending) this.#hub.removeCheck(transaction);
    }
    this.#paths.clear();
    this.#selected = null;
    this.#latest = null;
  }
}

const ICE_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** 48 bits of user name fragment, so that agents sharing a port never meet, and 144 bits of password (RFC 8839, 5.4). */
function newCredentials(): IceCredentials {
  const text = (length: number): string =>
    Array.from(randomBytes(length), (byte) => ICE_CHARACTERS.charAt(byte & 63)).join('');
  return { ufrag: text(8), password: text(24) };
}
