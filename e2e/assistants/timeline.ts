/**
 * Runs in the page before its own code: hears what the page says and what arrives, on one clock, so that who began when can be told.
 */
export interface Moment {
  /** Milliseconds of the page's clock. */
  readonly t: number;
  /** Root mean square, 0 to 1. */
  readonly level: number;
}

export interface Timeline {
  readonly spoken: Moment[];
  readonly heard: Moment[];
}

declare global {
  interface Window {
    /** Listens to both sides of the last call until {@link stop}. */
    readonly timeline: { start(): void; stop(): Timeline };
  }
}

const line: Timeline = { spoken: [], heard: [] };
const readers: ReadableStreamDefaultReader<AudioData>[] = [];

function follow(track: MediaStreamTrack, into: Moment[]): void {
  const copy = track.clone();
  const reader = new MediaStreamTrackProcessor({ track: copy }).readable.getReader();
  readers.push(reader);
  const read = async (): Promise<void> => {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) {
        copy.stop();
        return;
      }
      const samples = new Float32Array(value.numberOfFrames);
      value.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      value.close();
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0);
      into.push({ t: performance.now(), level: Math.sqrt(power / samples.length) });
    }
  };
  void read();
}

Object.defineProperty(window, 'timeline', {
  value: {
    start() {
      const peer = window.ear.peers.at(-1);
      const mine = peer?.getSenders().find(({ track }) => track?.kind === 'audio')?.track;
      const theirs = peer?.getReceivers().find(({ track }) => track.kind === 'audio')?.track;
      if (!mine || !theirs) {
        throw new Error('There is no call to listen to.');
      }
      follow(mine, line.spoken);
      follow(theirs, line.heard);
    },
    stop() {
      for (const reader of readers.splice(0)) {
        void reader.cancel();
      }
      return line;
    },
  },
});
