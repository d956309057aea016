import type { CallCore } from '../calls/core.ts';
import type { ClientEvents } from '../events.ts';
import { Outbox } from '../quality/outbox.ts';
import type { LogLine } from '../quality/reporter.ts';
import type { Companion, ExtrasContext, ExtrasHost } from './context.ts';
import { DeviceFollow } from './device-follow.ts';
import type { Reporting } from './reporting.ts';

/**
 * What goes along with the calls of one client and is not needed for any of them: reports, recordings, debug reports, devices
 * that come and go. Loaded with the first call; what the options do not ask for is not loaded at all. Listens to page and
 * devices only while there is a call.
 */
export class Extras {
  readonly #context: ExtrasContext;
  readonly #companions: Companion[];
  readonly #reporting: Reporting | null;
  readonly #live = new Set<CallCore>();
  #early: readonly LogLine[];
  #unwatch: (() => void) | null = null;

  /** `lines`: what was logged while this was being loaded. */
  static async load(host: ExtrasHost, lines: readonly LogLine[]): Promise<Extras> {
    const { enableCallReports, enableCallRecording } = host.options();
    const outbox = new Outbox(host.platform, host.track, (message) => {
      host.log.debug(message);
    });
    const context = { ...host, outbox };
    const [reports, recordings] = await Promise.all([
      enableCallReports === false ? null : import('./reporting.ts'),
      enableCallRecording === true ? import('./recordings.ts') : null,
    ]);
    const reporting = reports && new reports.Reporting(context);
    const companions = [
      new DeviceFollow(context),
      recordings && new recordings.Recordings(context),
    ];
    return new Extras(
      context,
      reporting,
      companions.filter((one) => one !== null),
      lines,
    );
  }

  private constructor(
    context: ExtrasContext,
    reporting: Reporting | null,
    others: readonly Companion[],
    lines: readonly LogLine[],
  ) {
    this.#context = context;
    this.#reporting = reporting;
    this.#companions = reporting ? [reporting, ...others] : [...others];
    this.#early = lines;
  }

  /** Never throws into a call. */
  attend(core: CallCore): void {
    if (!core.isOver) this.#enter(core);
    for (const companion of this.#companions) companion.attend(core);
    for (const line of this.#early) this.log(line);
    this.#early = [];
    if (core.options.debug) {
      void import('./debugging.ts').then(({ Debugging }) => {
        new Debugging(this.#context).attend(core);
      });
    }
  }

  log(line: LogLine): void {
    this.#reporting?.log(line);
  }

  told(event: keyof ClientEvents, payload: unknown): void {
    if (event === 'telnyx.ready') this.#context.outbox.retry();
    for (const companion of this.#companions) companion.told?.(event, payload);
  }

  flush(callId: string, reason: { readonly type: string }): void {
    this.#reporting?.flush(callId, reason);
  }

  feedback(callId: string, given: Readonly<Record<string, unknown>>): boolean {
    return this.#reporting?.feedback(callId, given) ?? false;
  }

  #enter(core: CallCore): void {
    this.#live.add(core);
    this.#unwatch ??= this.#watch();
    const leave = (): void => {
      this.#live.delete(core);
      if (this.#live.size > 0) return;
      this.#unwatch?.();
      this.#unwatch = null;
    };
    core.events.on('recovered', leave);
    core.events.on('state', (state) => {
      if (state === 'destroy') leave();
    });
  }

  #watch(): () => void {
    const { platform, devices } = this.#context;
    const onHide = (): void => {
      for (const companion of this.#companions) companion.pageHidden?.();
    };
    platform.window?.addEventListener('pagehide', onHide);
    const unwatch = devices.watch((change) => {
      for (const companion of this.#companions) companion.devicesChanged?.(change);
    });
    return () => {
      platform.window?.removeEventListener('pagehide', onHide);
      unwatch();
    };
  }
}
