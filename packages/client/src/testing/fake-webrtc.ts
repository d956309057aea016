import { FakeElement } from './fake-element.ts';
import { FakeTarget } from './fake-platform.ts';
import { FakeMediaStream, FakeTrack, type MediaKind } from './fake-media.ts';
import { FakePeerConnection, type FakePeerEnvironment } from './fake-peer-connection.ts';

class FakeMediaDevices extends FakeTarget {
  readonly #webrtc: FakeWebRtc;
  constructor(webrtc: FakeWebRtc) {
    super();
    this.#webrtc = webrtc;
  }

  async getUserMedia(constraints: MediaStreamConstraints): Promise<FakeMediaStream> {
    const webrtc = this.#webrtc;
    webrtc.captures.push(constraints);
    const failure = webrtc.captureFailures.shift() ?? null;
    await webrtc.pause();
    await webrtc.captureGate;
    if (failure) {
      throw failure;
    }
    const kinds = (['audio', 'video'] as const).filter((kind) => constraints[kind]);
    return new FakeMediaStream(
      kinds.map((kind) => {
        const wanted = constraints[kind];
        const track = webrtc.track(kind);
        const id = typeof wanted === 'object' ? wanted.deviceId : undefined;
        const exact = (id as { exact?: string } | undefined)?.exact;
        track.deviceId =
          exact ?? webrtc.devices.find((one) => one.kind === `${kind}input`)?.deviceId ?? '';
        return track;
      }),
    );
  }

  async getDisplayMedia(): Promise<FakeMediaStream> {
    await this.#webrtc.pause();
    return new FakeMediaStream([this.#webrtc.track('video')]);
  }

  async enumerateDevices(): Promise<MediaDeviceInfo[]> {
    await this.#webrtc.pause();
    return this.#webrtc.devices;
  }

  getSupportedConstraints(): MediaTrackSupportedConstraints {
    return { deviceId: true, echoCancellation: true, channelCount: true };
  }
}

/** A browser's WebRTC, media devices and document, in which nothing happens by itself but what a browser must do. */
export class FakeWebRtc implements FakePeerEnvironment {
  readonly peers: FakePeerConnection[] = [];
  readonly tracks: FakeTrack[] = [];
  readonly elements: FakeElement[] = [];
  /** What `getUserMedia` was asked for. */
  readonly captures: MediaStreamConstraints[] = [];
  /** Each is thrown by one capture; null lets one pass. */
  readonly captureFailures: (Error | null)[] = [];
  /** Captures wait for it. */
  captureGate: Promise<unknown> = Promise.resolve();
  /** Method → what its first call on a new peer rejects with. */
  readonly peerFailures = new Map<string, Error>();
  devices: MediaDeviceInfo[] = [];
  /** Thrown by `play()` of every element. */
  playFailure: Error | null = null;
  /** Candidates come and gathering ends by themselves. */
  autoGather = true;
  /** What every asynchronous step waits for, to shuffle their order. */
  pause: () => Promise<void> = () => Promise.resolve();

  readonly fakeMediaDevices = new FakeMediaDevices(this);
  readonly mediaDevices = this.fakeMediaDevices as unknown as MediaDevices;
  readonly MediaStream = FakeMediaStream as unknown as typeof MediaStream;
  readonly RTCPeerConnection: typeof RTCPeerConnection;
  readonly fakeDocument: FakeTarget & { readonly ids: Map<string, FakeElement> };
  readonly document: Document;

  constructor() {
    const create = (configuration: RTCConfiguration): FakePeerConnection => {
      const peer = new FakePeerConnection(this, configuration);
      for (const [method, failure] of this.peerFailures) {
        peer.failures.set(method, failure);
      }
      this.peers.push(peer);
      return peer;
    };
    this.RTCPeerConnection = function (configuration: RTCConfiguration = {}) {
      return create(configuration);
    } as unknown as typeof RTCPeerConnection;
    const ids = new Map<string, FakeElement>();
    this.fakeDocument = Object.assign(new FakeTarget(), {
      ids,
      body: { append: (element: FakeElement) => (element.isConnected = true) },
      createElement: () => this.element(),
      getElementById: (id: string) => ids.get(id) ?? null,
    });
    this.document = this.fakeDocument as unknown as Document;
  }

  get peer(): FakePeerConnection {
    const peer = this.peers.at(-1);
    if (!peer) {
      throw new Error('No peer was made');
    }
    return peer;
  }

  element(): FakeElement {
    const element = new FakeElement(() => this.playFailure);
    this.elements.push(element);
    return element;
  }

  track(kind: MediaKind): FakeTrack {
    const track = new FakeTrack(kind, (copy) => this.tracks.push(copy));
    this.tracks.push(track);
    return track;
  }

  device(kind: MediaDeviceKind, deviceId: string, label = deviceId, groupId = ''): MediaDeviceInfo {
    return { kind, deviceId, label, groupId, toJSON: () => ({}) };
  }

  /** What still runs: all zero once every call is over. */
  running(): { peers: number; tracks: number; elements: number; listeners: number } {
    return {
      peers: this.peers.filter(({ signalingState }) => signalingState !== 'closed').length,
      tracks: this.tracks.filter(({ readyState }) => readyState === 'live').length,
      elements: this.elements.filter(
        ({ isConnected, srcObject, playing }) => isConnected || srcObject !== null || playing,
      ).length,
      listeners: this.fakeDocument.listeners + this.fakeMediaDevices.listeners,
    };
  }
}
