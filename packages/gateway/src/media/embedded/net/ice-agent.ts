import { randomBytes } from 'node:crypto';
import type { RemoteInfo } from 'node:dgram';
import { candidatePriority } from './candidates.ts';
import type { Check, HubAgent, IceHub } from './ice-hub.ts';
import { IcePath } from './ice-path.ts';
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
  /** Whether a check of so many bytes is looked at; asked before its signature is. */
  admits(bytes: number, now: number): boolean;
  /** DTLS, RTP or RTCP on a path where a check of ours was answered. */
  datagram(path: IcePath, data: Buffer): void;
  /** A path of the current generation is in use; also after a restart and when the party moves. */
  selected(path: IcePath): void;
  /** What came cannot be handled, by a fault of ours. */
  failed(error: unknown): void;
}

/** Waits between checks of one path that are not answered, in milliseconds. */
const CHECK_WAITS = [50, 100, 150, 250, 500, 500, 1000, 1000, 2000] as const;
const MAX_CHECKS = 20;
const CHECKS_PER_TICK = 4;
const MAX_PENDING = 4;
/** Between checks of a path that works (RFC 7675, 5.1: 5 s at most). */
const KEEP_ALIVE_MS = 2_500;
const CHECK_LIFETIME_MS = 3_000;
/** A path of an earlier generation, or one not in use, is forgotten after so long without a word. */
const OLD_PATH_MS = 10_000;
const IDLE_PATH_MS = 30_000;
/** Paths of one party that are remembered; beyond that, the one that was quiet for longest makes room. */
const MAX_PATHS = 64;
/** A path in use that is quiet for this long gives way to another one that is not. */
const QUIET_PATH_MS = 4_000;

/**
 * An ICE agent (RFC 8445) for one component, which waits to be found: the party knows the gateway's addresses and checks
 * them, and each path that a signed check came on is checked in return. An address that nothing was heard from is never
 * sent anything, so the party's own candidates are not looked at, and a party that sends no checks (ICE-lite) cannot connect.
 *
 * - Checks without the right user name and signature are dropped; every other one is answered.
 * - A path counts, and carries DTLS and media, once a check of ours was answered on it; until then at most three times as much
 *   is sent there as came from there. It counts while checks are answered on it (consent, RFC 7675).
 * - A restart keeps the path in use until the new generation has one, so that no packet is lost.
 * - Of several paths that the party nominates, the one that it sends media on is used.
 * - Nothing here owns a timer: `tick` is called every 20 ms.
 */
export class IceAgent implements HubAgent {
  readonly #hub: IceHub;
  readonly #handlers: IceHandlers;
  readonly #tieBreaker = randomBytes(8).readBigUInt64BE(0);
  readonly #paths = new Set<IcePath>();
  /** Current and previous credentials: a party checks its old path until the new one works. */
  #local: readonly [IceCredentials, IceCredentials | null];
  #remote: IceCredentials | null = null;
  #generation = 0;
  #controlling: boolean;
  #selected: IcePath | null = null;
  /** Where DTLS goes before a path is nominated: the path that counts and that the party used last. */
  #latest: IcePath | null = null;
  #heardAt = 0;
  #closed = false;

  constructor(hub: IceHub, controlling: boolean, handlers: IceHandlers) {
    this.#hub = hub;
    this.#local = [newCredentials(hub.prefix), null];
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
    const ufrag = this.#remote?.ufrag;
    return ufrag !== undefined && path.validFor === ufrag && path.nominatedFor === ufrag;
  }

  /** The party agreed, not long ago, to be sent to where {@link send} goes. */
  hasConsent(now: number): boolean {
    return (this.#selected ?? this.#latest)?.hasConsent(now) === true;
  }

  /** When anything authentic last came from the party, by any path; milliseconds, 0 before. */
  get heardAt(): number {
    return this.#heardAt;
  }

  setRemote(remote: IceCredentials, now: number): void {
    this.#remote = remote;
    // Checks that came before the description were answered; now they can be returned.
    for (const path of this.#paths) {
      if (path.ufrag === remote.ufrag) {
        this.#check(path, now);
      }
    }
  }

  /** Restarts so far. */
  get generation(): number {
    return this.#generation;
  }

  /** New credentials of our own; the party's must follow. The party that restarts by an offer takes the controlling role. */
  restart(controlling: boolean): void {
    const [current, previous] = this.#local;
    if (previous) {
      this.#hub.removeAgent(previous.ufrag);
    }
    this.#local = [newCredentials(this.#hub.prefix), current];
    this.#hub.addAgent(this.local.ufrag, this);
    this.#remote = null;
    this.#generation += 1;
    this.#controlling = controlling;
  }

  /** The path that a check came on. */
  #path(socket: LocalSocket, from: RemoteInfo, key: string): IcePath {
    const known = this.#find(socket, key);
    if (known) {
      return known;
    }
    if (this.#paths.size >= MAX_PATHS) {
      this.#forgetQuietest();
    }
    const path = new IcePath(socket, from.address, from.port, key);
    this.#paths.add(path);
    return path;
  }

  #find(socket: LocalSocket, key: string): IcePath | undefined {
    for (const path of this.#paths) {
      if (path.socket === socket && path.key === key) {
        return path;
      }
    }
    return undefined;
  }

  #forgetQuietest(): void {
    let quietest: IcePath | null = null;
    for (const path of this.#paths) {
      if (path !== this.#selected && (!quietest || path.heardAt < quietest.heardAt)) {
        quietest = path;
      }
    }
    if (quietest) {
      this.#forget(quietest);
    }
  }

  #forget(path: IcePath): void {
    this.#paths.delete(path);
    this.#hub.release(path);
    for (const { transaction } of path.pending) {
      this.#hub.removeCheck(transaction);
    }
    if (this.#latest === path) {
      this.#latest = null;
    }
    if (this.#selected === path) {
      this.#selected = null;
    }
  }

  /** A check from the party (RFC 8445, 7.3). */
  request(
    socket: LocalSocket,
    data: Buffer,
    message: StunMessage,
    from: RemoteInfo,
    key: string,
  ): void {
    const now = performance.now();
    if (!this.#handlers.admits(data.length, now)) {
      return;
    }
    const [ours, theirs = ''] = message.username?.split(':', 2) ?? [];
    const local = this.#local.find((credentials) => credentials?.ufrag === ours);
    if (!local || !isSignedWith(data, message, local.password)) {
      return;
    }
    // After a restart Chromium goes on with our former credentials on new paths: what is new is told by its own ones.
    const isCurrent = theirs === this.#remote?.ufrag;
    if (message.role && isCurrent && message.role.controlling === this.#controlling) {
      // RFC 8445, 7.3.1.1: the larger tie-breaker controls.
      const weControl = this.#tieBreaker >= message.role.tieBreaker;
      if (weControl === this.#controlling) {
        socket.send(writeRoleConflict(data, local.password), from.port, from.address);
        return;
      }
      this.#controlling = weControl;
    }
    const path = this.#path(socket, from, key);
    path.checked(theirs, local.ufrag);
    this.#heard(path, now);
    path.credit(data.length);
    if (message.useCandidate && !this.#controlling) {
      path.nominate(theirs);
    }
    // Before the answer: once the party has that, it starts DTLS, which counts when it has answered this.
    if (isCurrent && this.#isToBeChecked(path, now)) {
      this.#check(path, now);
    }
    path.send(writeSuccess(data, from.address, from.port, local.password));
    if (isCurrent && path.validFor === theirs) {
      this.#use(path);
    }
  }

  /** Paths that count are checked again now and then, so that their consent lasts while the party keeps them. */
  #isToBeChecked(path: IcePath, now: number): boolean {
    if (path.pending.length >= MAX_PENDING) {
      return false;
    }
    return path.validFor !== path.ufrag || now - (path.answeredAt ?? 0) >= KEEP_ALIVE_MS;
  }

  /** The answer to a check of ours (RFC 8445, 7.2.5). */
  response(check: Check, data: Buffer, message: StunMessage): void {
    if (!isSignedWith(data, message, check.password)) {
      return;
    }
    this.#hub.removeCheck(message.transaction);
    const path = check.path;
    const at = path.pending.findIndex(({ transaction }) => transaction === message.transaction);
    if (at >= 0) {
      path.pending.splice(at, 1);
    }
    const now = performance.now();
    if (message.kind === 'error') {
      if (message.errorCode === ROLE_CONFLICT && check.controlling === this.#controlling) {
        this.#controlling = !this.#controlling;
        if (check.ufrag === this.#remote?.ufrag) {
          this.#check(path, now);
        }
      }
      return;
    }
    if (!this.#hub.claim(this, path, now)) {
      return;
    }
    path.answered(now);
    this.#heard(path, now);
    if (check.ufrag !== this.#remote?.ufrag) {
      return;
    }
    path.validate(check.ufrag);
    if (check.controlling) {
      path.nominate(check.ufrag);
    }
    this.#use(path);
  }

  #heard(path: IcePath, now: number): void {
    path.hear(now);
    this.#heardAt = now;
  }

  /** The path counts, and the party just used it. */
  #use(path: IcePath): void {
    this.#latest = path;
    if (this.#isUsable(path) && !this.isConnected) {
      this.#select(path);
    }
  }

  #select(path: IcePath): void {
    this.#selected = path;
    path.checkAgainAt(performance.now() + KEEP_ALIVE_MS);
    this.#handlers.selected(path);
  }

  datagram(path: IcePath, data: Buffer): void {
    if (!this.#closed) {
      this.#handlers.datagram(path, data);
    }
  }

  forget(socket: LocalSocket): void {
    for (const path of this.#paths) {
      if (path.socket === socket) {
        this.#forget(path);
      }
    }
    if (!this.#selected) {
      this.#selectAnother();
    }
  }

  failed(error: unknown): void {
    this.#handlers.failed(error);
  }

  /** Authentic media came this way: the party has chosen this path, whatever it nominated before. */
  media(path: IcePath, now: number): void {
    this.#heard(path, now);
    if (path !== this.#selected && this.#isUsable(path)) {
      this.#select(path);
    }
  }

  /** Sends DTLS or media; without a path whose consent lasts, nothing. */
  send(data: Buffer): void {
    const path = this.#selected ?? this.#latest;
    if (path?.hasConsent(performance.now()) === true && !this.#closed) {
      path.send(data);
    }
  }

  tick(now: number): void {
    let budget = CHECKS_PER_TICK;
    for (const path of this.#paths) {
      this.#expireChecks(path, now);
      if (path.answeredAt !== null && !path.hasConsent(now)) {
        this.#lapse(path);
      }
      if (path === this.#selected && this.#isUsable(path)) {
        if (now >= path.nextCheckAt) {
          this.#keepAlive(path, now);
        }
      } else if (path !== this.#selected && now - path.heardAt > this.#patience(path)) {
        this.#forget(path);
      } else if (path.ufrag === this.#remote?.ufrag && path.validFor !== path.ufrag) {
        if (path.attempts >= MAX_CHECKS || now < path.nextCheckAt || budget === 0) {
          continue;
        }
        if (path.pending.length < MAX_PENDING && this.#check(path, now)) {
          budget -= 1;
        }
      }
    }
  }

  #patience(path: IcePath): number {
    return path.ufrag === this.#remote?.ufrag ? IDLE_PATH_MS : OLD_PATH_MS;
  }

  #lapse(path: IcePath): void {
    path.lapse();
    this.#hub.release(path);
    if (this.#latest === path) {
      this.#latest = null;
    }
    if (this.#selected !== path) {
      return;
    }
    this.#selected = null;
    this.#selectAnother();
  }

  #selectAnother(): void {
    for (const other of this.#paths) {
      if (this.#isUsable(other)) {
        this.#select(other);
        return;
      }
    }
  }

  /** Keeps NAT bindings open and asks for the party's consent again; leaves a path that went quiet. */
  #keepAlive(path: IcePath, now: number): void {
    this.#check(path, now);
    path.checkAgainAt(now + KEEP_ALIVE_MS * (0.8 + 0.4 * Math.random()));
    if (now - path.heardAt < QUIET_PATH_MS) {
      return;
    }
    for (const other of this.#paths) {
      if (this.#isUsable(other) && now - other.heardAt < QUIET_PATH_MS) {
        this.#select(other);
        return;
      }
    }
  }

  #expireChecks(path: IcePath, now: number): void {
    while (path.pending.length > 0) {
      const [oldest] = path.pending;
      if (!oldest || now - oldest.sentAt < CHECK_LIFETIME_MS) {
        return;
      }
      path.pending.shift();
      this.#hub.removeCheck(oldest.transaction);
    }
  }

  /** False when nothing was sent: the party's description is missing, or the address has to answer first. */
  #check(path: IcePath, now: number): boolean {
    const remote = this.#remote;
    if (!remote || this.#closed) {
      return false;
    }
    const wait = CHECK_WAITS[Math.min(path.attempts, CHECK_WAITS.length - 1)] ?? 0;
    path.checkAgainAt(now + wait);
    const id = randomBytes(12);
    const request = writeRequest({
      transaction: id,
      username: `${remote.ufrag}:${path.localUfrag}`,
      password: remote.password,
      priority: candidatePriority('prflx', 65_535),
      controlling: this.#controlling,
      tieBreaker: this.#tieBreaker,
    });
    if (!path.maySend(request.length, now)) {
      return false;
    }
    const transaction = id.toString('latin1');
    path.asked(transaction, now);
    this.#hub.addCheck(transaction, {
      agent: this,
      path,
      ufrag: remote.ufrag,
      password: remote.password,
      controlling: this.#controlling,
    });
    path.send(request);
    return true;
  }

  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    for (const credentials of this.#local) {
      if (credentials) {
        this.#hub.removeAgent(credentials.ufrag);
      }
    }
    for (const path of this.#paths) {
      this.#forget(path);
    }
  }
}

const ICE_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** 48 bits of user name fragment, so that agents sharing a port never meet, and 144 bits of password (RFC 8839, 5.4). */
function newCredentials(prefix: string): IceCredentials {
  const text = (length: number): string =>
    Array.from(randomBytes(length), (byte) => ICE_CHARACTERS.charAt(byte & 63)).join('');
  return { ufrag: prefix + text(8), password: text(24) };
}
