import { Timer } from '../timer.ts';
import type { CallParts } from './parts.ts';

/** While audio comes: looking costs the page something. */
const BEAT_MS = 1_000;
/** Before the first audio. */
const FIRST_BEAT_MS = 500;
/** While none comes. */
const DOUBT_BEAT_MS = 250;
/** Packets come every 20 ms: nothing for so long is looked at closely. */
const SUSPECT_MS = 150;
/** Nothing came for so long: the gateway is asked. */
const DOUBT_MS = 400;
/** Nothing came for so long, and no answer either: the path is lost. */
const STALL_MS = 1_000;
/** A beat that is so late has slept. */
const SLEPT_MS = 1_000;
/** A ping without an answer for so long confirms it. */
const UNANSWERED_MS = 500;

/** What statistics say of what is received. */
export type Received = Pick<RTCInboundRtpStreamStats, 'packetsReceived' | 'timestamp'> & {
  readonly lastPacketReceivedTimestamp?: number;
};

export interface PathHooks {
  /** Media stopped, and the gateway does not answer either. */
  pathLost(): void;
  /** Media arrives. */
  flowing(): void;
  /** @param doubt no audio comes */
  beat(doubt: boolean): void;
}

/**
 * Browsers tell of a vanished address 12 s late or never, so the path is watched here: when no audio was played for a moment, the
 * gateway is asked for a sign of life, and if none comes and a second is over the path has changed. Looks once a second at when the last audio
 * came, four times while that is in doubt; and not at all while samples of the statistics tell.
 */
export class PathWatch {
  readonly #parts: CallParts;
  readonly #hooks: PathHooks;
  readonly #timer: Timer;
  /** When audio came last, by the browser's clock; null before the first. */
  #mark: number | null = null;
  /** How far that clock is behind ours, with the time that playing takes: the least that was seen. */
  #lag = Infinity;
  /** When audio came last, by ours. */
  #heardAt = 0;
  #lookedAt = 0;
  #packets = 0;
  #running = false;
  /** The last sample told that audio comes. */
  #isSampled = false;
  #stopped = false;
  #probed = false;

  constructor(parts: CallParts, hooks: PathHooks) {
    this.#parts = parts;
    this.#hooks = hooks;
    this.#timer = new Timer(parts.deps.platform);
  }

  start(): void {
    if (!this.#running) {
      this.#running = true;
      this.#heardAt = this.#lookedAt = this.#parts.deps.platform.elapsed();
      this.#arm(this.#period);
    }
  }

  stop(): void {
    this.#running = false;
    this.#timer.stop();
  }

  /** A sample of the statistics; null: there are none for now. */
  onSample(received: Received | null): void {
    if (!this.#running || this.#mark === null) {
      return;
    }
    const {
      packetsReceived: packets = 0,
      timestamp = 0,
      lastPacketReceivedTimestamp: at,
    } = {
      ...(received ?? {}),
    };
    const came = packets > this.#packets;
    this.#packets = packets;
    const now = this.#parts.deps.platform.elapsed();
    if (came && at !== undefined && timestamp - at < SUSPECT_MS) {
      this.#lookedAt = this.#heardAt = now;
      this.#stopped = false;
      this.#hear(now);
      this.#isSampled = true;
      // Another sample, or word that there is none, comes within a second.
      this.#timer.stop();
      this.#tell();
    } else if (this.#isSampled || now - this.#lookedAt >= DOUBT_BEAT_MS) {
      // A sample may come before the timer that slept.
      this.#beat(now - this.#lookedAt > BEAT_MS + SLEPT_MS);
    }
  }

  /** How long until something about the path may be new. */
  get #period(): number {
    if (this.#mark === null) {
      return FIRST_BEAT_MS;
    }
    if (!this.#stopped) {
      return BEAT_MS;
    }
    const { signaling, platform } = this.#parts.deps;
    const silence = platform.elapsed() - this.#heardAt;
    const { unansweredMs } = signaling;
    const dues = [
      DOUBT_MS - silence,
      STALL_MS - silence,
      unansweredMs > 0 ? UNANSWERED_MS - unansweredMs : 0,
    ];
    return Math.min(DOUBT_BEAT_MS, ...dues.filter((due) => due > 0));
  }

  #arm(ms: number): void {
    // What is done about a path may end the watch.
    if (!this.#running) {
      return;
    }
    const { platform } = this.#parts.deps;
    const dueAt = platform.elapsed() + ms;
    this.#timer.start(ms, () => {
      this.#beat(platform.elapsed() - dueAt > SLEPT_MS);
    });
  }

  #beat(slept: boolean): void {
    this.#isSampled = false;
    this.#look(slept);
    this.#arm(this.#period);
    this.#tell();
  }

  #tell(): void {
    this.#hooks.beat(this.#mark === null || this.#stopped);
    this.#parts.deps.signaling.seize();
  }

  #look(slept: boolean): void {
    const { signaling, platform } = this.#parts.deps;
    const now = platform.elapsed();
    const mark = this.#lastAudio();
    const isSilentHold = this.#parts.life.phase === 'held' && signaling.features.v === 0;
    // A page that slept has not listened meanwhile. On hold ours sends silence; other gateways send nothing.
    if (slept || isSilentHold) {
      this.#heardAt = now;
    }
    if (mark !== null && mark !== this.#mark) {
      this.#take(mark, now);
    }
    this.#lookedAt = now;
    const silence = now - this.#heardAt;
    this.#stopped = mark !== null && silence >= SUSPECT_MS;
    if (mark !== null && silence >= DOUBT_MS) {
      this.#doubt(silence);
    }
  }

  /** Audio came since the look before; its time says how long ago. */
  #take(mark: number, now: number): void {
    const lag = now - mark;
    // Two looks in quick succession set the clocks anew: one of them may have been corrected.
    const isRecent = this.#mark === null || now - this.#lookedAt <= DOUBT_BEAT_MS;
    if (isRecent || lag < this.#lag) {
      this.#lag = lag;
    }
    this.#mark = mark;
    this.#hear(Math.max(this.#lookedAt, now - (lag - this.#lag)));
  }

  #hear(at: number): void {
    this.#heardAt = Math.max(this.#heardAt, at);
    this.#probed = false;
    this.#hooks.flowing();
  }

  #doubt(silence: number): void {
    const { signaling } = this.#parts.deps;
    const { unansweredMs } = signaling;
    if (unansweredMs >= UNANSWERED_MS) {
      if (silence >= STALL_MS) {
        this.#hooks.pathLost();
      }
    } else if (!this.#probed && unansweredMs === 0) {
      this.#probed = true;
      signaling.probe();
    }
  }

  /** Sources that fell silent are forgotten by the browser after 10 s: then the last mark stands. */
  #lastAudio(): number | null {
    let last = 0;
    for (const receiver of this.#parts.media.pc?.getReceivers() ?? []) {
      if (receiver.track.kind === 'audio') {
        for (const { timestamp } of receiver.getSynchronizationSources()) {
          last = Math.max(last, timestamp);
        }
      }
    }
    return last > 0 ? last : this.#mark;
  }
}
