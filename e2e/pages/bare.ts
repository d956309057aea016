/** A peer connection and nothing around it: what tests of the media plane alone drive. */

export interface Bare {
  /** Makes the connection; with a microphone unless told otherwise. `videoFirst`: a video line before the audio, and one transport for both. */
  open(options?: {
    readonly listenOnly?: boolean;
    readonly videoFirst?: boolean;
    /** RED is ranked above Opus, so that it is sent where the other side takes it. */
    readonly preferRed?: boolean;
  }): Promise<void>;
  /** Our description: at once, or with all candidates. */
  offer(options?: { readonly complete?: boolean; readonly restart?: boolean }): Promise<string>;
  answer(offer: string): Promise<string>;
  accept(answer: string): Promise<void>;
  press(digits: string): void;
  connected(): Promise<void>;
  stats(): Promise<InboundStats>;
  close(): void;
}

export interface InboundStats {
  readonly packetsReceived: number;
  readonly packetsLost: number;
  readonly concealedSamples: number;
  readonly silentConcealedSamples: number;
  readonly totalSamplesReceived: number;
  readonly fecPacketsReceived: number;
  readonly ssrc: number;
  readonly codec: string;
  /** Seconds, from the plane's reports; undefined before the first. */
  readonly roundTripTime: number | undefined;
}

declare global {
  interface Window {
    readonly bare: Bare;
  }
}

let pc = new RTCPeerConnection();

const bare: Bare = {
  async open({ listenOnly = false, videoFirst = false, preferRed = false } = {}) {
    pc = new RTCPeerConnection(videoFirst ? { bundlePolicy: 'max-bundle' } : {});
    if (videoFirst) {
      pc.addTransceiver('video');
    }
    pc.addEventListener('track', ({ streams }) => {
      const audio = document.querySelector('audio');
      if (audio) {
        audio.srcObject = streams[0] ?? null;
      }
    });
    if (listenOnly) {
      pc.addTransceiver('audio', { direction: 'recvonly' });
      return;
    }
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    for (const track of stream.getTracks()) {
      pc.addTrack(track, stream);
    }
    if (!preferRed) {
      return;
    }
    const { codecs = [] } = RTCRtpReceiver.getCapabilities('audio') ?? {};
    const isRed = ({ mimeType }: { mimeType: string }): boolean => mimeType === 'audio/red';
    const sorted = [...codecs.filter(isRed), ...codecs.filter((codec) => !isRed(codec))];
    pc.getTransceivers()[0]?.setCodecPreferences(sorted);
  },
  async offer({ complete = false, restart = false } = {}) {
    await pc.setLocalDescription(await pc.createOffer({ iceRestart: restart }));
    if (complete) {
      await gathered();
    }
    return pc.localDescription?.sdp ?? '';
  },
  async answer(offer) {
    await pc.setRemoteDescription({ type: 'offer', sdp: offer });
    await pc.setLocalDescription(await pc.createAnswer());
    return pc.localDescription?.sdp ?? '';
  },
  accept: (answer) => pc.setRemoteDescription({ type: 'answer', sdp: answer }),
  press(digits) {
    pc.getSenders()[0]?.dtmf?.insertDTMF(digits, 100, 70);
  },
  async connected() {
    while (pc.connectionState !== 'connected') {
      if (pc.connectionState === 'failed') {
        throw new Error('the connection failed');
      }
      await new Promise((resolve) => {
        pc.addEventListener('connectionstatechange', resolve, { once: true });
      });
    }
  },
  async stats() {
    const entries = [...(await pc.getStats()).values()] as Record<string, unknown>[];
    const inbound = entries.find(({ type }) => type === 'inbound-rtp') ?? {};
    const remote = entries.find(({ type }) => type === 'remote-inbound-rtp');
    const codec = entries.find(({ id }) => id === inbound['codecId']);
    const count = (name: string): number => Number(inbound[name] ?? 0);
    return {
      packetsReceived: count('packetsReceived'),
      packetsLost: count('packetsLost'),
      concealedSamples: count('concealedSamples'),
      silentConcealedSamples: count('silentConcealedSamples'),
      totalSamplesReceived: count('totalSamplesReceived'),
      fecPacketsReceived: count('fecPacketsReceived'),
      ssrc: count('ssrc'),
      codec: String(codec?.['mimeType']),
      roundTripTime: remote?.['roundTripTime'] as number | undefined,
    };
  },
  close() {
    pc.close();
  },
};

async function gathered(): Promise<void> {
  while (pc.iceGatheringState !== 'complete') {
    await new Promise((resolve) => {
      pc.addEventListener('icegatheringstatechange', resolve, { once: true });
    });
  }
}

Object.defineProperty(window, 'bare', { value: bare });
