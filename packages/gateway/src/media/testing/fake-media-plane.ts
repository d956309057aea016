import { offeredCodecs } from '../../calls/sdp.ts';
import { parseSdp } from '../embedded/sdp/parse.ts';
import { REVERSED } from '../embedded/sdp/write.ts';
import {
  MediaError,
  type Codec,
  type LegId,
  type LegSource,
  type LegState,
  type LegStats,
  type LocalAnswer,
  type LocalOfferRequest,
  type MediaCallId,
  type MediaEvent,
  type MediaLegRef,
  type MediaPlane,
  type RemoteCandidate,
  type RemoteOffer,
  type Speech,
} from '../media-plane.ts';

export interface FakeLeg {
  readonly call: MediaCallId;
  readonly leg: LegId;
  codec: Codec | null;
  state: LegState;
  /** What the party's description said last; null before the first. */
  fingerprint: string | null;
  /** An offer of ours waits for its answer. */
  offering: boolean;
  /** What our offer holds. */
  offered: readonly Codec[];
  isRtp: boolean;
  held: boolean;
  connectedTo: LegId | null;
  source: LegSource | null;
  readonly candidates: RemoteCandidate[];
}

export type FakeVerb =
  | 'offer'
  | 'createOffer'
  | 'answer'
  | 'sendDigits'
  | 'candidate'
  | 'connect'
  | 'play'
  | 'speak'
  | 'hush'
  | 'hold'
  | 'delete'
  | 'query';

/**
 * A media plane without media, for tests of signalling: it keeps the same books and refuses the same mistakes. By default
 * every verb settles in a later microtask; with `manual` they wait until {@link release}, so that a test can order them.
 */
export class FakeMediaPlane implements MediaPlane {
  readonly legs = new Map<LegId, FakeLeg>();
  /** Every verb as it was asked for, such as `connect call a b`. */
  readonly log: string[] = [];
  manual = false;
  /** How many legs were ever made. */
  created = 0;
  readonly #failures = new Map<FakeVerb, MediaError>();
  readonly #waiting: (() => void)[] = [];
  readonly #listeners = new Set<(event: MediaEvent) => void>();
  #offers = 0;
  #closed = false;

  start(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#closed = true;
    this.legs.clear();
    this.release();
    return Promise.resolve();
  }

  /** The next call of `verb` fails so. */
  failNext(verb: FakeVerb, error: MediaError): void {
    this.#failures.set(verb, error);
  }

  /** Lets up to `count` waiting verbs go on, oldest first. */
  release(count = Infinity): void {
    for (let i = 0; i < count; i++) {
      const go = this.#waiting.shift();
      if (!go) {
        return;
      }
      go();
    }
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  emit(event: MediaEvent): void {
    for (const listener of [...this.#listeners]) {
      listener(event);
    }
  }

  /** The party's media came up, went away, or failed. */
  setState(leg: LegId, state: LegState): void {
    const known = this.legs.get(leg);
    if (!known) {
      throw new Error(`no leg ${leg}`);
    }
    known.state = state;
    this.emit({ type: 'state', call: known.call, leg, state });
  }

  legsOf(call: MediaCallId): FakeLeg[] {
    return [...this.legs.values()].filter((each) => each.call === call);
  }

  async offer(request: RemoteOffer): Promise<LocalAnswer> {
    await this.#verb('offer', request);
    const offered = offeredCodecs(request.sdp);
    if (offered === null) {
      throw new MediaError('bad_sdp', 'no description with audio');
    }
    const known = this.#find(request);
    const allowed = request.codecs ?? (['opus', 'PCMU', 'PCMA'] as const);
    const codec = known?.codec ?? allowed.find((each) => offered.includes(each)) ?? null;
    if (codec === null || !offered.includes(codec)) {
      throw new MediaError('no_codec', 'no codec in common');
    }
    const fingerprint = /^a=fingerprint:(\S+ \S+)/m.exec(request.sdp)?.[1] ?? '';
    const leg = known ?? this.#make(request);
    leg.isRtp = request.rtp !== undefined;
    const replacedPeer = leg.fingerprint !== null && leg.fingerprint !== fingerprint;
    leg.codec = codec;
    leg.fingerprint = fingerprint;
    const { direction } = parseSdp(request.sdp).sections.find(({ kind }) => kind === 'audio') ?? {};
    const sdp = fakeSdp(`answer-${request.leg}`, codec);
    return {
      sdp: sdp.replace('a=sendrecv', `a=${REVERSED[direction ?? 'sendrecv']}`),
      codec,
      replacedPeer,
    };
  }

  async createOffer(request: LocalOfferRequest): Promise<{ readonly sdp: string }> {
    await this.#verb('createOffer', request);
    const known = this.#find(request);
    if (known && request.replacePeer !== true) {
      throw new MediaError('wrong_state', 'the leg has a peer already');
    }
    const leg = known ?? this.#make(request);
    leg.codec = request.codecs[0];
    leg.offering = true;
    leg.offered = request.codecs;
    leg.isRtp = request.rtp !== undefined;
    const sdp = fakeSdp(`offer-${String(++this.#offers)}`, ...request.codecs);
    // As the embedded plane: a party by RTP is offered that the far one holds.
    const isHeld = leg.isRtp && this.legs.get(leg.connectedTo ?? '')?.held === true;
    return { sdp: isHeld ? sdp.replace('a=sendrecv', 'a=sendonly') : sdp };
  }

  async answer(request: MediaLegRef & { readonly sdp: string }): Promise<{ codec: Codec }> {
    await this.#verb('answer', request);
    const leg = this.#need(request);
    const fingerprint = /^a=fingerprint:(\S+ \S+)/m.exec(request.sdp)?.[1] ?? '';
    // A party may answer twice, after early media; a browser as the same peer.
    if (!leg.offering && !leg.isRtp && (fingerprint === '' || leg.fingerprint !== fingerprint)) {
      throw new MediaError('wrong_state', 'no offer waits for an answer');
    }
    const offered = offeredCodecs(request.sdp);
    if (offered === null) {
      throw new MediaError('bad_sdp', 'no description with audio');
    }
    const codec = leg.offered.find((each) => offered.includes(each));
    if (codec === undefined) {
      throw new MediaError('no_codec', 'no codec in common');
    }
    leg.codec = codec;
    leg.fingerprint = fingerprint;
    leg.offering = false;
    return { codec };
  }

  async sendDigits(request: MediaLegRef & { readonly digits: string }): Promise<void> {
    await this.#verb('sendDigits', request);
    this.#need(request);
    this.log.push(`digits ${request.digits}`);
  }

  async candidate(request: MediaLegRef & { readonly candidate: RemoteCandidate }): Promise<void> {
    await this.#verb('candidate', request);
    this.#need(request).candidates.push(request.candidate);
  }

  async connect(call: MediaCallId, a: LegId, b: LegId): Promise<void> {
    await this.#verb('connect', { call, leg: `${a} ${b}` });
    const first = this.#need({ call, leg: a });
    const second = this.#need({ call, leg: b });
    for (const leg of [first, second]) {
      if (leg.connectedTo !== null) {
        const former = this.legs.get(leg.connectedTo);
        if (former) {
          former.connectedTo = null;
        }
      }
      leg.source = null;
    }
    first.connectedTo = b;
    second.connectedTo = a;
  }

  async play(request: MediaLegRef & { readonly source: LegSource | null }): Promise<void> {
    await this.#verb('play', request);
    const leg = this.#need(request);
    leg.source = request.source;
    leg.connectedTo = null;
  }

  async speak(request: Speech): Promise<void> {
    await this.#verb('speak', request);
    this.#needVoice(request);
  }

  async hush(request: MediaLegRef): Promise<void> {
    await this.#verb('hush', request);
    this.#needVoice(request);
  }

  #needVoice(request: MediaLegRef): void {
    if (this.#need(request).source?.kind !== 'voice') {
      throw new MediaError('wrong_state', 'the leg plays no voice');
    }
  }

  async hold(request: MediaLegRef & { readonly on: boolean }): Promise<void> {
    await this.#verb('hold', request);
    this.#need(request).held = request.on;
  }

  async delete(request: { readonly call: MediaCallId; readonly leg?: LegId }): Promise<void> {
    await this.#verb('delete', { call: request.call, leg: request.leg ?? '*' });
    for (const leg of this.legsOf(request.call)) {
      if (request.leg === undefined || leg.leg === request.leg) {
        this.legs.delete(leg.leg);
      }
    }
  }

  async query(call: MediaCallId): Promise<readonly LegStats[]> {
    await this.#verb('query', { call, leg: '*' });
    return this.legsOf(call).map((leg) => ({
      leg: leg.leg,
      state: leg.state,
      codec: leg.codec,
      packetsReceived: 0,
      bytesReceived: 0,
      packetsLost: 0,
      jitter: 0,
      packetsSent: 0,
      bytesSent: 0,
      silentForMs: null,
    }));
  }

  subscribe(listener: (event: MediaEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async #verb(verb: FakeVerb, ref: MediaLegRef): Promise<void> {
    this.log.push(`${verb} ${ref.call} ${ref.leg}`);
    // Deleting overtakes: whoever asks for it must be ready for a leg that an earlier verb still makes.
    if (this.manual && verb !== 'delete') {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      await Promise.resolve();
    }
    if (this.#closed) {
      throw new MediaError('closed', 'the plane is closed');
    }
    const failure = this.#failures.get(verb);
    if (failure) {
      this.#failures.delete(verb);
      throw failure;
    }
  }

  #find(ref: MediaLegRef): FakeLeg | undefined {
    const leg = this.legs.get(ref.leg);
    if (leg && leg.call !== ref.call) {
      throw new Error(`leg ${ref.leg} is of another call`);
    }
    return leg;
  }

  #need(ref: MediaLegRef): FakeLeg {
    const leg = this.#find(ref);
    if (!leg) {
      throw new MediaError('unknown_leg', `no leg ${ref.leg}`);
    }
    return leg;
  }

  #make(ref: MediaLegRef): FakeLeg {
    const leg: FakeLeg = {
      call: ref.call,
      leg: ref.leg,
      codec: null,
      state: 'new',
      fingerprint: null,
      offering: false,
      offered: [],
      isRtp: false,
      held: false,
      connectedTo: null,
      source: null,
      candidates: [],
    };
    this.created++;
    this.legs.set(ref.leg, leg);
    return leg;
  }
}

/** A description that looks like a browser's, told apart by `name` (its ufrag and fingerprint). */
export function fakeSdp(name: string, ...codecs: Codec[]): string {
  const formats = { opus: '111', PCMU: '0', PCMA: '8' } as const;
  const maps = { opus: 'opus/48000/2', PCMU: 'PCMU/8000', PCMA: 'PCMA/8000' } as const;
  const list: readonly Codec[] = codecs.length === 0 ? ['opus', 'PCMU', 'PCMA'] : codecs;
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=msid-semantic: WMS *',
    `m=audio 9 UDP/TLS/RTP/SAVPF ${list.map((each) => formats[each]).join(' ')} 101`,
    'c=IN IP4 0.0.0.0',
    `a=ice-ufrag:${name}`,
    'a=ice-pwd:0123456789abcdef01234567',
    `a=fingerprint:sha-256 ${name}`,
    'a=setup:actpass',
    'a=mid:0',
    'a=sendrecv',
    'a=rtcp-mux',
    ...list.map((each) => `a=rtpmap:${formats[each]} ${maps[each]}`),
    'a=rtpmap:101 telephone-event/8000',
    '',
  ].join('\r\n');
}
