/** A microphone, a speaker or a camera. */
export interface DeviceSnapshot {
  readonly id: string;
  /** '' until the page was allowed to use a microphone once. */
  readonly label: string;
}

export interface DevicesSnapshot {
  readonly microphones: readonly DeviceSnapshot[];
  /** Empty where the browser does not tell (Safari, Firefox without `selectAudioOutput`). */
  readonly speakers: readonly DeviceSnapshot[];
  readonly cameras: readonly DeviceSnapshot[];
  /** False while the browser hides names because it has not given the microphone yet. */
  readonly labelled: boolean;
  /** What was chosen with `selectMicrophone`; null: the browser's default. */
  readonly microphoneId: string | null;
  /** What was chosen with `selectSpeaker`; null: the browser's default. */
  readonly speakerId: string | null;
}

export const NO_DEVICES: DevicesSnapshot = {
  microphones: [],
  speakers: [],
  cameras: [],
  labelled: false,
  microphoneId: null,
  speakerId: null,
};

/** What the list needs of `navigator.mediaDevices`. */
export type MediaDevicesPort = Pick<
  MediaDevices,
  'enumerateDevices' | 'addEventListener' | 'removeEventListener'
>;

function sameDevices(a: readonly DeviceSnapshot[], b: readonly DeviceSnapshot[]): boolean {
  return (
    a.length === b.length &&
    a.every((device, index) => device.id === b[index]?.id && device.label === b[index].label)
  );
}

/** Reads the devices without ever asking for permission, and again when one is plugged in or out. */
export class DeviceList {
  readonly #media: MediaDevicesPort | undefined;
  readonly #changed: () => void;
  readonly #onDeviceChange = () => void this.refresh();
  #snapshot: DevicesSnapshot = NO_DEVICES;
  #started = false;
  /** Only the answer to the latest question counts. */
  #generation = 0;

  constructor(media: MediaDevicesPort | undefined, changed: () => void) {
    this.#media = media;
    this.#changed = changed;
  }

  get snapshot(): DevicesSnapshot {
    return this.#snapshot;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#media?.addEventListener('devicechange', this.#onDeviceChange);
    void this.refresh();
  }

  stop(): void {
    if (!this.#started) return;
    this.#started = false;
    this.#generation += 1;
    this.#media?.removeEventListener('devicechange', this.#onDeviceChange);
  }

  choose(choice: Partial<Pick<DevicesSnapshot, 'microphoneId' | 'speakerId'>>): void {
    this.#set({ ...this.#snapshot, ...choice });
  }

  async refresh(): Promise<void> {
    const generation = ++this.#generation;
    // A browser that refuses to list devices has none for us; calls still use its default.
    const found = (await this.#media?.enumerateDevices().catch(() => undefined)) ?? [];
    if (generation !== this.#generation || !this.#started) return;
    const of = (kind: MediaDeviceKind): DeviceSnapshot[] =>
      found
        // Before permission browsers list one nameless device a kind, without an id: nothing to choose.
        .filter((device) => device.kind === kind && device.deviceId !== '')
        .map((device) => ({ id: device.deviceId, label: device.label }));
    const next = {
      microphones: of('audioinput'),
      speakers: of('audiooutput'),
      cameras: of('videoinput'),
      labelled: found.some((device) => device.kind === 'audioinput' && device.label !== ''),
    };
    const old = this.#snapshot;
    if (
      next.labelled === old.labelled &&
      sameDevices(next.microphones, old.microphones) &&
      sameDevices(next.speakers, old.speakers) &&
      sameDevices(next.cameras, old.cameras)
    ) {
      return;
    }
    this.#set({ ...old, ...next });
  }

  #set(snapshot: DevicesSnapshot): void {
    this.#snapshot = snapshot;
    this.#changed();
  }
}
