import type { IClientOptions } from '../options.ts';
import { redact } from './redact.ts';

/** What the client knows beside its options. */
export interface ClientFacts {
  /** `wss://calls.example.com` */
  readonly host: string;
  readonly region: string | null;
  readonly dc: string | null;
  readonly iceServers: readonly RTCIceServer[];
}

export const REPORT_DEFAULTS = {
  interval: 5_000,
  leastInterval: 1_000,
  flushInterval: 180_000,
  maxLogs: 1_000,
} as const;

/** `summary.clientSummary` (wire spec 15.3). Holds no secret: of credentials only their kind. */
export function clientSummary(options: IClientOptions, facts: ClientFacts): object {
  const target = options.anonymous_login;
  return {
    authentication: {
      type: authentication(options),
      ...(target && {
        anonymousLogin: {
          targetType: target.target_type,
          targetId: target.target_id,
          targetVersionId: target.target_version_id,
          targetParams: redact(target.target_params, { addresses: true }),
        },
      }),
    },
    connection: {
      env: options.env ?? 'production',
      host: facts.host,
      project: options.project,
      region: facts.region ?? options.region,
      dc: facts.dc ?? undefined,
      rtcIp: options.rtcIp,
      rtcPort: options.rtcPort,
      autoReconnect: options.autoReconnect ?? true,
      maxReconnectAttempts: options.maxReconnectAttempts ?? 10,
      keepConnectionAliveOnSocketClose: options.keepConnectionAliveOnSocketClose ?? false,
      hangupOnBeforeUnload: options.hangupOnBeforeUnload ?? true,
      useCanaryRtcServer: options.useCanaryRtcServer ?? false,
      skipLastVoiceSdkId: options.skipLastVoiceSdkId ?? false,
      skipTrailing: options.skipTrailing ?? false,
    },
    media: {
      audio: redact((options as { audio?: unknown }).audio ?? true, { addresses: true }),
      video: redact(options.video ?? false, { addresses: true }),
      mutedMicOnStart: options.mutedMicOnStart ?? false,
      prefetchIceCandidates: options.prefetchIceCandidates ?? false,
      forceRelayCandidate: options.forceRelayCandidate ?? false,
      trickleIce: options.trickleIce,
      iceServers: facts.iceServers.map(({ urls, username, credential }) => ({
        urls,
        hasUsername: !!username,
        hasCredential: !!credential,
      })),
    },
    callReports: {
      enabled: options.enableCallReports !== false,
      intervalMs: intervalOf(options),
      flushIntervalMs: options.callReportFlushInterval ?? REPORT_DEFAULTS.flushInterval,
      debugLogLevel: options.debugLogLevel ?? 'debug',
      debugLogMaxEntries: options.debugLogMaxEntries ?? REPORT_DEFAULTS.maxLogs,
    },
  };
}

/** Milliseconds; never below one second, since that is how often the browser is asked. */
export function intervalOf({ callReportInterval }: IClientOptions): number {
  // 0 is none: as with the reference, the default then. So is what is no time at all.
  if (!callReportInterval || !Number.isFinite(callReportInterval)) {
    return REPORT_DEFAULTS.interval;
  }
  return Math.max(REPORT_DEFAULTS.leastInterval, callReportInterval);
}

function authentication(options: IClientOptions): string {
  const { anonymous_login: target, login_token: token, login, password, passwd } = options;
  if (target) {
    return 'anonymous_login';
  }
  if (token) {
    return 'login_token';
  }
  if (login && (password || passwd)) {
    return 'login_password';
  }
  return options.token ? 'token' : 'unknown';
}
