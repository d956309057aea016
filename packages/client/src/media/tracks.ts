export function stopTracks(tracks: Iterable<MediaStreamTrack>): void {
  for (const track of tracks) {
    track.stop();
  }
}
