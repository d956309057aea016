/** The `ice-ufrag`s of a description: more than one only without BUNDLE. */
export const ufragsOf = (sdp: string): string[] =>
  [...sdp.matchAll(/^a=ice-ufrag:(\S+)/gm)].map((match) => match[1] ?? '');

/** The generation that a candidate belongs to; undefined when it does not say. */
export const ufragOf = (candidate: RTCIceCandidateInit): string | undefined =>
  candidate.usernameFragment ?? / ufrag (\S+)/.exec(candidate.candidate ?? '')?.[1];

/** A description repeats candidates without the extensions that the candidate event adds: compare up to the type. */
export const holdsCandidate = (sdp: string, candidate: string): boolean =>
  sdp.includes(`a=${candidate.split(' ').slice(0, 8).join(' ')}`);
