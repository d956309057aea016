/** Tracks of applications that a call sends now. */
const inUse = new WeakSet<MediaStreamTrack>();

/**
 * Takes a track of the application for one call: the track itself, or, while another call sends that one, a copy, so that each call
 * is muted alone. `copied`: it is to be stopped at the end. `release`: the track itself may be taken again.
 */
export function takeTrack(track: MediaStreamTrack): {
  readonly track: MediaStreamTrack;
  readonly copied: boolean;
  readonly release: () => void;
} {
  if (inUse.has(track)) {
    return { track: track.clone(), copied: true, release: () => undefined };
  }
  inUse.add(track);
  return { track, copied: false, release: () => void inUse.delete(track) };
}
