import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { mappedAddress } from './net/stun-client.ts';

/** What is asked of the surroundings; tests give others. */
export interface Surroundings {
  /** Addresses of this machine's interfaces. */
  interfaces(): readonly string[];
  /** Addresses of a host name. @throws Error when there are none */
  resolve(name: string): Promise<readonly string[]>;
  /** The address that a STUN server sees us at. @throws Error when it does not answer */
  mapped(address: string, port: number): Promise<string>;
}

export const SURROUNDINGS: Surroundings = {
  interfaces: () =>
    Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .map(({ address }) => address),
  resolve: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
  mapped: mappedAddress,
};

export interface AddressOptions {
  /** Local addresses to use; empty for all of the machine. */
  readonly bind: readonly string[];
  /** Loopback, and the machine's other addresses beside it; `bind` is not looked at. */
  readonly localOnly: boolean;
  /** What parties know this machine by, beside its own addresses: addresses, host names, `stun:host:port`. */
  readonly publicAddresses: readonly string[];
}

export interface Addresses {
  readonly own: readonly string[];
  readonly public: readonly string[];
  /** Entries of `publicAddresses` that nothing was ever found for, with the reason. */
  readonly missing: readonly { readonly entry: string; readonly reason: string }[];
}

const LOOK_MS = 3_000;
/** Names and STUN servers are asked again after so long, or the next time where nothing was found. */
const ASK_MS = 60_000;
/** A start waits so long for them. */
const FIRST_ASK_MS = 4_000;
const MAX_PER_NAME = 8;
const STUN_PORT = 3_478;

/** `stun:host` or `stun:host:port`, IPv6 in brackets. Undefined for anything else. */
export function parseStunEntry(entry: string): { host: string; port: number } | undefined {
  const match = /^stun:(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/i.exec(entry);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? STUN_PORT);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** Addresses of one entry now, sorted, so that a name server that shuffles them changes nothing. @throws Error when there are none */
export async function addressesOf(
  entry: string,
  surroundings: Surroundings = SURROUNDINGS,
): Promise<readonly string[]> {
  if (isIP(entry) !== 0) {
    return [entry];
  }
  const stun = parseStunEntry(entry);
  const name = stun?.host ?? entry;
  const found = isIP(name) === 0 ? await surroundings.resolve(name) : [name];
  const known = [...new Set(found)].sort().slice(0, MAX_PER_NAME);
  if (!stun) {
    return known;
  }
  const answers = await Promise.allSettled(
    known.map((address) => surroundings.mapped(address, stun.port)),
  );
  const mapped = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const refused = answers.find((answer) => answer.status === 'rejected');
  if (mapped.length === 0) {
    throw refused?.reason ?? new Error(`${name} has no address`);
  }
  return [...new Set(mapped)].sort();
}

/** Addresses of this machine to use now: none, but loopback ones, when there are no others. */
export function ownAddresses(
  { bind, localOnly }: Pick<AddressOptions, 'bind' | 'localOnly'>,
  surroundings: Surroundings = SURROUNDINGS,
): readonly string[] {
  const all = surroundings.interfaces();
  if (!localOnly && bind.length > 0) {
    // All of 127.0.0.0/8 is there, although one address of it is listed.
    const listed = (address: string): string => address.replace(/^127\..*/, '127.0.0.1');
    const there = bind.filter((address) => all.includes(listed(address)));
    return there.length > 0 ? there : bind;
  }
  const usable = all.filter((address) => !/^(127\.|::1$|169\.254\.|fe80:)/i.test(address));
  const own = usable.length > 0 ? usable : ['127.0.0.1'];
  return [...new Set(localOnly ? ['127.0.0.1', ...own] : own)];
}

interface Entry {
  readonly text: string;
  found: readonly string[];
  reason: string | null;
  askAt: number;
  asking: Promise<void> | null;
}

/** Follows the addresses of this machine, and those that it is known by outside. */
export class AddressWatch {
  readonly #options: AddressOptions;
  readonly #surroundings: Surroundings;
  readonly #looked: (addresses: Addresses) => void;
  readonly #entries: readonly Entry[];
  #own: readonly string[];
  #timer: NodeJS.Timeout | null = null;

  /** @param looked told the addresses of now, after each look */
  constructor(
    options: AddressOptions,
    surroundings: Surroundings,
    looked: (addresses: Addresses) => void,
  ) {
    this.#options = options;
    this.#surroundings = surroundings;
    this.#looked = looked;
    this.#entries = options.publicAddresses.map((text) => {
      const isLiteral = isIP(text) !== 0;
      const [found, askAt] = isLiteral ? [[text], Infinity] : [[], 0];
      return { text, found, reason: null, askAt, asking: null };
    });
    this.#own = ownAddresses(options, surroundings);
  }

  get addresses(): Addresses {
    const found = this.#entries.flatMap((entry) => entry.found);
    return {
      own: this.#own,
      public: [...new Set(found)],
      missing: this.#entries.flatMap(({ text, found: none, reason }) =>
        none.length === 0 ? [{ entry: text, reason: reason ?? 'no answer yet' }] : [],
      ),
    };
  }

  /** Waits a few seconds for names and STUN servers; what has not answered then is followed all the same. */
  async start(): Promise<void> {
    const asked = Promise.all(this.#ask());
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, FIRST_ASK_MS);
    });
    await Promise.race([asked, late]);
    clearTimeout(timer);
    this.#timer ??= setInterval(() => {
      void this.look();
    }, LOOK_MS);
  }

  /** One look; done by itself every 3 s. Settles when what was asked has answered. */
  async look(): Promise<void> {
    const before = this.#own.join();
    this.#own = ownAddresses(this.#options, this.#surroundings);
    // Another network is probably known by another address outside.
    if (this.#own.join() !== before) {
      for (const entry of this.#entries) {
        entry.askAt = 0;
      }
    }
    this.#looked(this.addresses);
    const asked = this.#ask();
    if (asked.length === 0) {
      return;
    }
    await Promise.all(asked);
    this.#looked(this.addresses);
  }

  #ask(): Promise<void>[] {
    const now = performance.now();
    const due = this.#entries.filter(({ askAt, asking, text }) => {
      return isIP(text) === 0 && askAt <= now && asking === null;
    });
    return due.map((entry) => {
      entry.asking = this.#askOne(entry);
      return entry.asking;
    });
  }

  /** What was found before stays when nothing is found now: a name server that is away is no reason to be unreachable. */
  async #askOne(entry: Entry): Promise<void> {
    try {
      entry.found = await addressesOf(entry.text, this.#surroundings);
      entry.reason = null;
      entry.askAt = performance.now() + ASK_MS;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      entry.reason = code ?? message;
    } finally {
      entry.asking = null;
    }
  }

  close(): void {
    if (this.#timer) {
      clearInterval(this.#timer);
    }
    this.#timer = null;
  }
}
