import type { Platform } from '../platform.ts';
import { captureFailure, MediaFailure } from './failure.ts';

export type Constraint = boolean | MediaTrackConstraints;

export interface CaptureRequest {
  readonly audio: Constraint;
  readonly video: Constraint;
  readonly micId?: string | undefined;
  readonly micLabel?: string | undefined;
  readonly camId?: string | undefined;
  readonly camLabel?: string | undefined;
  readonly stereo?: boolean | undefined;
}

/** A device that is gone or busy: worth another attempt without naming it. */
const isRetried = (error: unknown): boolean =>
  error instanceof Error && /^(NotReadable|NotFound|Overconstrained)Error$/.test(error.name);

/**
 * Opens microphone and camera. A device that is asked for by id or label and fails is given up for the default one; of two the one
 * that works is kept. `other` hears of it. Rejects with {@link MediaFailure} 42001 (refused), 42002 (no such device), 42003 (anything else).
 */
export async function capture(
  platform: Platform,
  request: CaptureRequest,
  other: (failure: unknown) => void = () => undefined,
): Promise<MediaStream> {
  const devices = platform.mediaDevices;
  if (!devices) {
    throw new MediaFailure(
      42003,
      undefined,
      'This page may not capture: it is not a secure context',
    );
  }
  const plain = {
    audio:
      request.audio && request.stereo
        ? { channelCount: 2, ...asObject(request.audio) }
        : request.audio,
    video: request.video,
  };
  const named = {
    audio: await withDevice(devices, plain.audio, 'audioinput', request.micId, request.micLabel),
    video: await withDevice(devices, plain.video, 'videoinput', request.camId, request.camLabel),
  };
  let first: unknown;
  try {
    return await devices.getUserMedia(named);
  } catch (error) {
    if (!isRetried(error)) {
      throw captureFailure(error);
    }
    first = error;
  }
  let failure = first;
  for (const attempt of await withOthers(devices, named)) {
    try {
      const stream = await devices.getUserMedia(attempt);
      other(first);
      return stream;
    } catch (error) {
      failure = error;
      if (!isRetried(error)) {
        break;
      }
    }
  }
  throw captureFailure(failure);
}

interface Wanted {
  readonly audio: Constraint;
  readonly video: Constraint;
}

/**
 * What to try when these could not be opened, in order. The browser does not say which of two it was: the one that is not listed
 * any more is given up first, else the camera, since the chosen microphone matters more.
 */
async function withOthers(devices: MediaDevices, { audio, video }: Wanted): Promise<Wanted[]> {
  const others: Wanted = { audio: anyDevice(audio), video: anyDevice(video) };
  if (!namesDevice(audio) || !namesDevice(video)) {
    return namesDevice(audio) || namesDevice(video) ? [others] : [];
  }
  const otherCamera = { audio, video: others.video };
  const otherMicrophone = { audio: others.audio, video };
  const listed = await devices.enumerateDevices().catch(() => []);
  const isGone = (kind: MediaDeviceKind, constraint: Constraint): boolean => {
    const id = (asObject(constraint).deviceId as { readonly exact?: unknown } | undefined)?.exact;
    return (
      typeof id === 'string' &&
      // Without an id it stands for all of its kind, which the page may not know yet.
      !listed.some((device) => device.kind === kind && (!device.deviceId || device.deviceId === id))
    );
  };
  const noMicrophone = isGone('audioinput', audio);
  if (noMicrophone && isGone('videoinput', video)) {
    return [others];
  }
  return noMicrophone
    ? [otherMicrophone, otherCamera, others]
    : [otherCamera, otherMicrophone, others];
}

/** Opens exactly this device: no other will do. Same failures as {@link capture}. */
export async function captureExact(
  platform: Platform,
  kind: 'audio' | 'video',
  deviceId: string,
  constraint: Constraint,
): Promise<MediaStreamTrack> {
  const devices = platform.mediaDevices;
  try {
    const stream = await devices?.getUserMedia({
      [kind]: { ...asObject(constraint), deviceId: { exact: deviceId } },
    });
    const track = stream?.getTracks().find((candidate) => candidate.kind === kind);
    if (!track) {
      throw new Error(`No ${kind} track`);
    }
    return track;
  } catch (error) {
    throw captureFailure(error);
  }
}

const namesDevice = (constraint: Constraint): boolean =>
  typeof constraint === 'object' && ('deviceId' in constraint || 'groupId' in constraint);

/** The same of whatever device there is. */
function anyDevice(constraint: Constraint): Constraint {
  if (typeof constraint !== 'object') {
    return constraint;
  }
  const { deviceId: _device, groupId: _group, ...rest } = constraint;
  return Object.keys(rest).length ? rest : true;
}

export const asObject = (constraint: Constraint): MediaTrackConstraints =>
  typeof constraint === 'object' ? constraint : {};

async function withDevice(
  devices: MediaDevices,
  constraint: Constraint,
  kind: MediaDeviceKind,
  id: string | undefined,
  label: string | undefined,
): Promise<Constraint> {
  // `false` stays false: naming a device does not switch it on.
  if (!constraint || !(id || label)) {
    return constraint;
  }
  const known = label
    ? (await devices.enumerateDevices()).filter((device) => device.kind === kind)
    : [];
  const match =
    known.find((device) => device.deviceId === id) ??
    // Before the first permission labels are empty and would all match each other.
    known.find((device) => device.label !== '' && device.label === label);
  const deviceId = match?.deviceId || id;
  return deviceId ? { ...asObject(constraint), deviceId: { exact: deviceId } } : constraint;
}
