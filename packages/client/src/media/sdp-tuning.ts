export interface SdpTuning {
  /** Opus in stereo, both ways (RFC 7587, 7.1). */
  readonly stereo?: boolean | undefined;
  /** `b=AS:` in kilobits a second on every audio and video section (RFC 8866, 5.8). */
  readonly asKbps?: number | undefined;
  /** Kilobits a second, for every video codec. */
  readonly googleBitrate?: Readonly<Record<'max' | 'min' | 'start', number | undefined>>;
}

const OPUS_STEREO = ['stereo=1', 'sprop-stereo=1'];

/** The description with the tuning applied; the same text when there is nothing to tune. */
export function tuneSdp(sdp: string, { stereo, asKbps, googleBitrate }: SdpTuning): string {
  const videoParams = Object.entries(googleBitrate ?? {}).flatMap(([name, kbps]) =>
    kbps ? [`x-google-${name}-bitrate=${kbps}`] : [],
  );
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
      if (videoParams.length && kind === 'video') {
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
