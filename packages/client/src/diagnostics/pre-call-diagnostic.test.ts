import { describe, expect, it } from 'vitest';
import type { Call } from '../calls/call.ts';
import type { ICallOptions } from '../call-options.ts';
import type { DiagnosticEnvironment } from './environment.ts';
import { PreCallDiagnostic } from './pre-call-diagnostic.ts';
import type { DiagnosticClient, PreCallDiagnosticOptions } from './types.ts';

const stats = (packets: number): RTCStatsReport => {
  const entries = [
    { id: 'T', type: 'transport', selectedCandidatePairId: 'P' },
    {
      ...{ id: 'P', type: 'candidate-pair', state: 'succeeded', nominated: true },
      ...{ localCandidateId: 'L', currentRoundTripTime: 0.02 },
    },
    { id: 'L', type: 'local-candidate', candidateType: 'host', address: '192.0.2.1' },
    {
      ...{ id: 'I', type: 'inbound-rtp', kind: 'audio', packetsReceived: packets },
      ...{ bytesReceived: packets * 100, packetsLost: 0, jitter: 0.001, timestamp: packets * 20 },
    },
    {
      ...{ id: 'O', type: 'outbound-rtp', kind: 'audio', packetsSent: packets },
      ...{ bytesSent: packets * 100, timestamp: packets * 20 },
    },
  ];
  return new Map(entries.map((entry) => [entry.id, entry]));
};

/** A client whose calls are up at once and carry audio, with no STUN or TURN server unless some are given. */
class FakeClient implements DiagnosticClient {
  readonly iceServers: RTCIceServer[];
  readonly loopbackDestination = 'echo';
  readonly placed: ICallOptions[] = [];
  hungUp = 0;

  constructor(iceServers: RTCIceServer[] = []) {
    this.iceServers = iceServers;
  }

  newCall(options: ICallOptions): Call {
    this.placed.push(options);
    let packets = 0;
    return {
      id: `call-${String(this.placed.length)}`,
      state: 'active',
      peer: {
        instance: {
          connectionState: 'connected',
          iceGatheringState: 'complete',
          iceConnectionState: 'connected',
          getStats: () => Promise.resolve(stats((packets += 50))),
        },
      },
      getEstablishmentTimings: () => ({
        mode: 'trickle',
        direction: 'outbound',
        // As `calls/timings.ts` words them.
        steps: [
          { label: 'ice gathering started', fromStart: 10, delta: 10 },
          { label: 'first non host candidate', fromStart: 25, delta: 15 },
          { label: 'ice gathering completed', fromStart: 60, delta: 35 },
        ],
      }),
      hangup: () => {
        this.hungUp += 1;
        return Promise.resolve();
      },
    } as unknown as Call;
  }

  on(): void {}
  off(): void {}
}

const live = { getTracks: () => [{ stop: () => undefined }] } as unknown as MediaStream;

function environment(
  getUserMedia: () => Promise<MediaStream> = () => Promise.resolve(live),
  level = 0.3,
): DiagnosticEnvironment {
  class FakeAudioContext {
    resume(): Promise<void> {
      return Promise.resolve();
    }
    createAnalyser(): unknown {
      return { fftSize: 32, getFloatTimeDomainData: (block: Float32Array) => block.fill(level) };
    }
    createMediaStreamSource(): unknown {
      return { connect: () => undefined };
    }
    close(): Promise<void> {
      return Promise.resolve();
    }
  }
  return {
    mediaDevices: {
      getUserMedia,
      enumerateDevices: () =>
        Promise.resolve([{ kind: 'audioinput', label: 'Mic', deviceId: 'm' }]),
    } as unknown as MediaDevices,
    permissions: undefined,
    AudioContext: FakeAudioContext as unknown as new () => AudioContext,
    MediaRecorder: undefined,
    play: () => Promise.resolve(false),
    delay: () => Promise.resolve(),
  };
}

const run = (
  client: FakeClient,
  options: Omit<PreCallDiagnosticOptions, 'client'> = {},
  surroundings = environment(),
): ReturnType<PreCallDiagnostic['run']> =>
  new PreCallDiagnostic({ client, ...options }, surroundings).run();

const codes = (reasons: readonly { readonly code: string }[] = []): string[] =>
  reasons.map(({ code }) => code);

describe('a pre-call check', () => {
  it('examines the microphone too, without being asked', async () => {
    const client = new FakeClient();
    const report = await run(client);
    expect(report).toMatchObject({
      verdict: 'ready',
      microphone: { audioDetected: true, deviceCount: 1 },
    });
    expect(report).not.toHaveProperty('skipped');
    expect(client.hungUp).toBe(1);
  });

  it('is not ready when the microphone is silent', async () => {
    const report = await run(new FakeClient(), {}, environment(undefined, 0));
    expect(report.verdict).toBe('degraded');
    expect(codes(report.reasons)).toEqual(['microphone_silent']);
  });

  it('places no call when the microphone is not allowed, and says what it left out', async () => {
    const client = new FakeClient();
    const denied = Object.assign(new Error('denied'), { name: 'NotAllowedError' });
    const report = await run(
      client,
      {},
      environment(() => Promise.reject(denied)),
    );
    expect(client.placed).toEqual([]);
    expect(report.verdict).toBe('permission_denied');
    expect(codes(report.skipped)).toEqual(['ice_skipped', 'network_skipped']);
  });

  it('says so when the application left a section out', async () => {
    const report = await run(new FakeClient(), { microphone: false, network: { enabled: false } });
    expect(codes(report.skipped)).toEqual(['microphone_skipped', 'network_skipped']);
    expect(report).not.toHaveProperty('microphone');
    expect(report).not.toHaveProperty('network');
  });

  it('tells how long gathering took, and what each ICE server of the client gave', async () => {
    const report = await run(new FakeClient([{ urls: 'stun:stun.example.com:3478' }]));
    expect(report.timings).toMatchObject({ iceGatheringMs: 50, firstNonHostCandidateMs: 15 });
    expect(report.ice?.serverCandidateComparison).toMatchObject([
      { urls: 'stun:stun.example.com:3478', hasCandidates: false, candidateCount: 0 },
    ]);
    expect(codes(report.warnings)).toEqual([
      'ice_only_host_candidates',
      'ice_server_no_candidates',
    ]);
  });

  it('does not warn of local addresses where no STUN or TURN server is configured', async () => {
    const report = await run(new FakeClient());
    expect(report.ice).toMatchObject({ onlyHostCandidates: true, serverCandidateComparison: [] });
    expect(report).not.toHaveProperty('warnings');
  });
});

describe('a network check', () => {
  it('makes one direct call where there is no ICE server', async () => {
    const client = new FakeClient();
    const report = await run(client, { mode: 'network-only' });
    expect(client.placed).toMatchObject([{ iceServers: [], forceRelayCandidate: false }]);
    expect(report.verdict).toBe('ready');
    expect(report.serverTests).toMatchObject([{ server: { urls: [] }, established: true }]);
    expect(codes(report.skipped)).toEqual(['microphone_skipped']);
  });

  it('makes a call for each URL of the ICE servers, relayed for TURN', async () => {
    const urls = ['stun:a.example.com', 'turn:b.example.com'];
    const client = new FakeClient([{ urls, username: 'u', credential: 'c' }]);
    const report = await run(client, { mode: 'network-only' });
    expect(client.placed.map(({ forceRelayCandidate }) => forceRelayCandidate)).toEqual([
      false,
      true,
    ]);
    expect(report.serverTests?.map(({ server }) => server)).toEqual(
      urls.map((url) => ({ urls: url })),
    );
  });
});
