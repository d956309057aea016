import { PreCallDiagnostic } from './pre-call-diagnostic.ts';
import type {
  PreCallDiagnosticOptions,
  PreCallDiagnosticReport,
  RunMicrophoneCheckOptions,
  RunNetworkCheckOptions,
  RunPreCallOptions,
} from './types.ts';

/** What the three checks of a client take. */
export interface CheckOptions {
  readonly full: RunPreCallOptions;
  readonly 'network-only': RunNetworkCheckOptions;
  readonly 'microphone-only': RunMicrophoneCheckOptions;
}

/** The checks of a client as diagnostics. Resolves with a report, also when it fails. */
export async function runCheck<M extends keyof CheckOptions>(
  client: PreCallDiagnosticOptions['client'],
  mode: M,
  given: CheckOptions[M],
): Promise<PreCallDiagnosticReport> {
  if (mode === 'microphone-only') {
    const { durationMs, ...rest } = given as RunMicrophoneCheckOptions;
    const sample = durationMs === undefined ? {} : { sampleDurationMs: durationMs };
    return new PreCallDiagnostic({ client, mode, microphone: { ...rest, ...sample } }).run();
  }
  const { iceServers, ...rest } = given as RunPreCallOptions;
  const rtcConfig = iceServers ? { rtcConfig: { iceServers } } : {};
  return new PreCallDiagnostic({ ...rest, ...rtcConfig, client, mode }).run();
}
