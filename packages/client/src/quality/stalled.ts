import type { QualitySample } from './sampler.ts';

/** The selected path leaves by a VPN, not by TURN, and does not work (wire spec 11.5). */
export function isStalledPath({ pair, localCandidate, report }: QualitySample): boolean {
  if (localCandidate?.networkType !== 'vpn' || localCandidate.candidateType === 'relay' || !pair) {
    return false;
  }
  const transport = report.get(pair.transportId) as { iceState?: string } | undefined;
  return (
    (pair as { writable?: boolean }).writable === false ||
    /^(disconnected|failed)$/.test(transport?.iceState ?? '') ||
    (!!pair.requestsSent && pair.responsesReceived === 0) ||
    (!!pair.bytesSent && pair.bytesReceived === 0)
  );
}
