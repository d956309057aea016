import { captureExact } from './capture.ts';
import { MediaFailure } from './failure.ts';
import { processed } from './processing.ts';
import type { MediaKind, MediaSession } from './session.ts';

/** Sends from another device. False when nothing of that kind is sent. The old source stays when this one fails. */
export function switchInput(
  session: MediaSession,
  kind: MediaKind,
  deviceId: string,
  muted?: boolean,
): Promise<boolean> {
  const result = session.switching.then(async () => {
    const sender = session.sender(kind);
    if (!sender) {
      return false;
    }
    const constraint = session.options[kind] ?? true;
    const track = await captureExact(session.platform, kind, deviceId, constraint);
    track.enabled = kind === 'video' || !(muted ?? session.muted);
    const made = kind === 'audio' ? await processed(session, 'outbound', track) : null;
    try {
      await session.live().orClosed(sender.replaceTrack(made?.track ?? track));
    } catch (error) {
      made?.drop();
      track.stop();
      throw error instanceof MediaFailure ? error : new MediaFailure(42003, error);
    }
    made?.keep();
    replaceLocal(session, kind, track);
    if (kind === 'audio') {
      session.muted = muted ?? session.muted;
    }
    return true;
  });
  session.switching = result.catch(() => undefined);
  return result;
}

function replaceLocal(
  { options, owned, preview, platform }: MediaSession,
  kind: MediaKind,
  track: MediaStreamTrack,
): void {
  let stream = options.localStream;
  const tracks = stream?.getTracks() ?? [];
  const old = tracks.filter((candidate) => candidate.kind === kind);
  if (stream && old.every((candidate) => owned.has(candidate))) {
    for (const gone of old) {
      stream.removeTrack(gone);
    }
    stream.addTrack(track);
  } else {
    // The application's own stream is left as it is.
    const others = tracks.filter((candidate) => candidate.kind !== kind);
    stream = new platform.MediaStream([...others, track]);
  }
  for (const gone of old) {
    if (owned.delete(gone)) {
      gone.stop();
    }
  }
  owned.add(track);
  options.localStream = stream;
  if (options.localElement) {
    preview.attach(stream);
  }
}

export async function setMaxBitrate(
  session: MediaSession,
  kind: MediaKind,
  bps: number,
): Promise<void> {
  const sender = session.sender(kind);
  const parameters = sender?.getParameters();
  const [encoding] = parameters?.encodings ?? [];
  if (sender && parameters && encoding) {
    encoding.maxBitrate = bps;
    await session.live().orClosed(sender.setParameters(parameters));
  }
}

/** Loudness now, 0 to 1, of what is sent and what is heard. Muted, and before media flows: 0. */
export async function audioLevels(
  session: MediaSession,
): Promise<{ local: number; remote: number }> {
  const receiver = session.peer?.instance
    ?.getReceivers()
    .find(({ track }) => track.kind === 'audio');
  const [source] = receiver?.getSynchronizationSources() ?? [];
  const sender = session.muted ? undefined : session.sender('audio');
  return {
    local: await statsLevel(sender, 'media-source'),
    // Senders that leave out the level of each packet (RFC 6464) are measured by what was decoded.
    remote: source ? (source.audioLevel ?? (await statsLevel(receiver, 'inbound-rtp'))) : 0,
  };
}

async function statsLevel(
  part: RTCRtpSender | RTCRtpReceiver | undefined,
  wanted: string,
): Promise<number> {
  const stats = (await part?.getStats()) as ReadonlyMap<string, unknown> | undefined;
  for (const entry of stats?.values() ?? []) {
    const { type, audioLevel } = entry as { type: string; audioLevel?: number };
    if (type === wanted) {
      return audioLevel ?? 0;
    }
  }
  return 0;
}
