import type { Platform } from '../index.ts';
import { Timer } from '../timer.ts';

/** What sounds: a call rings here; so does one beside another call; the far end rings. */
export type Ring = 'incoming' | 'waiting' | 'ringback';

interface Cadence {
  /** Seconds; the pattern begins again after them. */
  readonly period: number;
  readonly gain: number;
  readonly notes: readonly { readonly at: number; readonly for: number; readonly hertz: number }[];
}

const CADENCES: Readonly<Record<Ring, Cadence>> = {
  incoming: {
    period: 3,
    gain: 0.22,
    notes: [0, 0.9].flatMap((start) =>
      [587.33, 739.99, 880].map((hertz, step) => ({ at: start + step * 0.18, for: 0.17, hertz })),
    ),
  },
  waiting: { period: 4, gain: 0.05, notes: [{ at: 0, for: 0.2, hertz: 880 }] },
  // The tone of most European exchanges.
  ringback: { period: 5, gain: 0.08, notes: [{ at: 0, for: 1, hertz: 425 }] },
};

/** Fades a note in and out, in seconds, so that it begins without a click. */
const FADE = 0.01;

type Sink = AudioContext & { setSinkId?: (id: string) => Promise<void> };

/** Ring tones, made here so that nothing has to be loaded. An audio context lives only while one sounds. */
export class Ringer {
  readonly #platform: Platform;
  readonly #timer: Timer;
  readonly #resume = (): void => void this.#context?.resume().catch(() => undefined);
  #context: AudioContext | undefined;
  #ring: Ring | null = null;
  #sink = '';

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#timer = new Timer(platform);
  }

  /** Null: silence. */
  play(ring: Ring | null, sink: string): void {
    if (ring === this.#ring && sink === this.#sink) {
      return;
    }
    this.stop();
    const Context = this.#platform.AudioContext;
    if (ring === null || !Context) {
      return;
    }
    this.#ring = ring;
    this.#sink = sink;
    const context: Sink = new Context();
    this.#context = context;
    if (sink !== '') {
      // A device that is gone: it rings where the system plays.
      context.setSinkId?.(sink).catch(() => undefined);
    }
    // A page that nobody has touched makes no sound; from the first click or key on it rings.
    this.#resume();
    for (const event of ['pointerdown', 'keydown']) {
      this.#platform.document?.addEventListener(event, this.#resume, true);
    }
    this.#cycle(context, CADENCES[ring]);
  }

  stop(): void {
    if (!this.#context) {
      return;
    }
    this.#timer.stop();
    for (const event of ['pointerdown', 'keydown']) {
      this.#platform.document?.removeEventListener(event, this.#resume, true);
    }
    this.#context.close().catch(() => undefined);
    this.#context = undefined;
    this.#ring = null;
    this.#sink = '';
  }

  #cycle(context: AudioContext, cadence: Cadence): void {
    // Notes of a context that stands still would all sound at once when it goes on.
    const running = context.state === 'running';
    if (running) {
      this.#schedule(context, cadence);
    }
    const pause = running ? cadence.period * 1000 : 250;
    this.#timer.start(pause, () => this.#cycle(context, cadence));
  }

  #schedule(context: AudioContext, { notes, gain }: Cadence): void {
    for (const { at, for: length, hertz } of notes) {
      const from = context.currentTime + at;
      const volume = context.createGain();
      volume.gain.setValueAtTime(0, from);
      volume.gain.linearRampToValueAtTime(gain, from + FADE);
      volume.gain.setValueAtTime(gain, from + length - FADE);
      volume.gain.linearRampToValueAtTime(0, from + length);
      volume.connect(context.destination);
      const note = context.createOscillator();
      note.frequency.value = hertz;
      note.connect(volume);
      note.start(from);
      note.stop(from + length);
    }
  }
}
