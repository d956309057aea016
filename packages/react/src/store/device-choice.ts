import type { TelnyxRTC } from '@offhook/client';

/** A microphone, a speaker or a camera. */
export interface DeviceSnapshot {
  /** What `selectMicrophone` and `selectSpeaker` take: the browser's `deviceId`. */
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

function sameDevices(a: readonly DeviceSnapshot[], b: readonly DeviceSnapshot[]): boolean {
  return (
    a.length === b.length &&
    a.every((device, index) => device.id === b[index]?.id && device.label === b[index].label)
  );
}

/** The devices of the client as a snapshot, with what the person chose among them. Never asks for permission. */
export class DeviceChoice {
  readonly #devices: TelnyxRTC['devices'];
  readonly #changed: () => void;
  #snapshot: DevicesSnapshot = NO_DEVICES;
  #unwatch: (() => void) | undefined;
  /** Only the answer to the latest question counts. */
  #generation = 0;

  constructor(devices: TelnyxRTC['devices'], changed: () => void) {
    this.#devices = devices;
    this.#changed = changed;
  }

  get snapshot(): DevicesSnapshot {
    return this.#snapshot;
  }

  start(): void {
    this.#unwatch ??= this.#devices.on('devicesChanged', ({ devices }) => {
      this.#generation += 1;
      this.#show(devices);
    });
    void this.refresh();
  }

  stop(): void {
    this.#generation += 1;
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  choose(choice: Partial<Pick<DevicesSnapshot, 'microphoneId' | 'speakerId'>>): void {
    this.#set({ ...this.#snapshot, ...choice });
  }

  async refresh(): Promise<void> {
    const generation = ++this.#generation;
    const found = await this.#devices.enumerate();
    if (generation === this.#generation && this.#unwatch) {
      this.#show(found);
    }
  }

  #show(found: readonly MediaDeviceInfo[]): void {
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
