import type { CallCore } from '../calls/core.ts';
import { DebugReport } from '../quality/debug-report.ts';
import { CallSamples } from '../quality/samples.ts';
import type { Companion, ExtrasContext } from './context.ts';

/** The debug report of each call that has `debug` (wire spec 17). Nothing of a call waits for it. */
export class Debugging implements Companion {
  readonly #context: ExtrasContext;

  constructor(context: ExtrasContext) {
    this.#context = context;
  }

  attend(core: CallCore): void {
    const { platform, sessionId, send, emit } = this.#context;
    let report: DebugReport | null = null;
    const samples = new CallSamples();
    void core.loadMonitor().then((monitor) => {
      if (monitor && !core.isOver) samples.follow((run) => monitor.quality.add(run));
    });
    const begin = (pc: RTCPeerConnection): void => {
      report ??= new DebugReport(
        {
          platform,
          samples,
          send: core.options.debugOutput === 'file' ? null : send,
          peerId: sessionId(),
          callId: core.id,
          done: (timeline) => {
            emit('telnyx.stats.report', timeline, { callId: core.id });
          },
          file: core.options.debugOutput === 'file',
        },
        pc,
      );
    };
    const stop = (): void => report?.stop();
    core.events.on('peer', begin);
    core.events.on('ended', stop);
    core.events.on('recovered', stop);
    if (core.media.peer?.instance) begin(core.media.peer.instance);
    if (core.isOver) stop();
  }
}
