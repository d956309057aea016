import type { ITelnyxWarning } from '../errors/catalogue.ts';
import type { AudioProcessor } from '../options.ts';
import { Timer } from '../timer.ts';
import { closedFailure, MediaFailure } from './failure.ts';
import type { MediaSession } from './session.ts';

type Direction = 'outbound' | 'inbound';

/** A processor that takes longer is given up. */
const LIMIT_MS = 5_000;

/** What is to be sent or heard; it takes the place of what was processed before when `keep` is called, and is let go by `drop`. */
interface Processed {
  readonly track: MediaStreamTrack;
  keep(): void;
  drop(): void;
}

/** Lets the application's processor work on a track. Never rejects: a processor that fails is left out, and warned of. */
export async function processed(
  session: MediaSession,
  direction: Direction,
  raw: MediaStreamTrack,
): Promise<Processed> {
  const processor = session.options.audioProcessor;
  const track = await run(session, processor, direction, raw);
  const release = (): void => {
    if (track === raw) return;
    track.stop();
    try {
      processor?.dispose?.(track);
    } catch (error) {
      session.warn(failed(direction), error);
    }
  };
  return {
    track,
    keep: () => {
      session.made.get(direction)?.();
      session.made.set(direction, release);
    },
    drop: release,
  };
}

/** What is sent of a captured stream. Rejects when the call ended meanwhile. */
export async function outboundStream(
  session: MediaSession,
  stream: MediaStream,
): Promise<MediaStream> {
  const [raw] = stream.getAudioTracks();
  if (!raw) return stream;
  const made = await processed(session, 'outbound', raw);
  if (session.closed) {
    made.drop();
    throw closedFailure();
  }
  made.keep();
  if (made.track === raw) return stream;
  return new session.platform.MediaStream([made.track, ...stream.getVideoTracks()]);
}

/** Plays what the processor makes of the far end's sound. */
export async function playProcessed(session: MediaSession, stream: MediaStream): Promise<void> {
  const [raw] = stream.getAudioTracks();
  const made = raw && (await processed(session, 'inbound', raw));
  if (session.closed) {
    made?.drop();
    return;
  }
  made?.keep();
  const heard =
    !made || made.track === raw
      ? stream
      : new session.platform.MediaStream([made.track, ...stream.getVideoTracks()]);
  if (session.output.element?.srcObject && session.output.element.srcObject !== heard) {
    session.output.dispose();
  }
  session.output.attach(heard);
}

/** From now on this processor, or none. Settles when it is in effect. */
export function setProcessor(
  session: MediaSession,
  processor: AudioProcessor | null,
): Promise<void> {
  const result = session.switching.then(async () => {
    const { options } = session;
    options.audioProcessor = processor ?? undefined;
    const [raw] = options.localStream?.getAudioTracks() ?? [];
    const sender = session.sender('audio');
    if (raw && sender) {
      const made = await processed(session, 'outbound', raw);
      try {
        await session.live().orClosed(sender.replaceTrack(made.track));
      } catch (error) {
        made.drop();
        throw error instanceof MediaFailure ? error : new MediaFailure(42003, error);
      }
      made.keep();
    }
    if (options.remoteStream) await playProcessed(session, options.remoteStream);
  });
  session.switching = result.catch(() => undefined);
  return result;
}

async function run(
  session: MediaSession,
  processor: AudioProcessor | undefined,
  direction: Direction,
  raw: MediaStreamTrack,
): Promise<MediaStreamTrack> {
  if (!processor?.[direction]) return raw;
  let gaveUp = false;
  const timer = new Timer(session.platform);
  const limit = new Promise<never>((_, reject) => {
    timer.start(LIMIT_MS, () => {
      gaveUp = true;
      reject(new Error('It took longer than 5 s'));
    });
  });
  try {
    const making = Promise.resolve(processor[direction](raw));
    making.then(
      (late) => {
        if (gaveUp && late !== raw) late.stop();
      },
      () => undefined,
    );
    const track = await Promise.race([making, limit]);
    if (track.readyState !== 'live' || track.kind !== 'audio') {
      throw new TypeError('It gave no live audio track');
    }
    return track;
  } catch (error) {
    session.warn(failed(direction), error);
    return raw;
  } finally {
    timer.stop();
  }
}

/** Has no counterpart in the reference, so it is not in its catalogue. */
const failed = (direction: Direction): ITelnyxWarning => ({
  code: 37002,
  name: 'AUDIO_PROCESSOR_FAILED',
  message: 'The audio processor failed',
  description: `The ${direction} audio goes on unprocessed`,
  causes: ['The application’s audioProcessor threw, took over 5 s, or gave no live audio track'],
  solutions: ['See the log; mend the processor, then call.setAudioProcessor()'],
});
