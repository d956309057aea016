import { MediaError } from '../media-plane.ts';
import type {
  Codec,
  LegState,
  LocalAnswer,
  LocalOfferRequest,
  MediaLegRef,
  MediaPlane,
  RemoteOffer,
  RtpTransport,
} from '../media-plane.ts';
import { mayBecome } from '../embedded/leg-state.ts';
import { DEFAULT_CODECS } from '../embedded/rtp/codecs.ts';
import { offeredFormat } from '../embedded/rtp-leg/rtp-sdp.ts';
import { chooseFormat, readRemote } from '../embedded/sdp/negotiate.ts';
import type { Direction } from '../embedded/sdp/parse.ts';
import type { MediaNode } from './media-node.ts';
import { NgError } from './ng-client.ts';
import { Page } from './page.ts';
import { plainFormat } from './page-sdp.ts';

export interface LegThresholds {
  readonly disconnectedMs: number;
  readonly failedMs: number;
}

export interface BrowserLegHandlers {
  state(leg: BrowserLeg, state: LegState): void;
  /** rtpengine or the media thread has it no longer. */
  lost(leg: BrowserLeg, cause: string): void;
}

/** Which node carries the next page. */
export type ChooseNode = (tried: ReadonlySet<MediaNode>) => MediaNode | null;

/** How often a page is looked at: until it is connected, and then. */
const CONNECTING_MS = 100;
const CONNECTED_MS = 2_000;

/**
 * A party in a browser: rtpengine ends its ICE, DTLS and SRTP, and passes plain RTP to and from a leg of our own media threads, which does
 * all else. A page that takes over is another call of rtpengine; the leg in our threads stays.
 */
export class BrowserLeg {
  readonly ref: MediaLegRef;
  readonly #threads: MediaPlane;
  readonly #choose: ChooseNode;
  readonly #thresholds: LegThresholds;
  readonly #handlers: BrowserLegHandlers;
  /** The page that media flows to and from. */
  #page: Page | null = null;
  /** The page that takes over once it is connected; or our offer, until it is answered. */
  #next: Page | null = null;
  /** What a page that takes over answered, kept until it is connected. */
  #waiting: string | null = null;
  /** Of the page that answered an offer of ours, and what it said. */
  #answered: { readonly page: Page; readonly plain: string } | null = null;
  #codec: Codec | null = null;
  #state: LegState = 'new';
  /** What the page wants to do. */
  #direction: Direction = 'sendrecv';
  #isHeld = false;
  /** Our threads have heard nothing of it for long, by RTP or RTCP. */
  #isUnheard = false;
  #isConnected = false;
  #connectingSince: number | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(
    ref: MediaLegRef,
    threads: MediaPlane,
    choose: ChooseNode,
    thresholds: LegThresholds,
    handlers: BrowserLegHandlers,
  ) {
    this.ref = ref;
    this.#threads = threads;
    this.#choose = choose;
    this.#thresholds = thresholds;
    this.#handlers = handlers;
  }

  get state(): LegState {
    return this.#state;
  }

  get codec(): Codec | null {
    return this.#codec;
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
  }

  /** How the plain side is. */
  threadState(state: LegState): void {
    this.#isUnheard = state === 'disconnected';
  }

  /** That node is gone. @returns whether the leg is, and not only a page that was to take over */
  nodeLost(node: MediaNode): boolean {
    const { node: carrier } = this.#page ?? this.#next ?? {};
    if (carrier === node) {
      return true;
    }
    if (this.#next?.node === node) {
      this.#dropNext();
    }
    return false;
  }

  #dropNext(): void {
    this.#next?.close();
    this.#next = null;
    this.#waiting = null;
  }

  /** One after the other: a verb waits for rtpengine more than once. */
  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(async () => {
      this.#assertOpen();
      return run();
    });
    this.#queue = result.catch(() => {});
    return result;
  }

  /** It may be deleted while rtpengine is asked: nothing may be made for it from then on. */
  #assertOpen(): void {
    if (this.#isClosed) {
      throw new MediaError('unknown_leg', 'There is no such leg.');
    }
  }

  offer(request: RemoteOffer): Promise<LocalAnswer> {
    return this.#inTurn(() => this.#offer(request));
  }

  async #offer({ sdp, codecs }: RemoteOffer): Promise<LocalAnswer> {
    const remote = readRemote(sdp);
    const allowed = this.#codec ? [this.#codec] : (codecs ?? DEFAULT_CODECS);
    const format = chooseFormat(remote, allowed);
    const known = [this.#next, this.#page].find((page) => page?.isOf(remote)) ?? null;
    if (!known && this.#next && !this.#next.remote && !this.#page) {
      throw new MediaError('wrong_state', 'Our own offer for this leg waits for an answer.');
    }
    const replacedPeer = !known && this.#page !== null;
    const negotiate = (page: Page): Promise<string> =>
      page.offered(remote, plainFormat(format), async (plain) => {
        this.#assertOpen();
        const { codec } = format;
        const rtp = this.#transport(page);
        const request = { ...this.ref, sdp: plain, codecs: [codec], rtp };
        return (await this.#threads.offer(request)).sdp;
      });
    const [page, answer] = known
      ? [known, await this.#with(known, () => negotiate(known))]
      : await this.#onSomeNode(negotiate);
    this.#codec = format.codec;
    this.#direction = format.direction;
    if (!known || known === this.#next) {
      this.#takeOver(page);
    }
    this.#look();
    return { sdp: answer, codec: format.codec, replacedPeer };
  }

  createOffer(request: LocalOfferRequest): Promise<{ readonly sdp: string }> {
    return this.#inTurn(() => this.#createOffer(request));
  }

  async #createOffer({
    codecs: [codec],
    replacePeer,
  }: LocalOfferRequest): Promise<{ readonly sdp: string }> {
    if (this.#codec && this.#codec !== codec) {
      throw new MediaError('wrong_state', `The codec of this leg is ${this.#codec}.`);
    }
    if ((this.#page || this.#next) && replacePeer !== true) {
      throw new MediaError('wrong_state', 'The leg has a peer already.');
    }
    const [page, sdp] = await this.#onSomeNode(async (made) => {
      const rtp = this.#transport(made);
      const request = { ...this.ref, codecs: [codec], replacePeer: true, rtp } as const;
      const { sdp: plain } = await this.#threads.createOffer(request);
      return made.offer(plain, plainFormat(offeredFormat(codec)));
    });
    this.#codec = codec;
    this.#next?.close();
    this.#next = page;
    this.#waiting = null;
    return { sdp };
  }

  answer(sdp: string): Promise<{ readonly codec: Codec }> {
    return this.#inTurn(() => this.#answer(sdp));
  }

  async #answer(sdp: string): Promise<{ readonly codec: Codec }> {
    const page = this.#next;
    const codec = this.#codec;
    if (!codec) {
      throw new MediaError('wrong_state', 'There is no offer to answer.');
    }
    if (!page || page.remote) {
      await this.#answerAgain(sdp, codec);
      return { codec };
    }
    const remote = readRemote(sdp);
    const format = plainFormat(chooseFormat(remote, [codec]));
    const plain = await this.#with(page, () => page.answered(remote, format));
    this.#answered = { page, plain };
    this.#direction = format.direction;
    if (this.#isConnected) {
      // The page before it is heard until this one is there.
      this.#waiting = plain;
      this.#connectingSince = performance.now();
    } else {
      await this.#threads.answer({ ...this.ref, sdp: plain });
      this.#takeOver(page);
    }
    this.#look();
    return { codec };
  }

  /** A second answer, after early media, is of the same page; it may say another direction. */
  async #answerAgain(sdp: string, codec: Codec): Promise<void> {
    const answered = this.#answered;
    const remote = readRemote(sdp);
    if (!answered?.page.isOf(remote)) {
      throw new MediaError('wrong_state', 'There is no offer to answer.');
    }
    const { direction } = chooseFormat(remote, [codec]);
    const plain = withDirection(answered.plain, direction);
    this.#direction = direction;
    if (this.#waiting === null) {
      await this.#threads.answer({ ...this.ref, sdp: plain });
    } else {
      this.#waiting = plain;
    }
  }

  #transport({ node }: Page): RtpTransport {
    return { localAddress: node.localAddress, srtp: false, latch: false, events: true };
  }

  /** A new page, on the first node that takes it. */
  async #onSomeNode<T>(use: (page: Page) => Promise<T>): Promise<[Page, T]> {
    const tried = new Set<MediaNode>();
    for (;;) {
      const node = this.#choose(tried);
      if (!node) {
        throw new MediaError('no_capacity', 'No media node takes a call.');
      }
      tried.add(node);
      const page = new Page(node);
      try {
        const used = await use(page);
        this.#assertOpen();
        return [page, used];
      } catch (error) {
        page.close();
        if (!(error instanceof NgError)) {
          throw error;
        }
        if (error.failure === 'closed') {
          throw new MediaError('closed', error.message);
        }
      }
    }
  }

  /** What rtpengine says no to, or nothing to, in a page that exists. */
  async #with<T>(page: Page, use: () => Promise<T>): Promise<T> {
    try {
      return await use();
    } catch (error) {
      if (!(error instanceof NgError)) {
        throw error;
      }
      if (error.failure === 'refused') {
        this.#lose(`${page.node.name}: ${error.message}`);
      }
      throw new MediaError(error.failure === 'closed' ? 'closed' : 'lost', error.message);
    }
  }

  /** Media flows to and from `page` from now on. */
  #takeOver(page: Page): void {
    if (this.#next !== page) {
      this.#next?.close();
    }
    this.#next = null;
    this.#waiting = null;
    if (this.#page !== page) {
      this.#page?.close();
      this.#page = page;
      this.#isConnected = false;
      this.#connectingSince = performance.now();
    }
    if (this.#state === 'new' || this.#state === 'failed') {
      this.#become('connecting');
    }
  }

  #become(state: LegState): void {
    if (state === this.#state || !mayBecome(this.#state, state)) {
      return;
    }
    this.#state = state;
    this.#handlers.state(this, state);
  }

  /** Asks rtpengine how the page is, again and again. */
  #look(): void {
    if (this.#isClosed) {
      return;
    }
    if (this.#timer) {
      clearTimeout(this.#timer);
    }
    const isConnecting = !this.#isConnected || this.#waiting !== null;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#inTurn(() => this.#examine())
          .catch((error: unknown) => {
            this.#refused(error);
          })
          .finally(() => {
            this.#look();
          });
      },
      isConnecting ? CONNECTING_MS : CONNECTED_MS,
    );
  }

  #refused(error: unknown): void {
    if (this.#isClosed || !this.#page) {
      return;
    }
    // A node that does not answer is the matter of who watches it.
    if (error instanceof NgError && error.failure !== 'refused') {
      return;
    }
    const text = error instanceof Error ? error.message : String(error);
    this.#lose(`${this.#page.node.name}: ${text}`);
  }

  #lose(cause: string): void {
    if (!this.#isClosed) {
      this.#handlers.lost(this, cause);
    }
  }

  async #examine(): Promise<void> {
    const now = performance.now();
    await this.#examineNext(now);
    if (!this.#page) {
      return;
    }
    const { secured, quietSeconds } = await this.#page.health();
    const { disconnectedMs, failedMs } = this.#thresholds;
    if (!this.#isConnected) {
      this.#isConnected = secured;
    }
    if (!this.#isConnected) {
      const since = this.#connectingSince ?? now;
      this.#become(now - since >= failedMs ? 'failed' : 'connecting');
      return;
    }
    if (this.#isUnheard) {
      this.#become('failed');
      return;
    }
    // rtpengine tells of audio alone, in whole seconds.
    const isQuiet = quietSeconds !== null && quietSeconds * 1000 >= disconnectedMs + 1_000;
    this.#become(isQuiet && this.#shouldSend ? 'disconnected' : 'connected');
  }

  get #shouldSend(): boolean {
    return !this.#isHeld && (this.#direction === 'sendrecv' || this.#direction === 'sendonly');
  }

  /** A page that is to take over. */
  async #examineNext(now: number): Promise<void> {
    const next = this.#next;
    if (!next || this.#waiting === null) {
      return;
    }
    const { secured } = await next.health();
    if (secured) {
      await this.#threads.answer({ ...this.ref, sdp: this.#waiting });
      this.#takeOver(next);
      this.#isConnected = true;
      return;
    }
    if (now - (this.#connectingSince ?? now) >= this.#thresholds.failedMs) {
      this.#dropNext();
    }
  }

  close(): void {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    if (this.#timer) {
      clearTimeout(this.#timer);
    }
    this.#page?.close();
    this.#next?.close();
  }
}

function withDirection(sdp: string, direction: Direction): string {
  return sdp.replace(/^a=(sendrecv|sendonly|recvonly|inactive)(?=\r?$)/m, `a=${direction}`);
}
