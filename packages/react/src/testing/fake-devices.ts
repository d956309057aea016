import type { TelnyxRTC } from '@offhook/client';

type Devices = TelnyxRTC['devices'];
type Listener = Parameters<Devices['on']>[1];

/** `client.devices` in the hands of a test: {@link plug} is what the person does. */
export class FakeDevices implements Pick<Devices, 'enumerate' | 'on'> {
  readonly #listeners = new Set<{ readonly run: Listener }>();
  #devices: readonly MediaDeviceInfo[] = [];

  get listenerCount(): number {
    return this.#listeners.size;
  }

  readonly enumerate = (): Promise<MediaDeviceInfo[]> => Promise.resolve([...this.#devices]);

  on(_event: 'devicesChanged', listener: Listener): () => void {
    const entry = { run: listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  /** These are the devices from now on. */
  plug(devices: readonly Pick<MediaDeviceInfo, 'kind' | 'deviceId' | 'label'>[]): void {
    const removed = this.#devices;
    this.#devices = devices.map((device) => ({ groupId: '', ...device, toJSON: () => device }));
    for (const { run } of [...this.#listeners]) {
      run({ added: this.#devices, removed, devices: this.#devices });
    }
  }
}
