import { randomUUID } from 'node:crypto';
import { createClient } from '@redis/client';
import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import { RegisterError } from '../register.ts';

export interface RedisOptions {
  /** `redis://host:port/database`, or `rediss://` by TLS. */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Certificates that the server's is checked against, in PEM. */
  readonly ca?: string | undefined;
  /** Before every key and channel. */
  readonly prefix: string;
}

export interface RedisLinkDeps {
  readonly options: RedisOptions;
  /** A name for people, such as the machine's. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Client = ReturnType<typeof makeClient>;

/** Between two signs of life; each renews the lease. */
const BEAT_MS = 500;
/** A gateway of which nothing was heard for so long is gone. */
const LEASE_MS = 2000;
/** A command that is not answered by then has failed. */
const COMMAND_MS = 1000;
/** Without an answer for so long the connection is opened anew: the network may have forgotten it. */
const REOPEN_MS = 3000;
/** Between two attempts to connect, at most. */
const RETRY_MS = 1000;
/** Commands that wait for the connection. */
const MAX_WAITING = 20_000;

/** Renews the lease; of the own channel it says how many read it. */
const BEAT = `redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) return redis.call('PUBLISH', ARGV[2], '')`;

/**
 * The connection to Redis and this gateway's lease there. It works while signs of life come back; when it does not, whatever needs it fails
 * at once, and it is tried again for ever.
 */
export class RedisLink {
  readonly node: string;
  readonly #deps: RedisLinkDeps;
  readonly #onText = new Set<(text: string) => void>();
  readonly #onWorks = new Set<(works: boolean) => void>();
  #commands: Client | null = null;
  #subscriber: Client | null = null;
  #works = false;
  #closed = false;
  #generation = 0;
  #cancelBeat: () => void = () => undefined;
  #answeredAt: number;
  #isBeating = false;

  constructor(deps: RedisLinkDeps) {
    this.#deps = deps;
    this.node = `${deps.name}-${randomUUID()}`;
    this.#answeredAt = deps.clock.monotonic();
  }

  get works(): boolean {
    return this.#works;
  }

  key(...parts: readonly string[]): string {
    return `${this.#deps.options.prefix}${parts.join(':')}`;
  }

  channel(node: string): string {
    return this.key('to', node);
  }

  lease(node: string): string {
    return this.key('node', node);
  }

  /** What others publish for this gateway, in order. */
  onText(listener: (text: string) => void): void {
    this.#onText.add(listener);
  }

  onWorks(listener: (works: boolean) => void): void {
    this.#onWorks.add(listener);
  }

  /** Settles when it works, or when the wait is over: a gateway starts without it too. */
  async start(waitMs: number): Promise<void> {
    this.#open();
    await new Promise<void>((resolve) => {
      const cancel = this.#deps.clock.schedule(resolve, waitMs);
      this.onWorks((works) => {
        if (works) {
          cancel();
          resolve();
        }
      });
      this.#beat();
    });
    if (!this.#works) {
      this.#deps.logger.warn(
        'Redis cannot be reached; users of other gateways cannot be called until it can',
      );
    }
  }

  /** The lease ends at once, so that others need not wait for it. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelBeat();
    const commands = this.#commands;
    if (this.#works && commands) {
      await within(commands.del(this.lease(this.node)), COMMAND_MS, this.#deps.clock).catch(
        () => undefined,
      );
    }
    this.#works = false;
    this.#drop();
  }

  /** Runs a script. @throws {RegisterError} when it cannot, or no answer came in time */
  async evaluate(
    script: string,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<unknown> {
    return this.#run((client) => client.eval(script, { keys: [...keys], arguments: [...args] }));
  }

  /** @returns how many read the channel */
  publish(channel: string, text: string): Promise<number> {
    return this.#run((client) => client.publish(channel, text));
  }

  async #run<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const client = this.#commands;
    if (!this.#works || !client) {
      throw new RegisterError('Redis cannot be reached');
    }
    return within(work(client), COMMAND_MS, this.#deps.clock);
  }

  #open(): void {
    const generation = ++this.#generation;
    this.#drop();
    const { options, logger } = this.#deps;
    const commands = makeClient(options);
    const subscriber = makeClient(options);
    this.#commands = commands;
    this.#subscriber = subscriber;
    this.#answeredAt = this.#deps.clock.monotonic();
    for (const client of [commands, subscriber]) {
      client.on('error', (error: unknown) => {
        logger.debug({ err: error }, 'Redis');
      });
    }
    const failed = (error: unknown): void => {
      if (generation === this.#generation && !this.#closed) {
        logger.debug({ err: error }, 'Redis cannot be reached');
      }
    };
    commands.connect().catch(failed);
    subscriber
      .connect()
      .then(() =>
        subscriber.subscribe(this.channel(this.node), (text) => {
          if (generation !== this.#generation || text === '') {
            return;
          }
          for (const listener of this.#onText) {
            listener(text);
          }
        }),
      )
      .catch(failed);
  }

  #drop(): void {
    for (const client of [this.#commands, this.#subscriber]) {
      if (client?.isOpen === true) {
        client.destroy();
      }
    }
    this.#commands = null;
    this.#subscriber = null;
  }

  #beat(): void {
    if (this.#closed) {
      return;
    }
    const { clock } = this.#deps;
    this.#cancelBeat = clock.schedule(() => {
      this.#beat();
    }, BEAT_MS);
    const client = this.#commands;
    if (clock.monotonic() - this.#answeredAt > REOPEN_MS) {
      this.#setWorks(false);
      this.#open();
    } else if (this.#isBeating && clock.monotonic() - this.#answeredAt > COMMAND_MS) {
      this.#setWorks(false);
    }
    if (this.#isBeating || client?.isReady !== true) {
      if (client?.isReady !== true) {
        this.#setWorks(false);
      }
      return;
    }
    this.#isBeating = true;
    const generation = this.#generation;
    client
      .eval(BEAT, {
        keys: [this.lease(this.node)],
        arguments: [String(LEASE_MS), this.channel(this.node)],
      })
      .then(
        (readers) => {
          if (generation === this.#generation && !this.#closed) {
            this.#answeredAt = clock.monotonic();
            this.#setWorks(Number(readers) > 0);
          }
        },
        (error: unknown) => {
          this.#deps.logger.debug({ err: error }, 'Redis');
          if (generation === this.#generation) {
            this.#setWorks(false);
          }
        },
      )
      .finally(() => {
        this.#isBeating = false;
      });
  }

  #setWorks(works: boolean): void {
    if (works === this.#works) {
      return;
    }
    this.#works = works;
    if (works) {
      this.#deps.logger.info('Redis is reached');
    } else {
      this.#deps.logger.warn(
        'Redis cannot be reached: calls go on, and users of other gateways cannot be called',
      );
    }
    for (const listener of this.#onWorks) {
      listener(works);
    }
  }
}

function makeClient({ url, username, password, ca }: RedisOptions) {
  const socket = {
    connectTimeout: REOPEN_MS,
    reconnectStrategy: (retries: number) =>
      Math.min(RETRY_MS, 50 * 2 ** Math.min(retries, 5)) * (0.5 + Math.random() / 2),
  };
  const isTls = url.startsWith('rediss:');
  return createClient({
    url,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    socket: isTls ? { ...socket, tls: true, ...(ca === undefined ? {} : { ca }) } : socket,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_WAITING,
  });
}

/** @throws {RegisterError} when it did not settle in time, or failed */
function within<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(() => {
      reject(new RegisterError('Redis did not answer in time'));
    }, ms);
    work.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(new RegisterError('Redis refused', { cause: error }));
      },
    );
  });
}
