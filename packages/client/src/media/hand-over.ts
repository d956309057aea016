import { stopTracks } from './tracks.ts';
import type { MediaSession } from './session.ts';

/** Lets a new session of the same call go on with what the old one captured, if that still runs. */
export function handOver(from: MediaSession, to: MediaSession): void {
  const { localStream } = from.options;
  const alive = localStream?.getTracks().every((track) => track.readyState === 'live');
  if (alive) {
    for (const track of from.owned) {
      to.owned.add(track);
    }
  } else {
    stopTracks(from.owned);
    delete to.options.localStream;
  }
  from.owned.clear();
}
