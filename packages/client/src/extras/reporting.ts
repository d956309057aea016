import type { Leg } from '../calls/leg.ts';
import type { ClientEvents, ITelnyxWarningEvent, SocketCloseEvent } from '../events.ts';
import { Listeners } from '../listeners.ts';
import { devicesOf } from '../quality/environment.ts';
import type { LogLine } from '../quality/log-line.ts';
import { Reporter, type ReportedCall, type ReportFile } from '../quality/reporter.ts';
import type { Companion, DeviceNews, ExtrasContext } from './context.ts';

/** Joins calls, socket and page to the client's call reports. */
export class Reporting implements Companion {
  readonly #reporter: Reporter;
  /** Who speaks for a report now. */
  readonly #legs = new Map<ReportFile, Leg>();
  readonly #context: ExtrasContext;

  constructor(context: ExtrasContext) {
    this.#context = context;
    this.#reporter = new Reporter({
      ...context,
      log: (level, message) => {
        context.log[level](message);
      },
    });
  }

  attend(leg: Leg): void {
    const file = this.#reporter.open(reported(leg));
    const { report } = file;
    this.#legs.set(file, leg);
    this.#followSamples(file, leg);
    void this.#learnDevices([file]);
    const peer = new Listeners();
    const { events } = leg.notices;
    const watch = (pc: RTCPeerConnection): void => {
      peer.dispose();
      const told = (): void => {
        report.event('ice', {
          connection: pc.connectionState,
          ice: pc.iceConnectionState,
          gathering: pc.iceGatheringState,
        });
      };
      for (const type of ['connection', 'iceconnection', 'icegathering']) {
        peer.add(pc, `${type}statechange`, told);
      }
    };
    const onState = (state: string): void => {
      if (leg.dialog.known) {
        file.seen();
      }
      if (state === 'active' || state === 'held') {
        file.settleKey();
        report.start();
      }
      if (state !== 'destroy') {
        return;
      }
      peer.dispose();
      this.#legs.delete(file);
      file.finish();
    };
    events.on('state', (state, previous) => {
      report.event('state', { state, previous });
      onState(state);
    });
    events.on('peer', watch);
    events.on('mute', (muted) => {
      report.event('mute', { muted });
    });
    events.on('hold', ({ side, held }) => {
      report.event('hold', { side, held });
    });
    events.on('input', () => {
      report.event('device', { kind: 'audioinput', switched: true });
    });
    events.on('warning', ({ code, name }, about) => {
      report.event('warning', { ...about, code, name, phase: 'raised' });
    });
    events.on('warningCleared', ({ code, name }, about) => {
      report.event('warning', { ...about, code, name, phase: 'cleared' });
    });
    events.on('remoteAway', (away) => {
      report.event('signaling', { side: 'remote', away });
    });
    events.on('error', ({ code, name }) => {
      report.event('error', { code, name });
    });
    events.on('ended', ({ cause, causeCode, side }) => {
      report.event('ended', { cause, causeCode, side });
    });
    events.on('recovered', () => {
      peer.dispose();
      report.event('recovery', {});
    });
    // What was while this was being loaded.
    report.event('state', { state: leg.life.state, direction: leg.direction });
    if (leg.media.pc) {
      watch(leg.media.pc);
    }
    onState(leg.life.state);
  }

  told(event: keyof ClientEvents, payload: unknown): void {
    const reporter = this.#reporter;
    if (event === 'telnyx.socket.error') {
      reporter.socketFailed();
    }
    if (event === 'telnyx.socket.open') {
      reporter.event('signaling', { state: 'open' });
    }
    if (event === 'telnyx.ready') {
      reporter.event('signaling', { state: 'ready' });
    }
    if (event === 'telnyx.warning') {
      this.#ofClient(payload as ITelnyxWarningEvent);
    }
    if (event !== 'telnyx.socket.close') {
      return;
    }
    const close = payload as SocketCloseEvent;
    reporter.socketClosed(close.event ?? close);
  }

  /** What is about a call comes from the call itself; what is about the client is about all that talk now. */
  #ofClient({ warning: { code, name }, callId, reason, source }: ITelnyxWarningEvent): void {
    if (callId === undefined) {
      this.#reporter.event('warning', { code, name, reason, source });
    }
  }

  pageHidden(): void {
    this.#reporter.pageHidden((file) => this.#legs.get(file)?.life.over !== false);
  }

  devicesChanged({ added, removed }: DeviceNews): void {
    const kinds = (list: readonly MediaDeviceInfo[]) => list.map(({ kind }) => kind);
    this.#reporter.event('device', { added: kinds(added), removed: kinds(removed) });
    void this.#learnDevices(this.#reporter.live);
  }

  surroundingsChanged(type: 'network' | 'page', detail: Readonly<Record<string, unknown>>): void {
    this.#reporter.event(type, detail);
  }

  log(line: LogLine): void {
    this.#reporter.log(line);
  }

  flush(callId: string, reason: { readonly type: string }): void {
    this.#reporter.flush(callId, reason);
  }

  feedback(callId: string, given: Readonly<Record<string, unknown>>): boolean {
    return this.#reporter.feedback(callId, given);
  }

  async #learnDevices(files: readonly ReportFile[]): Promise<void> {
    const { platform, devices, options } = this.#context;
    const named = options().callReportDetail?.devices === true;
    const known = await devicesOf(platform, await devices.enumerate(), named);
    for (const file of files) {
      file.learnDevices(known);
    }
  }

  #followSamples(file: ReportFile, leg: Leg): void {
    if (!leg.life.over) {
      file.samples.follow((run) => leg.quality.add(run));
    }
  }
}

const reported = (leg: Leg): ReportedCall => ({
  id: leg.id,
  track: () => leg.media.sender('audio')?.track ?? null,
  summary: () => {
    const { options, direction, life, deps } = leg;
    return {
      callId: leg.id,
      destinationNumber: options.destinationNumber,
      callerNumber: options.callerNumber,
      direction,
      state: life.state,
      telnyxSessionId: options.telnyxSessionId,
      telnyxLegId: options.telnyxLegId,
      sdkVersion: deps.version,
    };
  },
  timings: () => (leg.timings.has('call-active') ? leg.peer?.callEstablishmentTimings : undefined),
});
