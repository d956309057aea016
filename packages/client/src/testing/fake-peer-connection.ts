import type { FakeMediaStream } from './fake-media.ts';
import { FakeTrack, type MediaKind } from './fake-media.ts';

export interface FakePeerEnvironment {
  readonly autoGather: boolean;
  pause(): Promise<void>;
}

type Description = { readonly type: RTCSdpType; sdp: string };

export class FakeSender {
  track: FakeTrack | null;
  parameters: { encodings: { maxBitrate?: number }[] } = { encodings: [{}] };
  stats = new Map<string, unknown>();
  constructor(track: FakeTrack | null) {
    this.track = track;
  }
  replaceTrack(track: FakeTrack | null): Promise<void> {
    this.track = track;
    return Promise.resolve();
  }
  getParameters(): unknown {
    return structuredClone(this.parameters);
  }
  setParameters(parameters: { encodings: { maxBitrate?: number }[] }): Promise<void> {
    this.parameters = parameters;
    return Promise.resolve();
  }
  getStats(): Promise<ReadonlyMap<string, unknown>> {
    return Promise.resolve(this.stats);
  }
}

class FakeTransceiver {
  readonly sender: FakeSender;
  readonly receiver: {
    readonly track: FakeTrack;
    level: number;
    /** When audio was played last; 0: the browser does not tell. */
    playedAt: number;
    getSynchronizationSources(): { audioLevel: number; timestamp: number }[];
  };
  direction: RTCRtpTransceiverDirection;
  codecs: RTCRtpCodec[] = [];
  constructor(kind: MediaKind, track: FakeTrack | null, direction: RTCRtpTransceiverDirection) {
    this.sender = new FakeSender(track);
    const receiver = {
      track: new FakeTrack(kind),
      level: 0,
      playedAt: 0,
      getSynchronizationSources: () => [
        { audioLevel: receiver.level, timestamp: receiver.playedAt },
      ],
    };
    this.receiver = receiver;
    this.direction = direction;
  }
  setCodecPreferences(codecs: RTCRtpCodec[]): void {
    this.codecs = codecs;
  }
}

let serial = 0;

/** A remote description with these sections, as a gateway would write it. */
export const fakeSdp = (ufrag = 'remote', kinds: readonly MediaKind[] = ['audio']): string =>
  [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    ...kinds.flatMap((kind, mid) => [
      `m=${kind} 9 UDP/TLS/RTP/SAVPF ${kind === 'audio' ? '111 0' : '96'}`,
      'c=IN IP4 0.0.0.0',
      `a=mid:${String(mid)}`,
      `a=ice-ufrag:${ufrag}`,
      'a=ice-pwd:0123456789012345678901',
      ...(kind === 'audio'
        ? [
            'a=rtpmap:111 opus/48000/2',
            'a=fmtp:111 minptime=10;useinbandfec=1',
            'a=rtpmap:0 PCMU/8000',
          ]
        : ['a=rtpmap:96 VP8/90000']),
    ]),
    '',
  ].join('\r\n');

/** A peer connection with the signalling states of webrtc-pc, and no network. */
export class FakePeerConnection extends EventTarget {
  readonly #environment: FakePeerEnvironment;
  configuration: RTCConfiguration;
  readonly ufrag = `local${String(++serial)}`;
  signalingState: RTCSignalingState = 'stable';
  connectionState: RTCPeerConnectionState = 'new';
  iceConnectionState: RTCIceConnectionState = 'new';
  iceGatheringState: RTCIceGatheringState = 'new';
  localDescription: Description | null = null;
  remoteDescription: Description | null = null;
  onicecandidate: ((event: { candidate: RTCIceCandidate | null }) => void) | null = null;
  ontrack: ((event: { streams: FakeMediaStream[]; track: FakeTrack }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  oniceconnectionstatechange: (() => void) | null = null;
  onicegatheringstatechange: (() => void) | null = null;
  onsignalingstatechange: (() => void) | null = null;
  readonly transceivers: FakeTransceiver[] = [];
  /** Remote candidates that were applied. */
  readonly candidates: RTCIceCandidateInit[] = [];
  stats = new Map<string, unknown>();
  /** The next call of this method rejects. */
  readonly failures = new Map<string, Error>();
  #restarts = 0;

  constructor(environment: FakePeerEnvironment, configuration: RTCConfiguration) {
    super();
    this.#environment = environment;
    this.configuration = configuration;
  }

  getConfiguration(): RTCConfiguration {
    return this.configuration;
  }
  setConfiguration(configuration: RTCConfiguration): void {
    this.configuration = configuration;
  }
  getTransceivers(): FakeTransceiver[] {
    return this.transceivers;
  }
  getSenders(): FakeSender[] {
    return this.transceivers.map(({ sender }) => sender);
  }
  getReceivers(): FakeTransceiver['receiver'][] {
    return this.transceivers.map(({ receiver }) => receiver);
  }
  addTransceiver(
    source: FakeTrack | MediaKind,
    init: { direction?: RTCRtpTransceiverDirection } = {},
  ): FakeTransceiver {
    const track = source instanceof FakeTrack ? source : null;
    const kind = track ? track.kind : (source as MediaKind);
    const transceiver = new FakeTransceiver(kind, track, init.direction ?? 'sendrecv');
    this.transceivers.push(transceiver);
    return transceiver;
  }
  addTrack(track: FakeTrack): FakeSender {
    const free = this.transceivers.find(
      ({ sender, receiver }) => !sender.track && receiver.track.kind === track.kind,
    );
    if (!free) {
      return this.addTransceiver(track).sender;
    }
    free.sender.track = track;
    free.direction = 'sendrecv';
    return free.sender;
  }

  async createOffer(options: RTCOfferOptions = {}): Promise<Description> {
    await this.#step('createOffer');
    if (options.iceRestart) {
      this.#restarts += 1;
    }
    return { type: 'offer', sdp: this.#sdp() };
  }
  async createAnswer(): Promise<Description> {
    await this.#step('createAnswer');
    if (this.signalingState !== 'have-remote-offer') {
      throw invalid('createAnswer');
    }
    return { type: 'answer', sdp: this.#sdp() };
  }
  async setLocalDescription(description: Description): Promise<void> {
    await this.#step('setLocalDescription');
    if (description.type === 'rollback') {
      this.signalingState = 'stable';
      return;
    }
    const from = description.type === 'offer' ? 'stable' : 'have-remote-offer';
    if (this.signalingState !== from) {
      throw invalid('setLocalDescription');
    }
    this.localDescription = { ...description };
    this.signalingState = description.type === 'offer' ? 'have-local-offer' : 'stable';
    this.iceGatheringState = 'gathering';
    this.onicegatheringstatechange?.();
    this.dispatchEvent(new Event('icegatheringstatechange'));
    if (this.#environment.autoGather) {
      void this.#gather();
    }
  }
  async setRemoteDescription(description: Description): Promise<void> {
    await this.#step('setRemoteDescription');
    if (!description.sdp.startsWith('v=0')) {
      throw new DOMException('bad SDP', 'OperationError');
    }
    const from = description.type === 'offer' ? 'stable' : 'have-local-offer';
    if (this.signalingState !== from) {
      throw invalid('setRemoteDescription');
    }
    this.remoteDescription = { ...description };
    this.signalingState = description.type === 'offer' ? 'have-remote-offer' : 'stable';
    const kinds = [...description.sdp.matchAll(/^m=(audio|video)/gm)].map(([, kind]) => kind);
    for (const kind of kinds as MediaKind[]) {
      const known = this.transceivers.find(({ receiver }) => receiver.track.kind === kind);
      const { receiver } = known ?? this.addTransceiver(kind, { direction: 'recvonly' });
      this.ontrack?.({ streams: [], track: receiver.track });
    }
  }
  async addIceCandidate(candidate: RTCIceCandidateInit): Promise<void> {
    await this.#step('addIceCandidate');
    if (!this.remoteDescription) {
      throw invalid('addIceCandidate');
    }
    this.candidates.push(candidate);
  }
  async getStats(): Promise<ReadonlyMap<string, unknown>> {
    await this.#step('getStats');
    return this.stats;
  }
  close(): void {
    this.signalingState = 'closed';
    this.connectionState = 'closed';
    for (const { receiver } of this.transceivers) {
      receiver.track.stop();
    }
  }

  /** The browser found a candidate (null: no more). */
  candidate(text: string | null, type: RTCIceCandidateType = 'host'): void {
    if (this.signalingState === 'closed') {
      return;
    }
    if (text === null) {
      this.iceGatheringState = 'complete';
      this.onicegatheringstatechange?.();
      this.dispatchEvent(new Event('icegatheringstatechange'));
      this.onicecandidate?.({ candidate: null });
      return;
    }
    if (this.localDescription) {
      this.localDescription.sdp += `a=${text}\r\n`;
    }
    this.onicecandidate?.({
      candidate: {
        candidate: `${text} generation 0 ufrag ${this.ufrag}`,
        sdpMid: '0',
        sdpMLineIndex: 0,
        type,
      } as RTCIceCandidate,
    });
  }
  connection(state: RTCPeerConnectionState): void {
    if (this.signalingState === 'closed') {
      return;
    }
    this.connectionState = state;
    this.iceConnectionState = state === 'connecting' ? 'checking' : state;
    this.oniceconnectionstatechange?.();
    this.dispatchEvent(new Event('iceconnectionstatechange'));
    this.onconnectionstatechange?.();
    this.dispatchEvent(new Event('connectionstatechange'));
  }

  #sdp(): string {
    const kinds = this.transceivers.map(({ receiver }) => receiver.track.kind);
    return fakeSdp(`${this.ufrag}r${String(this.#restarts)}`, kinds);
  }

  async #gather(): Promise<void> {
    await this.#environment.pause();
    this.candidate('candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host');
    await this.#environment.pause();
    this.candidate(null);
  }

  #isClosed(): boolean {
    return this.signalingState === 'closed';
  }

  /** As the standard has it, a closed connection never settles what was asked of it. */
  async #step(name: string): Promise<void> {
    if (this.#isClosed()) {
      throw invalid(name);
    }
    await this.#environment.pause();
    if (this.#isClosed()) {
      await new Promise(() => undefined);
    }
    const failure = this.failures.get(name);
    this.failures.delete(name);
    if (failure) {
      throw failure;
    }
  }
}

const invalid = (what: string): DOMException => new DOMException(what, 'InvalidStateError');
