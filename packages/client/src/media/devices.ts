import type { Platform } from '../platform.ts';
import type { Constraint } from './capture.ts';
import * as deviceList from './device-list.ts';
import type { DeviceChange, IAudioSettings } from './device-list.ts';
import { markRaw, proxySafe } from '../proxy-safe.ts';

/** The devices of the page. Never opens a camera to learn of microphones, and asks for permission only while names are hidden. */
export class Devices {
  readonly #platform: Platform;
  readonly #onError: (error: unknown) => void;

  constructor(platform: Platform, onError: (error: unknown) => void) {
    markRaw(this);
    this.#platform = platform;
    this.#onError = onError;
  }

  /** Opens and closes what is asked for; false on any failure. */
  async checkPermissions(audio?: boolean | null, video?: boolean | null): Promise<boolean> {
    return deviceList.canCapture(this.#platform, audio ?? true, video ?? true);
  }

  /**
   * All devices, one an id group, or those of one kind. When names are still hidden the microphone (for
   * `videoinput`: the camera) is opened once to reveal them; if that is refused, the list comes without names.
   * Never rejects.
   */
  async list(kind?: MediaDeviceKind): Promise<MediaDeviceInfo[]> {
    return deviceList.listDevices(this.#platform, this.enumerate, kind);
  }

  /** The id of the device with this id or label; null when there is none. */
  async validate(id: string, label: string, kind: string): Promise<string | null> {
    return deviceList.findDevice(this.enumerate, id, label, kind);
  }

  /**
   * Microphones, cameras and outputs that came and went, one event a change; also, with nothing added or removed, when the browser
   * tells other names or ids of what there was, as after a permission. Returns its undo; asks for no permission.
   */
  on(_event: 'devicesChanged', listener: (change: DeviceChange) => void): () => void {
    return this.#observe(
      (before, devices) =>
        deviceList.compareDevices(before, devices) ??
        (deviceList.readsAlike(before, devices) ? null : { added: [], removed: [], devices }),
      listener,
    );
  }

  /** Calls back with what came and went; returns its undo. */
  watch(listener: (change: DeviceChange) => void): () => void {
    return this.#observe(deviceList.compareDevices, listener);
  }

  #observe(
    changeOf: typeof deviceList.compareDevices,
    listener: (change: DeviceChange) => void,
  ): () => void {
    const stopped = new AbortController();
    let known = this.enumerate();
    const compare = async (): Promise<void> => {
      const before = known;
      known = this.enumerate();
      const change = changeOf(await before, await known);
      if (change && !stopped.signal.aborted) {
        listener(change);
      }
    };
    const onChange = (): void => {
      compare().catch(this.#onError);
    };
    const { mediaDevices } = this.#platform;
    mediaDevices?.addEventListener('devicechange', onChange);
    return () => {
      stopped.abort();
      mediaDevices?.removeEventListener('devicechange', onChange);
    };
  }

  /** All devices as the browser tells them now; none when it fails. */
  readonly enumerate = async (): Promise<MediaDeviceInfo[]> => {
    try {
      return (await this.#platform.mediaDevices?.enumerateDevices()) ?? [];
    } catch (error) {
      this.#onError(error);
      return [];
    }
  };

  /** What audio settings mean in this browser, with the device that they name. */
  async constraints(settings: IAudioSettings): Promise<MediaTrackConstraints> {
    return deviceList.toConstraints(this.#platform, this.enumerate, settings);
  }
}
proxySafe(Devices);

/** The client's defaults for what new calls capture: `client.mediaConstraints` and what sets it. */
export class CaptureDefaults {
  readonly #devices: Devices;
  #saved: Constraint = true;
  #audio: Constraint = true;
  #micId: string | undefined;
  #micLabel: string | undefined;

  constructor(devices: Devices) {
    this.#devices = devices;
  }

  get audio(): Constraint {
    return this.#audio;
  }

  get micId(): string | undefined {
    return this.#micId;
  }

  get micLabel(): string | undefined {
    return this.#micLabel;
  }

  chooseMicrophone(id: string | undefined): void {
    this.#micId = id;
  }

  nameMicrophone(label: string | undefined): void {
    this.#micLabel = label;
  }

  /** `client.setAudioSettings`. Rejects without settings. */
  async set(settings: IAudioSettings): Promise<MediaTrackConstraints> {
    if (!(settings as IAudioSettings | undefined)) {
      throw new Error('Audio settings are required');
    }
    const audio = await this.#devices.constraints(settings);
    this.#micId = settings.micId;
    this.#micLabel = settings.micLabel;
    this.#audio = audio;
    return audio;
  }

  disableMicrophone(): void {
    this.#saved = this.#audio || this.#saved;
    this.#audio = false;
  }

  /** Without a `disableMicrophone()` before, the settings stay as they are. */
  enableMicrophone(): void {
    this.#audio = this.#audio || this.#saved;
  }
}
