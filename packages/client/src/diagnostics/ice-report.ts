import { entries, ofType, selectedPair, text } from './stats.ts';
import type {
  NominatedPair,
  PreCallIceReport,
  PreCallIceServerComparisonEntry,
  RTCIceCandidateStats,
} from './types.ts';

/** One server per URL, each with the credentials of its entry. */
export function splitByUrl(servers: readonly RTCIceServer[]): RTCIceServer[] {
  return servers.flatMap((server) => [server.urls].flat().map((urls) => ({ ...server, urls })));
}

export function isTurn(server: RTCIceServer): boolean {
  return [server.urls].flat().some((url) => /^turns?:/i.test(url));
}

/** Whether a candidate's `url` names this server; the transport counts only where the server's own URL states one. */
function sameServer(serverUrl: string, candidateUrl: string): boolean {
  const [base, query] = serverUrl.toLowerCase().split('?');
  const [candidateBase, candidateQuery] = candidateUrl.toLowerCase().split('?');
  return base === candidateBase && (query === undefined || query === candidateQuery);
}

export function compareServers(
  servers: readonly RTCIceServer[],
  candidates: RTCIceCandidateStats[],
): PreCallIceServerComparisonEntry[] {
  return servers.map((server) => {
    const urls = [server.urls].flat();
    const own = candidates.filter((candidate) =>
      urls.some((url) => candidate.url !== '' && sameServer(url, candidate.url)),
    );
    return {
      urls: server.urls,
      hasCandidates: own.length > 0,
      candidateType: own[0]?.candidateType ?? null,
      candidates: own,
      candidateCount: own.length,
    };
  });
}

function asCandidate(entry: object): RTCIceCandidateStats {
  const known = entry as Partial<RTCIceCandidateStats> & { ip?: string };
  return {
    ...(entry as RTCIceCandidateStats),
    address: known.address ?? known.ip ?? null,
    url: known.url ?? '',
    networkType: known.networkType ?? 'unknown',
    deleted: known.deleted ?? false,
  };
}

/** What the samples and the peer connection say of ICE; undefined without either. */
export function buildIceReport(
  samples: readonly RTCStatsReport[],
  peer: RTCPeerConnection | null | undefined,
  servers: readonly RTCIceServer[],
): PreCallIceReport | undefined {
  const last = samples.at(-1);
  if (last === undefined && !peer) {
    return undefined;
  }
  // Candidates of an earlier sample may be gone from the last one (pruned); the report names all that were there.
  const byId = new Map(
    samples
      .flatMap((sample) => ofType(sample, 'local-candidate'))
      .map((entry) => [entry.id, asCandidate(entry)]),
  );
  const candidates = [...byId.values()];
  const counts: Record<RTCIceCandidateType, number> = { host: 0, srflx: 0, prflx: 0, relay: 0 };
  for (const { candidateType } of candidates) {
    if (candidateType) {
      counts[candidateType] += 1;
    }
  }

  const pair = selectedPair(last);
  const all = entries(last);
  const end = (name: string): RTCIceCandidateStats | undefined => {
    const entry = all.find((candidate) => candidate.id === text(pair, name));
    return entry === undefined ? undefined : asCandidate(entry);
  };
  const local = end('localCandidateId');
  const remote = end('remoteCandidateId');
  const complete = peer?.iceGatheringState === 'complete';
  const hosts = new Set(
    candidates
      .filter((candidate) => candidate.candidateType === 'host')
      .map((candidate) => candidate.address),
  );
  const report: PreCallIceReport = {
    candidateGatheringCompleted: complete,
    gatheringComplete: complete,
    candidateCounts: counts,
    candidates,
    hasRelayCandidate: counts.relay > 0,
    onlyHostCandidates: candidates.length > 0 && candidates.length === counts.host,
    isTurnRequired: local?.candidateType === 'relay',
    hasMultipleNetworkInterfaces: hosts.size > 1,
    vpnDetected: candidates.some((candidate) => candidate.networkType === 'vpn'),
    hasSelectedPair: pair !== undefined,
  };
  if (peer) {
    report.iceGatheringState = peer.iceGatheringState;
    report.iceConnectionState = peer.iceConnectionState;
  }
  if (pair !== undefined) {
    const selected = { ...pair } as unknown as NominatedPair;
    if (local) {
      selected.localCandidate = local;
    }
    if (remote) {
      selected.remoteCandidate = remote;
    }
    report.selectedPair = selected;
  }
  report.serverCandidateComparison = compareServers(servers, candidates);
  return report;
}
