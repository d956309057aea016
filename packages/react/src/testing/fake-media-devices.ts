import type { MediaDevicesPort } from '../store/device-list.ts';

export class FakeMediaDevices extends EventTarget implements MediaDevicesPort {
  devices: Pick<MediaDeviceInfo, 'kind' | 'deviceId' | 'label'>[];
  listenerCount = 0;

  constructor(devices: FakeMediaDevices['devices'] = []) {
    super();
    this.devices = devices;
  }

  enumerateDevices(): Promise<MediaDeviceInfo[]> {
    return Promise.resolve(
      this.devices.map((device) => ({ groupId: '', ...device, toJSON: () => device })),
    );
  }

  plug(devices: FakeMediaDevices['devices']): void {
    this.devices = devices;
    this.dispatchEvent(new Event('devicechange'));
  }

  override addEventListener(...args: Parameters<EventTarget['addEventListener']>): void {
    this.listenerCount += 1;
    super.addEventListener(...args);
  }

  override removeEventListener(...args: Parameters<EventTarget['removeEventListener']>): void {
    this.listenerCount -= 1;
    super.removeEventListener(...args);
  }
}
