import type { RemoteInfo } from 'node:dgram';
import type { IceAgent } from './ice-agent.ts';
import type { IcePath } from './ice-path.ts';
import { isStun, readStun } from './stun.ts';
import type { LocalSocket } from './udp-socket.ts';

export interface Check {
  readonly agent: IceAgent;
  readonly path: IcePath;
  readonly generation: number;
  readonly password: string;
  readonly controlling: boolean;
}

/**
 * Hands what the shared sockets receive to the ICE agent that it is for: a check by its user name fragment, an answer by
 * its transaction, everything else by the address that passed a check before. The rest is dropped without a word.
 */
export class IceHub {
  #sockets: readonly LocalSocket[] = [];
  readonly #agents = new Map<string, IceAgent>();
  readonly #checks = new Map<string, Check>();
  readonly #paths = new Map<LocalSocket, Map<string, IcePath>>();

  get sockets(): readonly LocalSocket[] {
    return this.#sockets;
  }

  /** Counts for leak tests and metrics. */
  get size(): { agents: number; checks: number; paths: number } {
    let paths = 0;
    for (const known of this.#paths.values()) paths += known.size;
    return { agents: this.#agents.size, checks: this.#checks.size, paths };
  }

  open(sockets: readonly LocalSocket[]): void {
    this.#sockets = sockets;
    for (const socket of sockets) this.#paths.set(socket, new Map());
  }

  /** The sockets are their opener's to close. */
  close(): void {
    this.#sockets = [];
    this.#paths.clear();
    this.#checks.clear();
    this.#agents.clear();
  }

  datagram(socket: LocalSocket, data: Buffer, from: RemoteInfo, key: string): void {
    if (data.length === 0) return;
    if (!isStun(data)) {
      const path = this.#paths.get(socket)?.get(key);
      path?.agent.datagram(path, data);
      return;
    }
    const message = readStun(data);
    if (!message) return;
    if (message.kind === 'request') {
      const ufrag = message.username?.split(':', 1)[0] ?? '';
      this.#agents.get(ufrag)?.request(socket, data, message, from, key);
      return;
    }
    const check = this.#checks.get(message.transaction);
    // An answer counts only from where the question went (RFC 8445, 7.2.5.2.1).
    if (check?.path.socket === socket && check.path.key === key) {
      check.agent.response(check, data, message);
    }
  }

  addAgent(ufrag: string, agent: IceAgent): void {
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

  addPath(path: IcePath): void {
    this.#paths.get(path.socket)?.set(path.key, path);
  }

  removePath(path: IcePath): void {
    const known = this.#paths.get(path.socket);
    if (known?.get(path.key) === path) known.delete(path.key);
  }
}
