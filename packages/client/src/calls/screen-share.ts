import { MediaFailure } from '../media/failure.ts';
import type { ICallOptions } from '../options.ts';
import { stopTracks } from '../media/tracks.ts';
import type { Call } from './call.ts';
import type { CallCore } from './core.ts';

/** A child call that shows the screen; it ends with the capture, and the capture with it. */
export async function startScreenShare(core: CallCore, options: ICallOptions): Promise<Call> {
  if (core.isOver) throw new Error('The call is over');
  const { platform } = core.deps;
  if (!platform.mediaDevices) {
    throw new MediaFailure(
      42003,
      undefined,
      'This page may not capture: it is not a secure context',
    );
  }
  const localStream = await platform.mediaDevices.getDisplayMedia({ video: true, audio: true });
  if (core.over.signal.aborted) {
    stopTracks(localStream.getTracks());
    throw new Error('The call is over');
  }
  const call = core.host.dial({
    ...core.options,
    ...options,
    id: undefined,
    localStream,
    remoteStream: undefined,
    localElement: undefined,
    remoteElement: undefined,
    screenShare: true,
    destinationNumber: `${(core.call.extension as string | null) ?? core.options.destinationNumber}-screen`,
  });
  core.call.screenShare = call;
  localStream.getTracks()[0]?.addEventListener('ended', () => void call.hangup(), { once: true });
  void call.whenEnded().then(() => stopTracks(localStream.getTracks()));
  return call;
}
