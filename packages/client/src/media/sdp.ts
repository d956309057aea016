export interface SdpTuning {
  /** Opus in stereo, both ways (RFC 7587, 7.1). */
  readonly stereo?: boolean | undefined;
  /** `b=AS:` in kilobits a second on every audio and video section (RFC 8866, 5.8). */
  readonly asKbps?: number | undefined;
  /** Further `fmtp` parameters of every video codec, e.g. `x-google-max-bitrate=500`. */
  readonly videoParams?: readonly string[] | undefined;
}

const OPUS_STEREO = ['stereo=1', 'sprop-stereo=1'];

/** The description with the tuning applied; the same text when there is nothing to tune. */
export function tuneSdp(sdp: string, { stereo, asKbps, videoParams }: SdpTuning): string {
  if (!stereo && !asKbps && !videoParams?.length) {
    return sdp;
  }
  return sdp
    .split(/^(?=m=)/m)
    .map((section) => {
      const kind = /^m=(audio|video) /.exec(section)?.[1];
      if (!kind) {
        return section;
      }
      let lines = section.split('\r\n');
      if (stereo && kind === 'audio') {
        lines = withParams(lines, /^a=rtpmap:(\d+) opus\//i, OPUS_STEREO);
      }
      if (videoParams?.length && kind === 'video') {
        lines = withParams(lines, /^a=rtpmap:(\d+) (?:VP8|VP9|H264|AV1)\//i, videoParams);
      }
      if (asKbps) {
        lines = lines.filter((line) => !line.startsWith('b=AS:'));
        // Order in a section: m, i, c, b, k, a.
        lines.splice(lines.findLastIndex((line) => /^[mic]=/.test(line)) + 1, 0, `b=AS:${asKbps}`);
      }
      return lines.join('\r\n');
    })
    .join('');
}

const nameOf = (param: string): string => param.trim().split('=')[0] ?? '';

function withParams(lines: string[], codec: RegExp, params: readonly string[]): string[] {
  const names = params.map(nameOf);
  const result = [...lines];
  for (const line of lines) {
    const payload = codec.exec(line)?.[1];
    if (!payload) {
      continue;
    }
    const prefix = `a=fmtp:${payload} `;
    const at = result.findIndex((other) => other.startsWith(prefix));
    if (at < 0) {
      result.splice(result.indexOf(line) + 1, 0, prefix + params.join(';'));
    } else {
      const kept = (result[at] ?? '')
        .slice(prefix.length)
        .split(';')
        .filter((param) => !names.includes(nameOf(param)));
      result[at] = prefix + [...kept, ...params].join(';');
    }
  }
  return result;
}

/** The `ice-ufrag`s of a description: more than one only without BUNDLE. */
export const ufragsOf = (sdp: string): string[] =>
  [...sdp.matchAll(/^a=ice-ufrag:(\S+)/gm)].map((match) => match[1] ?? '');

/** The generation that a candidate belongs to; undefined when it does not say. */
export const ufragOf = (candidate: RTCIceCandidateInit): string | undefined =>
  candidate.usernameFragment ?? / ufrag (\S+)/.exec(candidate.candidate ?? '')?.[1];

/** A description repeats candidates without the extensions that the candidate event adds: compare up to the type. */
export const holdsCandidate = (sdp: string, candidate: string): boolean =>
  sdp.includes(`a=${candidate.split(' ').slice(0, 8).join(' ')}`);

/** There are candidates and all of them are `host` (warning 33005). */
export function hasOnlyHostCandidates(sdp: string): boolean {
  const candidates = sdp.match(/^a=candidate:.*$/gm) ?? [];
  return candidates.length > 0 && candidates.every((line) => line.includes(' typ host'));
}
