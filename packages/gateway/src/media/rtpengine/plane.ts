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
} from '../media-plane.ts';
import { BrowserLeg } from './browser-leg.ts';
import type { LegThresholds } from './browser-leg.ts';
import { MediaNode, leastLoaded } from './media-node.ts';
import type { NodeCounts, NodeOptions } from './media-node.ts';

export interface RtpengineMediaOptions extends LegThresholds {
  readonly nodes: readonly NodeOptions[];
  readonly logger: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
}

/**
 * A media plane whose browsers are reached through a pool of rtpengines. Each browser's leg is one call of one of them, with plain RTP to
 * a leg of our own media threads, which connect, hold, play, and speak; parties by RTP are legs of those threads alone.
 */
export class RtpengineMediaPlane implements MediaPlane {
  readonly #options: RtpengineMediaOptions;
  /** Our own media threads. */
  readonly #threads: MediaPlane;
  readonly #nodes: readonly MediaNode[];
  readonly #legs = new Map<string, BrowserLeg>();
  /** Legs of parties that are reached by plain RTP. */
  readonly #rtpLegs = new Set<string>();
  readonly #listeners = new Set<(event: MediaEvent) => void>();
  #state: 'new' | 'started' | 'closed' = 'new';

  /** @param threads a plane of media threads, not started; it is started and closed with this one */
  constructor(options: RtpengineMediaOptions, threads: MediaPlane) {
    this.#options = options;
    this.#threads = threads;
    this.#nodes = options.nodes.map(
      (node) =>
        new MediaNode(node, {
          changed: (changed) => {
            this.#nodeChanged(changed);
          },
          lost: (lost) => {
            this.#nodeLost(lost);
          },
        }),
    );
    threads.subscribe((event) => {
      this.#threadEvent(event);
    });
  }

  /** For metrics. */
  get nodes(): readonly NodeCounts[] {
    return this.#nodes.map((node) => node.counts);
  }

  async start(): Promise<void> {
    await this.#threads.start();
    try {
      await Promise.all(this.#nodes.map((node) => node.start()));
    } catch (error) {
      await this.close();
      throw error;
    }
    for (const node of this.#nodes) {
      if (!node.isUp) {
        this.#options.logger.error({ node: node.name }, 'a media node does not answer');
      }
    }
    this.#state = 'started';
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    for (const leg of this.#legs.values()) {
      leg.close();
    }
    this.#legs.clear();
    await this.#threads.close();
    for (const node of this.#nodes) {
      node.close();
    }
    this.#listeners.clear();
  }

  #nodeChanged(node: MediaNode): void {
    if (node.isUp) {
      this.#options.logger.info({ node: node.name }, 'a media node answers');
      return;
    }
    this.#options.logger.warn({ node: node.name }, 'a media node does not answer: no new legs');
  }

  #nodeLost(node: MediaNode): void {
    for (const leg of [...this.#legs.values()]) {
      if (leg.nodeLost(node)) {
        this.#lose(leg, `${node.name} does not answer`);
      }
    }
  }

  #lose(leg: BrowserLeg, cause: string): void {
    if (this.#legs.get(leg.ref.leg) !== leg) {
      return;
    }
    this.#options.logger.error({ leg: leg.ref.leg, cause }, 'a media leg is lost');
    this.#forget(leg);
    this.#emit({ type: 'lost', ...leg.ref, cause });
    this.#deleteInThreads(leg.ref);
  }

  /** Nobody waits for it. When the plane is closed meanwhile, nothing is left to delete. */
  #deleteInThreads(ref: MediaLegRef): void {
    this.#threads.delete(ref).catch((error: unknown) => {
      if (this.#state !== 'closed') {
        this.#options.logger.error({ error, leg: ref.leg }, 'a leg could not be deleted');
      }
    });
  }

  #forget(leg: BrowserLeg): void {
    this.#legs.delete(leg.ref.leg);
    leg.close();
  }

  /** Of a browser's leg our threads know only the plain side: how the leg is, they do not know. */
  #threadEvent(event: MediaEvent): void {
    const leg = this.#legs.get(event.leg);
    if (event.type === 'lost' || (event.type === 'state' && event.state === 'closed')) {
      this.#rtpLegs.delete(event.leg);
    }
    if (leg && event.type === 'state' && event.state !== 'closed') {
      leg.threadState(event.state);
      return;
    }
    if (leg && (event.type === 'lost' || event.type === 'state')) {
      this.#forget(leg);
    }
    this.#emit(event);
  }

  #emit(event: MediaEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#options.logger.error({ error }, 'a listener of the media plane threw');
      }
    }
  }

  #assertOpen(): void {
    if (this.#state !== 'started') {
      throw new MediaError('closed', 'The media plane is not running.');
    }
  }

  #open({ call, leg: id }: MediaLegRef): { leg: BrowserLeg; isNew: boolean } {
    this.#assertOpen();
    const known = this.#legs.get(id);
    if (known) {
      if (known.ref.call !== call) {
        throw new MediaError('unknown_leg', 'There is no such leg.');
      }
      return { leg: known, isNew: false };
    }
    const choose = (tried: ReadonlySet<MediaNode>): MediaNode | null =>
      leastLoaded(this.#nodes, tried);
    const leg = new BrowserLeg({ call, leg: id }, this.#threads, choose, this.#options, {
      state: ({ ref }, state) => {
        this.#emit({ type: 'state', ...ref, state });
      },
      lost: (lost, cause) => {
        this.#lose(lost, cause);
      },
    });
    this.#legs.set(id, leg);
    return { leg, isNew: true };
  }

  /** The browser's leg of that name; null: a party by RTP, or nobody. */
  #browser({ call, leg }: MediaLegRef): BrowserLeg | null {
    const known = this.#legs.get(leg);
    return known?.ref.call === call ? known : null;
  }

  offer(request: RemoteOffer): Promise<LocalAnswer> {
    return this.#opening(request, {
      byRtp: () => this.#threads.offer(request),
      browser: (leg) => leg.offer(request),
    });
  }

  createOffer(request: LocalOfferRequest): Promise<{ readonly sdp: string }> {
    return this.#opening(request, {
      byRtp: () => this.#threads.createOffer(request),
      browser: (leg) => leg.createOffer(request),
    });
  }

  /** A leg that was refused at its first description does not exist. */
  async #opening<T>(
    request: RemoteOffer | LocalOfferRequest,
    use: { readonly byRtp: () => Promise<T>; readonly browser: (leg: BrowserLeg) => Promise<T> },
  ): Promise<T> {
    this.#assertOpen();
    if (request.rtp || this.#rtpLegs.has(request.leg)) {
      const isNew = !this.#rtpLegs.has(request.leg);
      this.#rtpLegs.add(request.leg);
      return unless(isNew, use.byRtp(), () => {
        this.#rtpLegs.delete(request.leg);
      });
    }
    const { leg, isNew } = this.#open(request);
    return unless(isNew, use.browser(leg), () => {
      this.#forget(leg);
      this.#deleteInThreads(leg.ref);
    });
  }

  async answer(
    request: MediaLegRef & { readonly sdp: string },
  ): Promise<{ readonly codec: Codec }> {
    this.#assertOpen();
    const leg = this.#browser(request);
    return leg ? leg.answer(request.sdp) : this.#threads.answer(request);
  }

  /** rtpengine is ICE-lite: the party's checks say where it is. */
  async candidate(request: MediaLegRef & { readonly candidate: RemoteCandidate }): Promise<void> {
    this.#assertOpen();
    if (!this.#browser(request)) {
      await this.#threads.candidate(request);
    }
  }

  /** Browsers read no events: they are told of digits by message. */
  async sendDigits(request: MediaLegRef & { readonly digits: string }): Promise<void> {
    this.#assertOpen();
    if (this.#browser(request)) {
      throw new MediaError('wrong_state', 'A browser takes no events in its audio.');
    }
    await this.#threads.sendDigits(request);
  }

  connect(call: string, a: string, b: string): Promise<void> {
    return this.#threads.connect(call, a, b);
  }

  play(request: MediaLegRef & { readonly source: LegSource | null }): Promise<void> {
    return this.#threads.play(request);
  }

  speak(request: Speech): Promise<void> {
    return this.#threads.speak(request);
  }

  hush(request: MediaLegRef): Promise<void> {
    return this.#threads.hush(request);
  }

  async hold(request: MediaLegRef & { readonly on: boolean }): Promise<void> {
    await this.#threads.hold(request);
    this.#browser(request)?.hold(request.on);
  }

  async delete(request: { readonly call: string; readonly leg?: string }): Promise<void> {
    if (this.#state === 'closed') {
      return;
    }
    for (const leg of [...this.#legs.values()]) {
      const { ref } = leg;
      if (ref.call === request.call && (request.leg === undefined || ref.leg === request.leg)) {
        this.#forget(leg);
      }
    }
    await this.#threads.delete(request);
  }

  async query(call: string): Promise<readonly LegStats[]> {
    const stats = await this.#threads.query(call);
    return stats.map((each) => {
      const leg = this.#browser({ call, leg: each.leg });
      if (!leg) {
        return each;
      }
      // What a browser heard, its own reports tell better.
      const { far: _far, ...rest } = each;
      return { ...rest, state: leg.state };
    });
  }

  subscribe(listener: (event: MediaEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}

async function unless<T>(isNew: boolean, result: Promise<T>, undo: () => void): Promise<T> {
  try {
    return await result;
  } catch (error) {
    if (isNew) {
      undo();
    }
    throw error;
  }
}
