import type { Platform } from '../platform.ts';

export interface DeviceChange {
  readonly added: readonly MediaDeviceInfo[];
  readonly removed: readonly MediaDeviceInfo[];
  /** All that there are now. */
  readonly devices: readonly MediaDeviceInfo[];
}

export interface IAudioSettings extends MediaTrackConstraints {
  micId?: string;
  micLabel?: string;
}

const stop = (stream: MediaStream | undefined): void => {
  for (const track of stream?.getTracks() ?? []) {
    track.stop();
  }
};

/**
 * What a device is known by. Not its label: that of `default` changes with what it stands for, and Firefox tells labels only while
 * something is captured.
 */
const keyOf = ({ kind, deviceId }: MediaDeviceInfo): string => `${kind}/${deviceId}`;

/** One device per kind and group, as the reference lists them. Devices without a group stand for themselves. */
function withoutAliases(devices: readonly MediaDeviceInfo[]): MediaDeviceInfo[] {
  const seen = new Set<string>();
  return devices.filter((device) => {
    // Without a group or an id there is only its name to tell it from others.
    const key = device.groupId
      ? `${device.kind}/${device.groupId}`
      : `${keyOf(device)}/${device.label}`;
    return !seen.has(key) && !!seen.add(key);
  });
}

export async function canCapture(
  { mediaDevices }: Platform,
  audio: boolean,
  video: boolean,
): Promise<boolean> {
  try {
    const stream = await mediaDevices?.getUserMedia({ audio, video });
    stop(stream);
    return stream !== undefined;
  } catch {
    return false;
  }
}

export type Enumerate = () => Promise<MediaDeviceInfo[]>;

export async function listDevices(
  platform: Platform,
  enumerate: Enumerate,
  kind: MediaDeviceKind | undefined,
): Promise<MediaDeviceInfo[]> {
  const wanted = async (): Promise<MediaDeviceInfo[]> =>
    (await enumerate()).filter((device) => !kind || device.kind === kind);
  const video = kind === 'videoinput';
  let devices = await wanted();
  // Cameras keep their names to themselves unless they are what was asked for.
  const hidden = devices.some((device) => !device.label && (video || device.kind !== 'videoinput'));
  if (hidden && (await canCapture(platform, !video, video))) {
    devices = await wanted();
  }
  return withoutAliases(devices);
}

export async function findDevice(
  enumerate: Enumerate,
  id: string,
  label: string,
  kind: string,
): Promise<string | null> {
  const devices = (await enumerate()).filter((device) => device.kind === kind);
  const match =
    devices.find((device) => id !== '' && device.deviceId === id) ??
    // Before the first permission labels are empty and would all match each other.
    devices.find((device) => label !== '' && device.label === label);
  return match?.deviceId ?? null;
}

/**
 * What came and went; null when nothing did: browsers fire several events for one change. A device without an id stands for all of
 * its kind, until the page may know more: that it is told then is no change.
 */
export function compareDevices(
  before: readonly MediaDeviceInfo[],
  devices: readonly MediaDeviceInfo[],
): DeviceChange | null {
  const had = new Set(before.map(keyOf));
  const has = new Set(devices.map(keyOf));
  const hidden = (list: readonly MediaDeviceInfo[], kind: MediaDeviceKind): boolean =>
    list.some((device) => device.kind === kind && device.deviceId === '');
  const added = devices.filter(
    (device) => device.deviceId && !had.has(keyOf(device)) && !hidden(before, device.kind),
  );
  const removed = before.filter(
    (device) => device.deviceId && !has.has(keyOf(device)) && !hidden(devices, device.kind),
  );
  return added.length || removed.length ? { added, removed, devices } : null;
}

/** Whether a list of devices made of the one looks like one made of the other. */
export function readsAlike(
  one: readonly MediaDeviceInfo[],
  other: readonly MediaDeviceInfo[],
): boolean {
  const read = (devices: readonly MediaDeviceInfo[]): string =>
    JSON.stringify(devices.map((device) => `${keyOf(device)}/${device.label}`).sort());
  return read(one) === read(other);
}

/** The constraints that the settings mean in this browser. */
export async function toConstraints(
  { mediaDevices }: Platform,
  enumerate: Enumerate,
  { micId, micLabel, ...settings }: IAudioSettings,
): Promise<MediaTrackConstraints> {
  const supported = mediaDevices?.getSupportedConstraints() ?? {};
  const constraints: MediaTrackConstraints = Object.fromEntries(
    // JavaScript applications give null for what they leave to the browser.
    Object.entries(settings as Record<string, unknown>).filter(
      ([key, value]) => value != null && supported[key as keyof MediaTrackSupportedConstraints],
    ),
  );
  if (!constraints.deviceId && (micId || micLabel)) {
    const deviceId = await findDevice(enumerate, micId ?? '', micLabel ?? '', 'audioinput');
    if (deviceId) {
      constraints.deviceId = { exact: deviceId };
    }
  }
  return constraints;
}
