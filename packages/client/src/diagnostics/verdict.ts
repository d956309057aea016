import { IceReasonCode, MicrophoneReasonCode, NetworkReasonCode } from './reason-codes.ts';
import { isTurn } from './ice-report.ts';
import type {
  PreCallDiagnosticReason,
  PreCallDiagnosticReport,
  PreCallIceReport,
  PreCallMicrophoneReport,
  PreCallNetworkReport,
  PreCallVerdict,
} from './types.ts';

type Input = Pick<PreCallDiagnosticReport, 'ice' | 'network' | 'microphone' | 'serverTests'>;

/** From best evidence to worst; the worst finding is the verdict. */
const ORDER: readonly PreCallVerdict[] = [
  'inconclusive',
  'ready',
  'degraded',
  'blocked',
  'permission_denied',
];

class Findings {
  #verdict: PreCallVerdict = 'inconclusive';
  readonly reasons: PreCallDiagnosticReason[] = [];
  readonly warnings: PreCallDiagnosticReason[] = [];

  at(verdict: PreCallVerdict): void {
    if (ORDER.indexOf(verdict) > ORDER.indexOf(this.#verdict)) {
      this.#verdict = verdict;
    }
  }
  get verdict(): PreCallVerdict {
    return this.#verdict;
  }
  reason(source: string, code: string, message: string, verdict: PreCallVerdict): void {
    this.reasons.push({ code, message, source });
    this.at(verdict);
  }
  warn(source: string, code: string, message: string): void {
    this.warnings.push({ code, message, source });
  }
}

export interface VerdictOptions {
  readonly networkOnly?: boolean;
  readonly error?: Error | undefined;
  /** The call came up (state `active`, peer `connected`). */
  readonly established?: boolean;
}

export function buildVerdict(
  report: Input,
  options: VerdictOptions = {},
): {
  verdict: PreCallVerdict;
  reasons: PreCallDiagnosticReason[];
  warnings: PreCallDiagnosticReason[];
} {
  const findings = new Findings();
  if (report.ice) {
    judgeIce(findings, report.ice, options.networkOnly ?? false);
  }
  if (report.network) {
    judgeNetwork(findings, report.network, options.networkOnly ?? false);
  }
  if (report.microphone) {
    judgeMicrophone(findings, report.microphone);
  }
  if (report.serverTests) {
    judgeServers(findings, report.serverTests);
  }
  if (options.error) {
    judgeError(findings, options.error);
  } else if (options.established === false) {
    const message = 'The test call did not come up in time';
    findings.reason('diagnostic', 'call_setup_timeout', message, 'inconclusive');
  }
  return { verdict: findings.verdict, reasons: findings.reasons, warnings: findings.warnings };
}

function judgeIce(findings: Findings, ice: PreCallIceReport, networkOnly: boolean): void {
  const code = IceReasonCode;
  if (ice.candidates.length === 0) {
    findings.reason(
      'ice',
      code.NoCandidates,
      'The browser found no address to send media from',
      'inconclusive',
    );
    return;
  }
  findings.at('ready');
  // Without a STUN or TURN server there is nothing else to find.
  if (ice.onlyHostCandidates && (ice.serverCandidateComparison ?? []).length > 0) {
    const message = 'Only local addresses were found: no STUN or TURN server answered';
    if (ice.hasSelectedPair) {
      findings.warn('ice', code.OnlyHostCandidates, message);
    } else {
      findings.reason('ice', code.OnlyHostCandidates, message, 'degraded');
    }
  }
  if (ice.isTurnRequired && !networkOnly) {
    findings.reason('ice', code.TurnRequired, 'Media goes through a TURN relay', 'degraded');
  }
  const tried = ice.iceConnectionState !== undefined && ice.iceConnectionState !== 'new';
  if (tried && !ice.hasSelectedPair) {
    findings.reason(
      'ice',
      code.NoSelectedPair,
      'No way to the gateway was found for media',
      'blocked',
    );
  }
  if (ice.candidateGatheringCompleted === false) {
    findings.reason(
      'ice',
      code.GatheringTimeout,
      'Looking for addresses did not finish',
      'degraded',
    );
  }
  for (const server of ice.serverCandidateComparison ?? []) {
    if (server.hasCandidates) {
      continue;
    }
    findings.warn(
      'ice',
      code.ServerNoCandidates,
      `${[server.urls].flat().join(', ')} gave no address`,
    );
  }
  if (ice.hasMultipleNetworkInterfaces) {
    findings.warn('ice', code.MultipleInterfaces, 'This machine has several network addresses');
  }
  if (ice.vpnDetected) {
    findings.warn('ice', code.VpnDetected, 'A VPN is in use');
  }
}

function judgeNetwork(
  findings: Findings,
  network: PreCallNetworkReport,
  networkOnly: boolean,
): void {
  const code = NetworkReasonCode;
  if (network.quality !== 'unknown') {
    findings.at('ready');
  }
  for (const reason of network.reasons ?? []) {
    findings.reason(reason.source, reason.code, reason.message, 'degraded');
  }
  if (network.quality === 'poor') {
    findings.reason('network', code.PoorQuality, 'The network is too poor for a call', 'blocked');
  } else if (network.quality === 'fair') {
    findings.reason('network', code.FairQuality, 'The network will be heard', 'degraded');
  }
  if (networkOnly) {
    return;
  }
  const flows = [network.inbound?.flowing === true, network.outbound?.flowing === true];
  if (!flows[0] && !flows[1]) {
    findings.reason('network', code.NoAudioFlow, 'No audio packets went either way', 'blocked');
  } else if (!flows[0] || !flows[1]) {
    const way = flows[0] ? 'to' : 'from';
    findings.reason(
      'network',
      code.OneWayAudio,
      `No audio packets went ${way} the gateway`,
      'blocked',
    );
  }
}

const CAPTURE_FAILURES = {
  permission_denied: {
    code: MicrophoneReasonCode.CapturePermissionDenied,
    message: 'The microphone is not allowed',
    verdict: 'permission_denied',
  },
  no_device: {
    code: MicrophoneReasonCode.CaptureNoDevice,
    message: 'There is no microphone',
    verdict: 'blocked',
  },
  not_supported: {
    code: MicrophoneReasonCode.CaptureNotSupported,
    message: 'This page cannot use a microphone',
    verdict: 'blocked',
  },
  unknown: {
    code: MicrophoneReasonCode.CaptureFailed,
    message: 'The microphone could not be opened',
    verdict: 'blocked',
  },
} as const;

function judgeMicrophone(findings: Findings, microphone: PreCallMicrophoneReport): void {
  const { captureError } = microphone;
  if (captureError !== undefined) {
    const { code, message, verdict } = CAPTURE_FAILURES[captureError];
    findings.reason('microphone', code, microphone.captureErrorMessage ?? message, verdict);
    return;
  }
  if (microphone.activeCapturePerformed !== true) {
    return;
  }
  findings.at('ready');
  if (microphone.audioDetected === false) {
    const message = 'The microphone is open but nothing was heard';
    findings.reason('microphone', MicrophoneReasonCode.Silent, message, 'degraded');
  }
}

function judgeServers(
  findings: Findings,
  tests: NonNullable<PreCallDiagnosticReport['serverTests']>,
): void {
  const failed = tests.filter((test) => !test.established);
  for (const { server, error } of failed) {
    const name = [server.urls].flat().join(', ');
    const kind = isTurn(server) ? 'relayed' : 'direct';
    const through = name === '' ? '' : ` with ${name}`;
    const message = `A ${kind} test call${through} failed${error === undefined ? '' : `: ${error}`}`;
    findings.reason('ice', 'ice_server_failed', message, 'degraded');
  }
  if (tests.length === 0) {
    return;
  }
  if (failed.length === tests.length) {
    findings.at('blocked');
  } else if (failed.length === 0) {
    findings.at('ready');
  }
}

function judgeError(findings: Findings, error: Error): void {
  const { code } = error as { code?: unknown };
  const verdict = code === 42001 ? 'permission_denied' : 'blocked';
  findings.reason('diagnostic', 'diagnostic_run_error', error.message, verdict);
}
