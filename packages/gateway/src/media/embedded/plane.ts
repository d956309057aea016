import { randomBytes } from 'node:crypto';
import { MediaError } from '../media-plane.ts';
import type {
  Codec,
  LegSource,
  LegStats,
  LocalAnswer,
  LocalOfferRequest,
  MediaEvent,
  MediaLegRef,
  MediaPlane,
  RemoteCandidate,
  RemoteOffer,
  Speech,
  TcpDoor,
  TcpEntrance,
} from '../media-plane.ts';
import { AddressWatch } from './addresses.ts';
import type { Addresses } from './addresses.ts';
import type { Verb, Verbs, WorkerSettings } from './messages.ts';
import { resolveOptions } from './options.ts';
import type { EmbeddedMediaOptions, MediaLogger, ResolvedOptions } from './options.ts';
import type { Reach } from './reach.ts';
import { TOKEN_BYTES } from './tcp/hop.ts';
import { RelayHandle } from './tcp/relay-handle.ts';
import { WorkerHandle } from './worker-handle.ts';
import type { WorkerHandlers } from './worker-handle.ts';

export type { EmbeddedMediaOptions, MediaLogger } from './options.ts';

export type StartWorker = (
  settings: WorkerSettings,
  handlers: WorkerHandlers,
) => Promise<WorkerHandle>;
const startRealWorker: StartWorker = (settings, handlers) => WorkerHandle.start(settings, handlers);

const SILENT: MediaLogger = { info: () => {}, warn: () => {}, error: () => {} };
/** A worker that dies at once again and again is started less and less often. */
const RESTART_WAITS_MS = [0, 500, 2_000, 10_000] as const;
/** After this long alive, a worker's earlier deaths are forgotten. */
const SOUND_AFTER_MS = 60_000;

/**
 * The media plane that comes with the gateway: packets are passed on between the parties without transcoding, in worker
 * threads of this process, so that whatever the signalling thread does cannot be heard.
 *
 * All legs of a call live in one worker. A worker that dies takes its legs along: each is reported as `lost`, and a new
 * worker takes its place.
 */
export class EmbeddedMediaPlane implements MediaPlane {
  readonly tcp: TcpEntrance = {
    open: (door) => {
      this.#openDoor(door);
    },
    take: (socket, first) => {
      this.#relay.take(socket, first);
    },
    counts: () => this.#relay.counts,
  };
  readonly #watch: AddressWatch;
  readonly #onAddresses: (addresses: Addresses) => void;
  readonly #relayToken = randomBytes(TOKEN_BYTES);
  readonly #relay: RelayHandle;
  readonly #startThread: StartWorker;
  readonly #options: ResolvedOptions;
  readonly #logger: MediaLogger;
  readonly #listeners = new Set<(event: MediaEvent) => void>();
  readonly #workers: (WorkerHandle | null)[] = [];
  readonly #calls = new Map<string, WorkerHandle>();
  readonly #deaths: { at: number; count: number }[] = [];
  readonly #restarts = new Set<NodeJS.Timeout>();
  #door: TcpDoor | null = null;
  /** What was last told of the addresses. */
  #told = '';
  #state: 'new' | 'started' | 'closed' = 'new';
  #starting: Promise<void> | null = null;
  #closing: Promise<void> | null = null;

  /**
   * @param startWorker another worker than the real one, for tests
   * @throws RangeError for an option that cannot be
   */
  constructor(options: EmbeddedMediaOptions = {}, startWorker: StartWorker = startRealWorker) {
    this.#startThread = startWorker;
    this.#options = resolveOptions(options);
    this.#logger = options.logger ?? SILENT;
    this.#onAddresses = options.onAddresses ?? (() => {});
    this.#relay = new RelayHandle(this.#relayToken, this.#options.tcpLimits, (message) => {
      this.#logger.warn({}, message);
    });
    const { addresses, surroundings } = this.#options;
    this.#watch = new AddressWatch(addresses, surroundings, () => {
      this.#follow();
    });
  }

  /** @throws Error that says what to do, when an address cannot be bound or no port is free */
  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    if (this.#state === 'closed') {
      throw new MediaError('closed', 'The media plane is closed.');
    }
    await this.#watch.start();
    this.#tellAddresses();
    const places = Array.from({ length: this.#options.workers }, (_, place) => place);
    const started = await Promise.allSettled(places.map((place) => this.#startWorker(place)));
    const failure = started.find((result) => result.status === 'rejected');
    if (failure) {
      await this.close();
      throw failure.reason;
    }
    // It may have been closed meanwhile.
    if (this.#isClosed) {
      throw new MediaError('closed', 'The media plane is closed.');
    }
    this.#state = 'started';
  }

  get #isClosed(): boolean {
    return this.#state === 'closed';
  }

  async #startWorker(place: number): Promise<void> {
    const settings = this.#options.settingsOf(place, this.#reach, this.#relayToken);
    const worker = await this.#startThread(settings, {
      event: (event) => {
        this.#event(worker, event);
      },
      log: (level, message) => {
        this.#logger[level]({ worker: place }, message);
      },
      refused: (refusals) => {
        this.#options.counters.refused(refusals);
      },
      lost: (reason) => {
        this.#lost(place, worker, reason);
      },
    });
    if (this.#isClosed) {
      await worker.close();
      return;
    }
    this.#workers[place] = worker;
    // They may have changed meanwhile.
    worker.follow(this.#reach);
    this.#relay.useThreads(this.#relayPorts);
  }

  get #relayPorts(): (number | null)[] {
    return Array.from(this.#workers, (worker) => worker?.relayPort ?? null);
  }

  get #reach(): Reach {
    const { own, public: outside } = this.#watch.addresses;
    return { own, public: outside, tcp: this.#door };
  }

  #openDoor(door: TcpDoor): void {
    this.#door = door;
    this.#follow();
  }

  #follow(): void {
    if (this.#isClosed) {
      return;
    }
    this.#tellAddresses();
    for (const worker of this.#workers) {
      worker?.follow(this.#reach);
    }
  }

  #tellAddresses(): void {
    const { addresses } = this.#watch;
    const text = JSON.stringify(addresses);
    if (text === this.#told) {
      return;
    }
    this.#told = text;
    this.#onAddresses(addresses);
  }

  #event(worker: WorkerHandle, event: MediaEvent): void {
    if (event.type === 'state' && event.state === 'closed') {
      this.#forget(worker, event);
    }
    if (event.type === 'lost') {
      this.#logger.error(
        { leg: event.leg, cause: event.cause },
        'a media leg failed and was closed',
      );
    }
    this.#emit(event);
  }

  #forget(worker: WorkerHandle, { call, leg }: { call: string; leg: string }): void {
    worker.legs.delete(leg);
    if (![...worker.legs.values()].includes(call)) {
      this.#calls.delete(call);
    }
  }

  #emit(event: MediaEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#logger.error({ error }, 'a listener of the media plane threw');
      }
    }
  }

  #lost(place: number, worker: WorkerHandle, reason: string): void {
    this.#workers[place] = null;
    this.#options.counters.threadLost();
    this.#relay.useThreads(this.#relayPorts);
    this.#logger.error({ worker: place, legs: worker.legs.size, reason }, 'a media worker died');
    for (const [leg, call] of [...worker.legs]) {
      this.#forget(worker, { call, leg });
      this.#emit({ type: 'lost', call, leg });
    }
    const now = performance.now();
    const earlier = this.#deaths[place];
    const count = earlier && now - earlier.at < SOUND_AFTER_MS ? earlier.count + 1 : 0;
    this.#deaths[place] = { at: now, count };
    this.#restart(place, RESTART_WAITS_MS[Math.min(count, RESTART_WAITS_MS.length - 1)] ?? 0);
  }

  #restart(place: number, waitMs: number): void {
    if (this.#isClosed) {
      return;
    }
    const timer = setTimeout(() => {
      this.#restarts.delete(timer);
      this.#startWorker(place).catch((error: unknown) => {
        this.#logger.error({ worker: place, error }, 'a media worker cannot be restarted');
        this.#restart(place, RESTART_WAITS_MS.at(-1) ?? 0);
      });
    }, waitMs);
    this.#restarts.add(timer);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#state = 'closed';
    for (const timer of this.#restarts) {
      clearTimeout(timer);
    }
    this.#restarts.clear();
    this.#watch.close();
    await this.#relay.close();
    const workers = this.#workers.splice(0).filter((worker) => worker !== null);
    await Promise.all(workers.map((worker) => worker.close()));
    this.#calls.clear();
    this.#listeners.clear();
  }

  offer(request: RemoteOffer): Promise<LocalAnswer> {
    return this.#place('offer', request);
  }

  createOffer(request: LocalOfferRequest): Promise<{ readonly sdp: string }> {
    return this.#place('createOffer', request);
  }

  answer(request: MediaLegRef & { readonly sdp: string }): Promise<{ readonly codec: Codec }> {
    return this.#run('answer', request);
  }

  async sendDigits(request: MediaLegRef & { readonly digits: string }): Promise<void> {
    await this.#run('sendDigits', request);
  }

  async candidate(request: MediaLegRef & { readonly candidate: RemoteCandidate }): Promise<void> {
    await this.#run('candidate', request);
  }

  async connect(call: string, a: string, b: string): Promise<void> {
    await this.#run('connect', { call, a, b });
  }

  async play(request: MediaLegRef & { readonly source: LegSource | null }): Promise<void> {
    await this.#run('play', request);
  }

  async speak(request: Speech): Promise<void> {
    await this.#run('speak', request);
  }

  async hush(request: MediaLegRef): Promise<void> {
    await this.#run('hush', request);
  }

  async hold(request: MediaLegRef & { readonly on: boolean }): Promise<void> {
    await this.#run('hold', request);
  }

  async delete(request: { readonly call: string; readonly leg?: string }): Promise<void> {
    if (this.#isClosed) {
      return;
    }
    const worker = this.#calls.get(request.call);
    if (worker?.isAlive) {
      await unlessLost(worker.run('delete', request), null);
    }
  }

  async query(call: string): Promise<readonly LegStats[]> {
    this.#assertOpen();
    const worker = this.#calls.get(call);
    return worker?.isAlive ? await unlessLost(worker.run('query', { call }), []) : [];
  }

  subscribe(listener: (event: MediaEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  #assertOpen(): void {
    if (this.#state !== 'started') {
      throw new MediaError('closed', 'The media plane is not running.');
    }
  }

  /** Verbs that may open a leg: they choose the worker of a new call. */
  async #place<V extends 'offer' | 'createOffer'>(
    verb: V,
    request: Verbs[V]['request'],
  ): Promise<Verbs[V]['result']> {
    this.#assertOpen();
    const { call, leg } = request;
    const worker = this.#calls.get(call) ?? this.#leastLoaded();
    const isNew = !worker.legs.has(leg);
    if (isNew && worker.legs.size >= this.#options.maxLegsPerWorker) {
      this.#options.counters.refused({ legs: 1 });
      throw new MediaError('no_capacity', 'All media workers are full.');
    }
    if (isNew) {
      worker.legs.set(leg, call);
    }
    this.#calls.set(call, worker);
    try {
      return await worker.run(verb, request);
    } catch (error) {
      // A leg that was refused at its first offer does not exist.
      if (isNew && verb === 'offer') {
        this.#forget(worker, request);
      }
      throw error;
    }
  }

  #leastLoaded(): WorkerHandle {
    const alive = this.#workers.filter((worker) => worker?.isAlive === true);
    if (alive.length === 0) {
      throw new MediaError('no_capacity', 'No media worker is running.');
    }
    const able = alive.filter((worker) => worker?.isLate(this.#options.maxLagMs) === false);
    const [best] = able.sort((a, b) => (a?.legs.size ?? 0) - (b?.legs.size ?? 0));
    if (!best) {
      this.#options.counters.refused({ lag: 1 });
      throw new MediaError('no_capacity', 'All media workers are late already.');
    }
    return best;
  }

  async #run<V extends Exclude<Verb, 'query' | 'delete'>>(
    verb: V,
    request: Verbs[V]['request'],
  ): Promise<Verbs[V]['result']> {
    this.#assertOpen();
    const worker = this.#calls.get(request.call);
    if (!worker) {
      throw new MediaError('unknown_leg', 'There is no such leg.');
    }
    return worker.run(verb, request);
  }
}

/** What a lost worker had is gone: there is nothing left to delete or to ask. */
async function unlessLost<T>(result: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof MediaError && error.code === 'lost') {
      return otherwise;
    }
    throw error;
  }
}
