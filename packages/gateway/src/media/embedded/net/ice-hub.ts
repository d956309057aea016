import type { RemoteInfo } from 'node:dgram';
import { isLoopback, isReachable } from './destination.ts';
import type { IcePath } from './ice-path.ts';
import { isStun, readStun } from './stun.ts';
import type { StunMessage } from './stun.ts';
import type { LocalSocket } from './udp-socket.ts';

/** The party's end of ICE, as the hub knows it. */
export interface HubAgent {
  /** A connectivity check; nothing about it is proven yet. */
  request(
    socket: LocalSocket,
    data: Buffer,
    message: StunMessage,
    from: RemoteInfo,
    key: string,
  ): void;
  /** The answer to a check of this agent. */
  response(check: Check, data: Buffer, message: StunMessage): void;
  /** Anything else, on a path that the agent owns. */
  datagram(path: IcePath, data: Buffer): void;
  /** The socket is closed: its paths are no more. */
  forget(socket: LocalSocket): void;
  /** What it was handed cannot be handled, by a fault of ours. */
  failed(error: unknown): void;
}

/** A connectivity check that waits for its answer. */
export interface Check {
  readonly agent: HubAgent;
  readonly path: IcePath;
  /** The party's credentials when it was sent. */
  readonly ufrag: string;
  readonly password: string;
  readonly controlling: boolean;
}

/**
 * Hands what the shared sockets receive to the ICE agent that it is for: a check by its user name fragment, an answer by
 * its transaction, everything else by the path that it came on. The rest is dropped without a word.
 *
 * A path belongs to one agent, which got an answer to a check of its own there: a signed check alone proves nothing about
 * the address that it seems to come from. The owner keeps the path until it lets it go or its party's consent ran out.
 */
export class IceHub {
  readonly prefix: string;
  #isOnLoopback = false;
  readonly #agents = new Map<string, HubAgent>();
  readonly #checks = new Map<string, Check>();
  readonly #owned = new Map<LocalSocket, Map<string, { agent: HubAgent; path: IcePath }>>();

  /** @param prefix what user name fragments of agents here begin with, so that a party's first check tells which thread it is for */
  constructor(prefix = '') {
    this.prefix = prefix;
  }

  get sockets(): readonly LocalSocket[] {
    return [...this.#owned.keys()];
  }

  /** Counts for leak tests and metrics. */
  get size(): { agents: number; checks: number; paths: number } {
    let paths = 0;
    for (const known of this.#owned.values()) {
      paths += known.size;
    }
    return { agents: this.#agents.size, checks: this.#checks.size, paths };
  }

  add(socket: LocalSocket): void {
    this.#owned.set(socket, new Map());
    this.#look();
  }

  /** What goes or comes by it is dropped from now on. */
  remove(socket: LocalSocket): void {
    for (const agent of new Set(this.#agents.values())) {
      agent.forget(socket);
    }
    this.#owned.delete(socket);
    this.#look();
  }

  /** A party is reached by it. */
  isUsed(socket: LocalSocket): boolean {
    return (this.#owned.get(socket)?.size ?? 0) > 0;
  }

  #look(): void {
    const udp = this.sockets.filter(({ transport }) => transport === 'udp');
    this.#isOnLoopback = udp.some(({ address }) => isLoopback(address));
  }

  /** The sockets are their opener's to close. */
  close(): void {
    this.#owned.clear();
    this.#checks.clear();
    this.#agents.clear();
  }

  datagram(socket: LocalSocket, data: Buffer, from: RemoteInfo, key: string): void {
    if (data.length === 0) {
      return;
    }
    if (!isStun(data)) {
      const owned = this.#owned.get(socket)?.get(key);
      if (owned) {
        handOver(owned.agent, (agent) => {
          agent.datagram(owned.path, data);
        });
      }
      return;
    }
    const message = readStun(data);
    if (!message) {
      return;
    }
    if (message.kind === 'request') {
      // Whoever made a connection is there; a datagram's sender may be forged.
      const isProven = socket.transport === 'tcp';
      if (!isProven && !isReachable(from.address, from.port, this.#isOnLoopback)) {
        return;
      }
      const ufrag = message.username?.split(':', 1)[0] ?? '';
      handOver(this.#agents.get(ufrag), (agent) => {
        agent.request(socket, data, message, from, key);
      });
      return;
    }
    const check = this.#checks.get(message.transaction);
    // An answer counts only from where the question went (RFC 8445, 7.2.5.2.1).
    if (check?.path.socket === socket && check.path.key === key) {
      handOver(check.agent, (agent) => {
        agent.response(check, data, message);
      });
    }
  }

  addAgent(ufrag: string, agent: HubAgent): void {
    this.#agents.set(ufrag, agent);
  }

  removeAgent(ufrag: string): void {
    this.#agents.delete(ufrag);
  }

  addCheck(transaction: string, check: Check): void {
    this.#checks.set(transaction, check);
  }

  removeCheck(transaction: string): void {
    this.#checks.delete(transaction);
  }

  /** Makes `agent` the owner of a path where a check of its own was answered. False: another one is, and its party is there. */
  claim(agent: HubAgent, path: IcePath, now: number): boolean {
    const known = this.#owned.get(path.socket);
    if (!known) {
      return false;
    }
    const owner = known.get(path.key);
    if (owner && owner.agent !== agent && owner.path.hasConsent(now)) {
      return false;
    }
    known.set(path.key, { agent, path });
    return true;
  }

  release(path: IcePath): void {
    const known = this.#owned.get(path.socket);
    if (known?.get(path.key)?.path === path) {
      known.delete(path.key);
    }
  }
}

/** The socket is shared: what throws in one agent is that one's matter. */
function handOver(agent: HubAgent | undefined, what: (agent: HubAgent) => void): void {
  if (!agent) {
    return;
  }
  try {
    what(agent);
  } catch (error) {
    agent.failed(error);
  }
}
