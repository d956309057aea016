import { describe, expect, it } from 'vitest';
import { buildVerdict } from './verdict.ts';
import type { PreCallIceReport, PreCallNetworkReport, RTCIceCandidateStats } from './types.ts';

const candidate = { candidateType: 'srflx' } as RTCIceCandidateStats;
const ice: PreCallIceReport = {
  candidateGatheringCompleted: true,
  candidateCounts: { host: 0, srflx: 1, prflx: 0, relay: 0 },
  candidates: [candidate],
  hasRelayCandidate: false,
  onlyHostCandidates: false,
  hasSelectedPair: true,
  iceConnectionState: 'connected',
};
const flowing = { flowing: true };
const network: PreCallNetworkReport = {
  quality: 'good',
  inbound: flowing,
  outbound: flowing,
  reasons: [],
};
const server = { server: { urls: 'stun:a' }, established: true };

describe('the verdict of a pre-call check', () => {
  it('is ready when nothing speaks against it, inconclusive when nothing was seen', () => {
    expect(buildVerdict({ ice, network }).verdict).toBe('ready');
    expect(buildVerdict({}).verdict).toBe('inconclusive');
  });

  it.each([
    ['no candidates', { ice: { ...ice, candidates: [] } }, 'inconclusive', 'ice_no_candidates'],
    ['a relayed call', { ice: { ...ice, isTurnRequired: true } }, 'degraded', 'ice_turn_required'],
    [
      'no selected pair',
      { ice: { ...ice, hasSelectedPair: false } },
      'blocked',
      'ice_no_selected_pair',
    ],
    [
      'gathering that did not end',
      { ice: { ...ice, candidateGatheringCompleted: false } },
      'degraded',
      'ice_gathering_timeout',
    ],
    [
      'fair quality',
      { network: { ...network, quality: 'fair' as const } },
      'degraded',
      'network_fair_quality',
    ],
    [
      'poor quality',
      { network: { ...network, quality: 'poor' as const } },
      'blocked',
      'network_poor_quality',
    ],
    [
      'audio one way',
      { network: { ...network, inbound: { flowing: false } } },
      'blocked',
      'network_one_way_audio',
    ],
    [
      'audio no way',
      { network: { ...network, inbound: { flowing: false }, outbound: { flowing: false } } },
      'blocked',
      'network_no_audio_flow',
    ],
    [
      'one of two servers failed',
      { serverTests: [server, { ...server, established: false }] },
      'degraded',
      'ice_server_failed',
    ],
    [
      'all servers failed',
      { serverTests: [{ ...server, established: false }] },
      'blocked',
      'ice_server_failed',
    ],
  ])('with %s', (_title, input, verdict, code) => {
    const result = buildVerdict(input);
    expect(result.verdict).toBe(verdict);
    expect(result.reasons.map((reason) => reason.code)).toContain(code);
  });

  it('takes local addresses alone as a warning when they were enough, and as nothing without a STUN or TURN server', () => {
    const silent = {
      urls: 'stun:a',
      hasCandidates: false,
      candidateType: null,
      candidates: [],
      candidateCount: 0,
    };
    const local = { ...ice, onlyHostCandidates: true };
    const warned = buildVerdict({ ice: { ...local, serverCandidateComparison: [silent] } });
    expect(warned.verdict).toBe('ready');
    expect(warned.warnings.map(({ code }) => code)).toContain('ice_only_host_candidates');
    const quiet = buildVerdict({ ice: { ...local, serverCandidateComparison: [] } });
    expect(quiet).toEqual({ verdict: 'ready', reasons: [], warnings: [] });
  });

  it.each([
    ['permission_denied', 'permission_denied', 'microphone_capture_permission_denied'],
    ['no_device', 'blocked', 'microphone_capture_no_device'],
    ['unknown', 'blocked', 'microphone_capture_failed'],
  ] as const)('tells a microphone failure %s apart', (captureError, verdict, code) => {
    const result = buildVerdict({
      microphone: {
        currentPermissionState: 'unknown',
        isPermissionGrantedCurrently: false,
        isGetUserMediaFailed: true,
        deviceAvailable: false,
        deviceCount: 0,
        devices: [],
        captureError,
      },
    });
    expect(result.verdict).toBe(verdict);
    expect(result.reasons.map((reason) => reason.code)).toEqual([code]);
  });

  it('names a run error, and a call that did not come up', () => {
    const denied = Object.assign(new Error('no microphone'), { code: 42001 });
    expect(buildVerdict({}, { error: denied }).verdict).toBe('permission_denied');
    expect(buildVerdict({}, { error: new Error('refused') }).verdict).toBe('blocked');
    expect(buildVerdict({}, { established: false }).reasons[0]?.code).toBe('call_setup_timeout');
  });
});
