import type { Platform } from '../platform.ts';
import { asObject, stopTracks, type Constraint } from './capture.ts';

export interface DeviceChange {
  readonly added: readonly MediaDeviceInfo[];
  readonly removed: readonly MediaDeviceInfo[];
  /** All that there are now. */
  readonly devices: readonly MediaDeviceInfo[];
}

const RESOLUTIONS = [
  [320, 240],
  [640, 360],
  [640, 480],
  [1280, 720],
  [1920, 1080],
] as const;

const keyOf = (device: MediaDeviceInfo): string =>
  `${device.kind}/${device.deviceId}/${device.label}`;

/** One device per kind and group, as the reference lists them. Devices without a group stand for themselves. */
function withoutAliases(devices: readonly MediaDeviceInfo[]): MediaDeviceInfo[] {
  const seen = new Set<string>();
  return devices.filter((device) => {
    const key = device.groupId ? `${device.kind}/${device.groupId}` : keyOf(device);
    return !seen.has(key) && !!seen.add(key);
  });
}

/** The devices of the page. Never opens a camera to learn of microphones, and asks for permission only while names are hidden. */
export class Devices {
  readonly #platform: Platform;
  readonly #onError: (error: unknown) => void;

  constructor(platform: Platform, onError: (error: unknown) => void) {
    this.#platform = platform;
    this.#onError = onError;
  }

  /** Opens and closes what is asked for; false on any failure. */
  async checkPermissions(audio = true, video = true): Promise<boolean> {
    try {
      const stream = await this.#platform.mediaDevices?.getUserMedia({ audio, video });
      stopTracks(stream?.getTracks() ?? []);
      return stream !== undefined;
    } catch {
      return false;
    }
  }

  /**
   * All devices, one an id group, or those of one kind. When names are still hidden the microphone (for
   * `videoinput`: the camera) is opened once to reveal them; if that is refused, the list comes without names.
   * Never rejects.
   */
  async list(kind?: MediaDeviceKind): Promise<MediaDeviceInfo[]> {
    const all = await this.#enumerate();
    const wanted = all.filter((device) => !kind || device.kind === kind);
    const asks = kind === 'videoinput' ? 'videoinput' : 'audioinput';
    if (
      wanted.some((device) => !device.label && device.kind !== 'videoinput') ||
      (kind === 'videoinput' && wanted.some((device) => !device.label))
    ) {
      const opened = await this.checkPermissions(asks === 'audioinput', asks === 'videoinput');
      if (opened) {
        return withoutAliases((await this.#enumerate()).filter((d) => !kind || d.kind === kind));
      }
    }
    return withoutAliases(wanted);
  }

  /** The id of the device with this id or label; null when there is none. */
  async validate(id: string, label: string, kind: string): Promise<string | null> {
    const devices = (await this.#enumerate()).filter((device) => device.kind === kind);
    const match =
      devices.find((device) => id !== '' && device.deviceId === id) ??
      devices.find((device) => label !== '' && device.label === label);
    return match?.deviceId ?? null;
  }

  /** Which of five common resolutions a camera can do. Rejects with the browser's error when it cannot be opened. */
  async resolutions(
    deviceId: string,
  ): Promise<{ resolution: string; width: number; height: number }[]> {
    const stream = await this.#platform.mediaDevices?.getUserMedia({
      video: { deviceId: { exact: deviceId } },
    });
    const track = stream?.getVideoTracks()[0];
    const found = [];
    try {
      for (const [width, height] of track ? RESOLUTIONS : []) {
        const fits = await track
          ?.applyConstraints({ width: { exact: width }, height: { exact: height } })
          .then(() => true)
          .catch(() => false);
        if (fits) {
          found.push({ resolution: `${width}x${height}`, width, height });
        }
      }
    } finally {
      stopTracks(stream?.getTracks() ?? []);
    }
    return found;
  }

  /** Calls back with what came and went; returns its undo. */
  watch(listener: (change: DeviceChange) => void): () => void {
    const { mediaDevices } = this.#platform;
    const stopped = new AbortController();
    let known: Promise<MediaDeviceInfo[]> = this.#enumerate();
    const compare = (): void => {
      const before = known;
      known = this.#enumerate();
      void Promise.all([before, known]).then(([old, devices]) => {
        const had = new Set(old.map(keyOf));
        const has = new Set(devices.map(keyOf));
        const added = devices.filter((device) => !had.has(keyOf(device)));
        const removed = old.filter((device) => !has.has(keyOf(device)));
        // Browsers fire several events for one change.
        if (!stopped.signal.aborted && (added.length || removed.length)) {
          listener({ added, removed, devices });
        }
      });
    };
    mediaDevices?.addEventListener('devicechange', compare, { signal: stopped.signal });
    return () => stopped.abort();
  }

  async #enumerate(): Promise<MediaDeviceInfo[]> {
    try {
      return (await this.#platform.mediaDevices?.enumerateDevices()) ?? [];
    } catch (error) {
      this.#onError(error);
      return [];
    }
  }
}

export interface IAudioSettings extends MediaTrackConstraints {
  micId?: string;
  micLabel?: string;
}

/** The client's defaults for what new calls capture: `client.mediaConstraints` and what sets it. */
export class CaptureDefaults {
  readonly #platform: Platform;
  readonly #devices: Devices;
  #saved: Constraint | undefined;
  audio: Constraint = true;
  micId: string | undefined;
  micLabel: string | undefined;

  constructor(platform: Platform, devices: Devices) {
    this.#platform = platform;
    this.#devices = devices;
  }

  /** `client.setAudioSettings`. Rejects without settings. */
  async set(settings: IAudioSettings): Promise<MediaTrackConstraints> {
    if (!(settings as IAudioSettings | undefined)) {
      throw new Error('Audio settings are required');
    }
    const { micId, micLabel, ...constraints } = settings;
    const supported = this.#platform.mediaDevices?.getSupportedConstraints() ?? {};
    const audio: Record<string, unknown> = Object.fromEntries(
      Object.entries(constraints).filter(
        ([key, value]) => value != null && supported[key as keyof MediaTrackSupportedConstraints],
      ),
    );
    if (!audio['deviceId'] && (micId || micLabel)) {
      const deviceId = await this.#devices.validate(micId ?? '', micLabel ?? '', 'audioinput');
      if (deviceId) {
        audio['deviceId'] = { exact: deviceId };
      }
    }
    this.micId = micId;
    this.micLabel = micLabel;
    this.audio = audio as MediaTrackConstraints;
    this.#saved = undefined;
    return asObject(this.audio);
  }

  disableMicrophone(): void {
    if (this.audio) {
      this.#saved = this.audio;
      this.audio = false;
    }
  }

  /** Without a `disableMicrophone()` before, the settings stay as they are. */
  enableMicrophone(): void {
    this.audio = this.audio || (this.#saved ?? true);
    this.#saved = undefined;
  }
}
