import { TelnyxRTC } from '../client.ts';
import type { IClientOptions } from '../options.ts';
import { markRaw, proxySafe } from '../proxy-safe.ts';
import { frameMos, qualityOf } from '../quality/mos.ts';
import type { Quality } from '../quality/mos.ts';
import { browserEnvironment } from './environment.ts';
import { buildIceReport } from './ice-report.ts';
import { maybe } from './maybe.ts';
import { audio, minMaxAverage, number, selectedPair } from './stats.ts';
import type { RTCIceCandidateStats } from './types.ts';

export interface TelnyxIDs {
  telnyxCallControlId?: string | undefined;
  telnyxSessionId?: string | undefined;
  telnyxLegId?: string | undefined;
}
export interface MinMaxAverage {
  min: number;
  max: number;
  average: number;
}
export interface Report {
  iceCandidateStats: RTCIceCandidateStats[];
  iceCandidatePairStats: RTCIceCandidatePairStats;
  summaryStats: {
    /** Seconds. */
    jitter: MinMaxAverage;
    /** Seconds. */
    rtt: MinMaxAverage;
    mos: number;
    quality: Quality;
  };
  sessionStats: {
    packetsReceived: number;
    packetsLost: number;
    packetsSent: number;
    bytesSent: number;
    bytesReceived: number;
  };
}
export interface PreCallDiagnosisOptions {
  /** What to dial: an application that answers, plays audio and hangs up; with an Offhook gateway `echo` will do. */
  texMLApplicationNumber: string;
  credentials: { login?: string; password?: string; loginToken?: string };
  /** Further client options, `host` above all. */
  client?: Omit<
    IClientOptions,
    'login' | 'password' | 'passwd' | 'login_token' | 'anonymous_login'
  >;
  /** Milliseconds after which we hang up if the far end has not. Default 30 000. */
  timeoutMs?: number;
}

const READY_LIMIT_MS = 15_000;
const DEFAULT_TIMEOUT_MS = 30_000;
const SAMPLE_MS = 1000;

/** The older of the two pre-call checks; {@link PreCallDiagnostic} tells more. (Client API 17.) */
export class PreCallDiagnosis {
  #ids: TelnyxIDs = {};

  constructor() {
    markRaw(this);
  }

  /**
   * Signs in, calls, measures until the far end hangs up.
   * @throws when sign-in fails, the call is refused (the message is the far end's reason) or nothing could be measured
   */
  static run(options: PreCallDiagnosisOptions): Promise<Report> {
    return new PreCallDiagnosis().run(options);
  }

  async run(options: PreCallDiagnosisOptions): Promise<Report> {
    const { login, password, loginToken } = options.credentials;
    const client = new TelnyxRTC({ ...options.client, login, password, login_token: loginToken });
    try {
      await client.connect();
      await client.ready(AbortSignal.timeout(READY_LIMIT_MS));
      return await this.#measure(client, options);
    } finally {
      await client.disconnect();
    }
  }

  /** The ids of the test call; empty before it was answered. */
  getTelnyxIds(): TelnyxIDs {
    return this.#ids;
  }

  async #measure(client: TelnyxRTC, options: PreCallDiagnosisOptions): Promise<Report> {
    const limit = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const environment = browserEnvironment();
    const call = client.newCall({ destinationNumber: options.texMLApplicationNumber });
    await call.whenActive(AbortSignal.timeout(limit));
    this.#ids = call.telnyxIDs;
    const samples: RTCStatsReport[] = [];
    for (let waited = 0; waited < limit && call.state === 'active'; waited += SAMPLE_MS) {
      await environment.delay(SAMPLE_MS);
      const sample = await maybe(call.peer)?.instance?.getStats();
      if (sample) {
        samples.push(sample);
      }
    }
    await call.hangup();
    if ((maybe(call.sipCode) ?? 0) >= 400) {
      throw new Error(maybe(call.sipReason) ?? `SIP ${String(call.sipCode)}`);
    }
    return summarise(samples);
  }
}

proxySafe(PreCallDiagnosis);

function summarise(samples: readonly RTCStatsReport[]): Report {
  const last = samples.at(-1);
  const ice = buildIceReport(samples, null, []);
  if (last === undefined || ice === undefined) {
    throw new Error('The call was too short to measure');
  }
  const series = (name: 'jitter' | 'roundTripTime'): MinMaxAverage => {
    const values = samples
      .map((sample) => number(audio(sample, 'remote-inbound-rtp'), name))
      .filter((value) => value !== undefined);
    return { min: 0, max: 0, average: 0, ...minMaxAverage(values) };
  };
  const jitter = series('jitter');
  const rtt = series('roundTripTime');
  const inbound = audio(last, 'inbound-rtp');
  const pair = selectedPair(last);
  const packetsReceived = number(inbound, 'packetsReceived') ?? 0;
  const packetsLost = number(inbound, 'packetsLost') ?? 0;
  const mos = frameMos(jitter.average * 1000, rtt.average * 1000, packetsReceived, packetsLost);
  const quality = qualityOf(mos);
  if (quality === null) {
    throw new Error('No audio came from the far end');
  }
  return {
    iceCandidateStats: ice.candidates,
    iceCandidatePairStats: { ...pair } as unknown as RTCIceCandidatePairStats,
    summaryStats: { jitter, rtt, mos, quality },
    sessionStats: {
      packetsReceived,
      packetsLost,
      packetsSent: number(audio(last, 'outbound-rtp'), 'packetsSent') ?? 0,
      bytesSent: number(pair, 'bytesSent') ?? 0,
      bytesReceived: number(pair, 'bytesReceived') ?? 0,
    },
  };
}
