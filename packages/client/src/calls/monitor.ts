import { audioLevels } from '../media/switch-input.ts';
import { watchTalking } from '../media/talking.ts';
import { Timer } from '../timer.ts';
import { CallQuality } from './call-quality.ts';
import type { CallCore } from './core.ts';
import { hangup } from './ending.ts';
import { Recovery } from './recovery.ts';

const LEVELS_MS = 100;

/** What watches one call that has a peer: its path, its quality, and how loud it is while somebody wants to know. */
export class CallMonitor {
  readonly quality: CallQuality;
  readonly recovery: Recovery;
  readonly #core: CallCore;
  /** What runs for listeners, and how many want it. */
  readonly #running = new Map<string, { count: number; readonly stop: () => void }>();

  constructor(core: CallCore) {
    this.#core = core;
    this.quality = new CallQuality(core);
    this.recovery = new Recovery(core);
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

  /** Only relay candidates are allowed and TURN gave none. A call whose media is connected goes on with what it has. */
  onNoRelay(): void {
    const core = this.#core;
    // Not the call's phase: an answer may have come before gathering ended, and would hide that no media ever will.
    if (core.isOver || core.peer?.instance?.connectionState === 'connected') return;
    core.fail(
      40005,
      new Error('forceRelayCandidate is set, but no TURN server gave a relay candidate'),
      { message: 'No relay candidate: check the TURN servers' },
    );
    void hangup(core, { initiator: 'sdk:setup' }, core.known);
  }

  dispose(): void {
    for (const { stop } of this.#running.values()) stop();
    this.#running.clear();
    this.quality.dispose();
    this.recovery.dispose();
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
