import type { Call } from '../calls/call.ts';
import type { ICallOptions } from '../call-options.ts';
import { markRaw, proxySafe } from '../proxy-safe.ts';
import { browserEnvironment } from './environment.ts';
import type { DiagnosticEnvironment } from './environment.ts';
import { buildIceReport, isTurn, splitByUrl } from './ice-report.ts';
import { maybe } from './maybe.ts';
import { checkMicrophone } from './microphone.ts';
import { buildNetworkReport } from './network-report.ts';
import { TimingsCollector } from './timings.ts';
import { buildVerdict } from './verdict.ts';
import type {
  PreCallDiagnosticContext,
  PreCallDiagnosticOptions,
  PreCallDiagnosticReason,
  PreCallDiagnosticReport,
  PreCallDiagnosticRunner,
  PreCallMicrophoneReport,
  PreCallServerTestReport,
} from './types.ts';

const SETUP_LIMIT_MS = 30_000;
const SETUP_POLL_MS = 100;
const DEFAULTS = {
  full: { durationMs: 5000, intervalMs: 1000 },
  'network-only': { durationMs: 3000, intervalMs: 500 },
} as const;
/** The public number that answers and plays audio; dialled only where the gateway offers no loopback of its own. */
const TEST_NUMBER = '+1-872-231-5806';

interface TestCall extends PreCallDiagnosticContext {
  established: boolean;
  timings: TimingsCollector;
}

/**
 * Places a test call (or several, or none) and says whether this browser, on this network, is ready for a real one.
 * `run()` always resolves with a report; what went wrong is in it. (Client API 18.)
 */
export class PreCallDiagnostic implements PreCallDiagnosticRunner {
  readonly #options: PreCallDiagnosticOptions;
  readonly #environment: DiagnosticEnvironment;

  constructor(options: PreCallDiagnosticOptions, environment = browserEnvironment()) {
    const { iceServers: _, ...rest } = options.rtcConfig ?? {};
    const unused = Object.keys(rest);
    if (unused.length > 0) {
      throw new TypeError(`rtcConfig takes iceServers only, not ${unused.join(', ')}`);
    }
    this.#options = options;
    this.#environment = environment;
    markRaw(this);
  }

  async run(): Promise<PreCallDiagnosticReport> {
    const timings = new TimingsCollector();
    const { mode = 'full' } = this.#options;
    const report =
      mode === 'microphone-only'
        ? await this.#microphoneOnly()
        : mode === 'network-only'
          ? await this.#networkOnly()
          : await this.#full();
    report.timings ??= {};
    timings.complete(report.timings);
    return report;
  }

  async #microphoneOnly(): Promise<PreCallDiagnosticReport> {
    const microphone = await this.#examineMicrophone();
    const skipped = ['ice', 'network'].map((source) => skip(source, 'this mode places no call'));
    return finish({ version: 1, microphone, skipped }, buildVerdict({ microphone }));
  }

  async #full(): Promise<PreCallDiagnosticReport> {
    const report: PreCallDiagnosticReport = { version: 1 };
    // Before the call: two captures at once would measure each other.
    if (this.#options.microphone !== false) {
      report.microphone = await this.#examineMicrophone();
    }
    const captures = this.#options.audio !== false;
    if (captures && report.microphone?.captureError !== undefined) {
      report.skipped = ['ice', 'network'].map((source) =>
        skip(source, 'no test call is possible without a microphone'),
      );
      return finish(report, buildVerdict(report));
    }
    const servers = this.#options.rtcConfig?.iceServers;
    const test = await this.#test('full', servers === undefined ? {} : { iceServers: servers });
    Object.assign(report, this.#finishTest(test, this.#servers()));
    if (test.call) {
      report.callId = test.call.id;
    }
    report.raw = { stats: test.statsSamples.at(-1), samples: test.statsSamples };
    const skipped = [
      ...(report.microphone ? [] : [skip('microphone', 'the option microphone is false')]),
      ...this.#leftOut(),
    ];
    if (skipped.length > 0) {
      report.skipped = skipped;
    }
    return finish(
      report,
      buildVerdict(report, { error: test.error, established: test.established }),
    );
  }

  /** One call for each ICE URL, all at once; a TURN URL is tested with relayed media only. Without any, one direct call. */
  async #networkOnly(): Promise<PreCallDiagnosticReport> {
    const servers = splitByUrl(this.#servers());
    const tests = servers.length > 0 ? servers.map((server) => [server]) : [[]];
    const serverTests = await Promise.all(
      tests.map(async (iceServers): Promise<PreCallServerTestReport> => {
        const test = await this.#test('network-only', {
          iceServers,
          forceRelayCandidate: iceServers.some(isTurn),
        });
        const result: PreCallServerTestReport = {
          server: { urls: iceServers[0]?.urls ?? [] },
          established: test.established,
          ...this.#finishTest(test, iceServers),
        };
        if (test.call) {
          result.callId = test.call.id;
        }
        if (test.error) {
          result.error = test.error.message;
        } else if (!test.established) {
          result.error = 'The test call did not come up in time';
        }
        return result;
      }),
    );
    const skipped = [skip('microphone', 'this mode tests the network only'), ...this.#leftOut()];
    const report: PreCallDiagnosticReport = { version: 1, serverTests, skipped };
    const own = buildVerdict({ serverTests });
    for (const test of serverTests.filter(({ established }) => established)) {
      const { verdict, reasons, warnings } = buildVerdict(test, { networkOnly: true });
      if (own.verdict === 'ready' && (verdict === 'degraded' || verdict === 'blocked')) {
        own.verdict = 'degraded';
      }
      own.reasons.push(...reasons);
      own.warnings.push(...warnings);
    }
    return finish(report, own);
  }

  #examineMicrophone(): Promise<PreCallMicrophoneReport> {
    const { audio, microphone } = this.#options;
    const options = typeof microphone === 'object' ? microphone : {};
    return checkMicrophone(options, this.#environment, audio === false ? true : audio);
  }

  /** Those that the test call has. */
  #servers(): readonly RTCIceServer[] {
    return this.#options.rtcConfig?.iceServers ?? this.#options.client.iceServers;
  }

  get #wantsIce(): boolean {
    const { ice } = this.#options;
    return typeof ice === 'object' ? ice.gatherCandidates !== false : ice !== false;
  }

  get #wantsNetwork(): boolean {
    const { network } = this.#options;
    return typeof network === 'object' ? network.enabled !== false : network !== false;
  }

  /** Sections that options of the application leave out. */
  #leftOut(): PreCallDiagnosticReason[] {
    return [
      ...(this.#wantsIce ? [] : [skip('ice', 'the option ice turns it off')]),
      ...(this.#wantsNetwork ? [] : [skip('network', 'the option network turns it off')]),
    ];
  }

  /** What the call showed; then the call is hung up, since a closed peer tells nothing. */
  #finishTest(test: TestCall, servers: readonly RTCIceServer[]): Partial<PreCallDiagnosticReport> {
    const { mode = 'full' } = this.#options;
    const sections: Partial<PreCallDiagnosticReport> = {
      timings: test.timings.build(test.call ? { call: test.call } : {}),
    };
    const iceReport = this.#wantsIce
      ? buildIceReport(test.statsSamples, maybe(test.call?.peer)?.instance, servers)
      : undefined;
    const networkReport = this.#wantsNetwork
      ? buildNetworkReport(test.statsSamples, { checkBitrate: mode === 'full' })
      : undefined;
    if (iceReport) {
      sections.ice = iceReport;
    }
    if (networkReport) {
      sections.network = networkReport;
    }
    if (test.call && this.#options.autoHangup !== false) {
      void test.call.hangup();
    }
    return sections;
  }

  /** One call, from dialling to the last sample; still up afterwards. Never rejects. */
  async #test(mode: 'full' | 'network-only', extra: ICallOptions): Promise<TestCall> {
    const options = this.#options;
    const test: TestCall = {
      options,
      statsSamples: [],
      established: false,
      timings: new TimingsCollector(),
    };
    const onError = (event: { readonly error: Error; readonly callId?: string }): void => {
      if (event.callId === undefined || event.callId === test.call?.id) {
        test.error ??= event.error;
      }
    };
    options.client.on('telnyx.error', onError);
    try {
      const call = options.client.newCall({
        destinationNumber: options.destinationNumber ?? this.#defaultDestination(),
        callerName: options.callerName,
        callerNumber: options.callerNumber,
        audio: options.audio,
        debug: options.debug,
        ...extra,
      });
      test.call = call;
      test.established = await this.#comesUp(call, test);
      if (test.established) {
        await this.#sample(call, mode, test);
      }
      await this.#gathered(call);
    } catch (error) {
      test.error ??= error instanceof Error ? error : new Error(String(error));
    } finally {
      options.client.off('telnyx.error', onError);
    }
    return test;
  }

  #defaultDestination(): string {
    return this.#options.client.loopbackDestination ?? TEST_NUMBER;
  }

  async #comesUp(call: Call, test: TestCall): Promise<boolean> {
    for (let waited = 0; waited <= SETUP_LIMIT_MS; waited += SETUP_POLL_MS) {
      if (call.state === 'active' && maybe(call.peer)?.instance?.connectionState === 'connected') {
        return true;
      }
      if (call.state === 'hangup' || call.state === 'destroy') {
        test.error ??= new Error(`The test call ended: ${maybe(call.cause) ?? 'no cause given'}`);
      }
      if (test.error) {
        return false;
      }
      await this.#environment.delay(SETUP_POLL_MS);
    }
    return false;
  }

  async #sample(call: Call, mode: 'full' | 'network-only', test: TestCall): Promise<void> {
    const duration = this.#options.durationMs ?? DEFAULTS[mode].durationMs;
    const interval = this.#options.statsSampleIntervalMs ?? DEFAULTS[mode].intervalMs;
    const take = async (): Promise<void> => {
      const sample = await maybe(call.peer)?.instance?.getStats();
      if (sample) {
        test.statsSamples.push(sample);
      }
    };
    await take();
    for (let elapsed = 0; elapsed < duration && call.state === 'active'; elapsed += interval) {
      await this.#environment.delay(Math.min(interval, duration - elapsed));
      await take();
    }
  }

  /** Waits for gathering, within `ice.gatherTimeoutMs`, so that a slow STUN server is not reported as a dead one. */
  async #gathered(call: Call): Promise<void> {
    const { ice } = this.#options;
    const limit = (typeof ice === 'object' ? ice.gatherTimeoutMs : undefined) ?? 15_000;
    for (let waited = 0; waited < limit; waited += SETUP_POLL_MS) {
      const peer = maybe(call.peer)?.instance;
      if (!peer || peer.iceGatheringState === 'complete' || peer.connectionState === 'closed') {
        return;
      }
      await this.#environment.delay(SETUP_POLL_MS);
    }
  }
}

proxySafe(PreCallDiagnostic);

/** Says which section a report lacks, and why. */
const skip = (source: string, why: string): PreCallDiagnosticReason => ({
  code: `${source}_skipped`,
  message: `Not examined: ${why}`,
  source,
});

function finish(
  report: PreCallDiagnosticReport,
  { verdict, reasons, warnings }: ReturnType<typeof buildVerdict>,
): PreCallDiagnosticReport {
  report.verdict = verdict;
  if (reasons.length > 0) {
    report.reasons = reasons;
  }
  if (warnings.length > 0) {
    report.warnings = warnings;
  }
  return report;
}
