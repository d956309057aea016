import type { TelnyxRTC } from '../index.ts';
import type { ChosenDevices, PhoneDevice } from './phone-state.ts';

interface Listed {
  readonly microphones: readonly PhoneDevice[];
  readonly speakers: readonly PhoneDevice[];
}

const NONE: Listed = { microphones: [], speakers: [] };

/** The devices of a client, and what the person chose among them. Never asks for permission by itself. */
export class PhoneDevices {
  readonly #changed: () => void;
  #client: TelnyxRTC | null = null;
  #undo: (() => void) | undefined;
  #listed = NONE;
  #chosen: ChosenDevices = { microphone: '', speaker: '', ringer: '' };

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get listed(): Listed {
    return this.#listed;
  }
  get chosen(): ChosenDevices {
    return this.#chosen;
  }

  start(client: TelnyxRTC): void {
    this.stop();
    this.#client = client;
    const { microphone, speaker } = this.#chosen;
    if (microphone !== '') {
      client.micId = microphone;
    }
    if (speaker !== '') {
      client.speaker = speaker;
    }
    this.#undo = client.devices.on('devicesChanged', ({ devices }) => this.#show(devices));
    void this.refresh();
  }

  stop(): void {
    this.#undo?.();
    this.#undo = undefined;
    this.#client = null;
  }

  /** For calls from now on. */
  choose(choice: Partial<ChosenDevices>): void {
    this.#chosen = { ...this.#chosen, ...choice };
    const { microphone, speaker } = choice;
    if (this.#client && microphone !== undefined) {
      this.#client.micId = microphone || undefined;
    }
    if (this.#client && speaker !== undefined) {
      this.#client.speaker = speaker || null;
    }
    this.#changed();
  }

  /** Reads the list again; `ask`: opens the microphone once, so that the browser tells names. */
  async refresh(ask = false): Promise<void> {
    const client = this.#client;
    if (ask) {
      await client?.checkPermissions(true, false);
    }
    const devices = await client?.devices.enumerate();
    if (devices && client === this.#client) {
      this.#show(devices);
    }
  }

  #show(devices: readonly MediaDeviceInfo[]): void {
    const of = (wanted: MediaDeviceKind): PhoneDevice[] =>
      devices
        // Chromium lists the system's choice as a device of its own.
        .filter(({ kind, deviceId }) => kind === wanted && !['', 'default'].includes(deviceId))
        .map(({ deviceId, label }) => ({ id: deviceId, label }));
    this.#listed = { microphones: of('audioinput'), speakers: of('audiooutput') };
    this.#changed();
  }
}
