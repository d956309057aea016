import type { Leg } from '../calls/leg.ts';
import { DebugReport } from '../quality/debug-report.ts';
import { aboutCall, type LogLine } from '../quality/log-line.ts';
import { CallSamples } from '../quality/samples.ts';
import { SignallingTrace } from '../quality/signalling-trace.ts';
import type { Companion, ExtrasContext } from './context.ts';

/** The debug report of each call that has `debug` (wire spec 17). Nothing of a call waits for it. */
export class Debugging implements Companion {
  readonly #context: ExtrasContext;
  readonly #trace = new SignallingTrace();
  /** Those under way, by call. */
  readonly #reports = new Map<Leg, DebugReport>();

  constructor(context: ExtrasContext) {
    this.#context = context;
  }

  attend(leg: Leg): void {
    const { platform, sessionId, send, emit, options, secrets } = this.#context;
    const { debug, debugOutput } = leg.options;
    // Without `debug` somebody listens for the timeline, and nobody asked for it to be sent or saved.
    const output = debug ? (debugOutput ?? 'socket') : 'none';
    const samples = new CallSamples();
    if (!leg.life.over) {
      samples.follow((run) => leg.quality.add(run));
    }
    const begin = (pc: RTCPeerConnection): void => {
      if (this.#reports.has(leg)) {
        return;
      }
      const report = new DebugReport(
        {
          platform,
          samples,
          send: output === 'socket' ? send : null,
          peerId: sessionId(),
          callId: leg.id,
          done: (timeline) => {
            emit('telnyx.stats.report', timeline, { callId: leg.id });
          },
          file: output === 'file',
          detail: options().callReportDetail ?? {},
          secrets,
        },
        pc,
      );
      this.#reports.set(leg, report);
      this.#context.tap((out, text) => {
        this.#onFrame(out, text);
      });
    };
    const stop = (): void => {
      this.#reports.get(leg)?.stop();
      this.#reports.delete(leg);
      if (this.#reports.size === 0) {
        this.#context.tap(undefined);
      }
    };
    leg.notices.events.on('peer', begin);
    leg.notices.events.on('state', (state) => {
      // The last frames of a call are those of its end.
      if (state === 'destroy') {
        stop();
      }
    });
    leg.notices.events.on('recovered', stop);
    if (leg.media.pc) {
      begin(leg.media.pc);
    }
    if (leg.life.state === 'destroy') {
      stop();
    }
  }

  log(line: LogLine): void {
    const about = aboutCall(line);
    for (const [{ id }, report] of this.#reports) {
      if (about === undefined || about === id) {
        report.log(line);
      }
    }
  }

  #onFrame(out: boolean, text: string): void {
    const read = this.#trace.read(text);
    if (!read) {
      return;
    }
    for (const [{ id }, report] of this.#reports) {
      if (read.callId === undefined || read.callId === id) {
        report.signalling(out, read.frame);
      }
    }
  }
}
