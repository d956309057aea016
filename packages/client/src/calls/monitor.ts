import { audioLevels } from '../media/switch-input.ts';
import { watchTalking } from '../media/talking.ts';
import { Timer } from '../timer.ts';
import { CallQuality } from './call-quality.ts';
import type { CallCore } from './core.ts';
import { PeerWatch } from './peer-watch.ts';

const LEVELS_MS = 100;

/** What watches one call that has a peer: its path, its quality, and how loud it is while somebody wants to know. */
export class CallMonitor {
  readonly quality: CallQuality;
  readonly watch: PeerWatch;
  readonly #core: CallCore;
  /** What runs for listeners, and how many want it. */
  readonly #running = new Map<string, { count: number; readonly stop: () => void }>();

  constructor(core: CallCore) {
    this.#core = core;
    this.quality = new CallQuality(core);
    this.watch = new PeerWatch(core);
  }

  /** Makes these events happen; returns its undo. Several listeners share one measurement. */
  listen(event: 'levels' | 'talkingWhileMuted'): () => void {
    const core = this.#core;
    if (core.isOver) return () => undefined;
    const running = this.#running.get(event) ?? {
      count: 0,
      stop:
        event === 'levels'
          ? this.#measure()
          : watchTalking(core.media, () => {
              core.events.emit('talkingWhileMuted');
            }),
    };
    running.count += 1;
    this.#running.set(event, running);
    let stopped = false;
    return () => {
      if (stopped) return;
      stopped = true;
      running.count -= 1;
      if (running.count > 0) return;
      running.stop();
      this.#running.delete(event);
    };
  }

  dispose(): void {
    for (const { stop } of this.#running.values()) stop();
    this.#running.clear();
    this.quality.dispose();
    this.watch.dispose();
  }

  #measure(): () => void {
    const core = this.#core;
    const timer = new Timer(core.deps.platform);
    let stopped = false;
    const look = async (): Promise<void> => {
      const levels = await audioLevels(core.media).catch(() => null);
      if (stopped) return;
      if (levels) core.events.emit('levels', levels);
      timer.start(LEVELS_MS, () => void look());
    };
    timer.start(LEVELS_MS, () => void look());
    return () => {
      stopped = true;
      timer.stop();
    };
  }
}
