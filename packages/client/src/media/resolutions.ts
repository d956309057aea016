import type { Platform } from '../platform.ts';

const RESOLUTIONS = [
  [320, 240],
  [640, 360],
  [640, 480],
  [1280, 720],
  [1920, 1080],
] as const;

/** Which of five common resolutions a camera can do. Rejects with the browser's error when it cannot be opened. */
export async function listResolutions(
  { mediaDevices }: Platform,
  deviceId: string,
): Promise<{ resolution: string; width: number; height: number }[]> {
  const stream = await mediaDevices?.getUserMedia({ video: { deviceId: { exact: deviceId } } });
  const track = stream?.getVideoTracks()[0];
  const found = [];
  for (const [width, height] of track ? RESOLUTIONS : []) {
    const fits = await track
      ?.applyConstraints({ width: { exact: width }, height: { exact: height } })
      .then(() => true)
      .catch(() => false);
    if (fits) {
      found.push({ resolution: `${width}x${height}`, width, height });
    }
  }
  for (const each of stream?.getTracks() ?? []) {
    each.stop();
  }
  return found;
}
