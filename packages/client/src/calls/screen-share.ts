import { MediaFailure } from '../media/failure.ts';
import type { PlainCallOptions } from '../options.ts';
import type { CallObject } from './call-events.ts';
import type { Leg } from './leg.ts';

const stop = (stream: MediaStream): void => {
  for (const track of stream.getTracks()) {
    track.stop();
  }
};

/** A child call that shows the screen; it ends with the capture, and the capture with it. */
export async function startScreenShare(asked: Leg, options: PlainCallOptions): Promise<CallObject> {
  const { platform } = asked.deps;
  if (asked.life.over) {
    throw new Error('The call is over');
  }
  if (!platform.mediaDevices) {
    throw new MediaFailure(
      42003,
      undefined,
      'This page may not capture: it is not a secure context',
    );
  }
  const localStream = await platform.mediaDevices.getDisplayMedia({ video: true, audio: true });
  // The user may take long to choose; the call may go on in another leg by then.
  const leg = asked.live;
  if (leg.scope.signal.aborted) {
    stop(localStream);
    throw new Error('The call is over');
  }
  const call = leg.dial({
    ...leg.options,
    ...options,
    id: undefined,
    localStream,
    remoteStream: undefined,
    localElement: undefined,
    remoteElement: undefined,
    screenShare: true,
    destinationNumber: `${leg.extension ?? leg.options.destinationNumber}-screen`,
  });
  leg.share(call);
  localStream.getTracks()[0]?.addEventListener('ended', () => void call.hangup(), { once: true });
  void call.whenEnded().then(() => stop(localStream));
  return call;
}
