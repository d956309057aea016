import type { BencodeDictionary, BencodeInput } from './bencode.ts';
import { NgClient, NgError } from './ng-client.ts';
import type { NgAddress } from './ng-client.ts';

export interface NodeOptions extends NgAddress {
  /** Legs are shared out by it; 0: this node takes no new ones. */
  readonly weight: number;
}

export interface NodeHandlers {
  /** It answers again, or no longer: one that does not gets no new legs. */
  changed(node: MediaNode): void;
  /** It has not answered for so long that what it carried is taken for lost. */
  lost(node: MediaNode): void;
}

/** What `/metrics` shows of a node. */
export interface NodeCounts {
  readonly node: string;
  readonly up: boolean;
  readonly legs: number;
  readonly retries: number;
}

const LOOK_MS = 500;
const DOWN_MS = 2_000;
const LOST_MS = 7_000;

/**
 * One rtpengine: whether it answers, and what it carries.
 *
 * It is asked every half second whether it lives. Silence is counted while this process runs, so that a stall of our own harms nobody.
 */
export class MediaNode {
  readonly name: string;
  readonly weight: number;
  readonly #options: NodeOptions;
  readonly #handlers: NodeHandlers;
  #client: NgClient | null = null;
  #look: NodeJS.Timeout | null = null;
  #lookedAt = 0;
  #silentMs = 0;
  #isAsked = false;
  #isUp = false;
  #isLost = false;
  #retries = 0;
  #legs = 0;

  constructor(options: NodeOptions, handlers: NodeHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.weight = options.weight;
    const { address, port } = options;
    this.name = address.includes(':')
      ? `[${address}]:${String(port)}`
      : `${address}:${String(port)}`;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get legs(): number {
    return this.#legs;
  }

  /** It carries one leg more. Returns its undo. */
  carry(): () => void {
    this.#legs += 1;
    return () => {
      this.#legs -= 1;
    };
  }

  get counts(): NodeCounts {
    return { node: this.name, up: this.#isUp, legs: this.#legs, retries: this.#retries };
  }

  /** Our address on the way there. */
  get localAddress(): string {
    return this.#client?.localAddress ?? '';
  }

  /** Opens the way and asks once; a node that does not answer is asked on and on. */
  async start(): Promise<void> {
    this.#client = await NgClient.open(this.#options, {
      heard: () => {
        this.#heard();
      },
      resent: () => {
        this.#retries += 1;
      },
    });
    this.#lookedAt = performance.now();
    this.#look = setInterval(() => {
      this.#watch();
    }, LOOK_MS);
    await this.#ask();
  }

  #heard(): void {
    this.#silentMs = 0;
    this.#isLost = false;
    if (!this.#isUp) {
      this.#isUp = true;
      this.#handlers.changed(this);
    }
  }

  async #ask(): Promise<void> {
    this.#isAsked = true;
    try {
      await this.#client?.request('ping');
    } catch {
      // Its silence is counted.
    } finally {
      this.#isAsked = false;
    }
  }

  #watch(): void {
    const now = performance.now();
    // Between two looks, what came is read; a longer pause was ours.
    this.#silentMs += Math.min(now - this.#lookedAt, 2 * LOOK_MS);
    this.#lookedAt = now;
    if (!this.#isAsked) {
      void this.#ask();
    }
    if (this.#silentMs >= DOWN_MS && this.#isUp) {
      this.#isUp = false;
      this.#handlers.changed(this);
    }
    if (this.#silentMs >= LOST_MS && !this.#isLost) {
      this.#isLost = true;
      this.#handlers.lost(this);
    }
  }

  /** @throws NgError */
  async request(
    command: string,
    fields: Readonly<Record<string, BencodeInput>>,
  ): Promise<BencodeDictionary> {
    if (!this.#client) {
      throw new NgError('closed', 'The node is not started.');
    }
    return this.#client.request(command, fields);
  }

  close(): void {
    if (this.#look) {
      clearInterval(this.#look);
    }
    this.#client?.close();
  }
}

/** The node that has least to do for its weight, of those that answer and are not in `tried`; null: none. */
export function leastLoaded(
  nodes: readonly MediaNode[],
  tried: ReadonlySet<MediaNode>,
): MediaNode | null {
  const able = nodes.filter((node) => node.isUp && node.weight > 0 && !tried.has(node));
  const load = (node: MediaNode): number => (node.legs + 1) / node.weight;
  return able.reduce<MediaNode | null>(
    (best, node) => (best && load(best) <= load(node) ? best : node),
    null,
  );
}
