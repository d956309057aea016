import { CallQuality } from './call-quality.ts';
import type { CallCore } from './core.ts';
import { PeerWatch } from './peer-watch.ts';

/** What watches one call that has a peer: its path and its quality. */
export class CallMonitor {
  readonly quality: CallQuality;
  readonly watch: PeerWatch;

  constructor(core: CallCore) {
    this.quality = new CallQuality(core);
    this.watch = new PeerWatch(core);
  }

  dispose(): void {
    this.quality.dispose();
    this.watch.dispose();
  }
}
