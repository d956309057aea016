import { describe, expect, it } from 'vitest';
import { settle } from '../testing/fake-clock.ts';
import { FakePlatform } from '../testing/fake-platform.ts';
import { FakeWebRtc } from '../testing/fake-webrtc.ts';
import type { DeviceChange } from './device-list.ts';
import { CaptureDefaults, Devices } from './devices.ts';
import { compareDevices } from './device-list.ts';

const bench = () => {
  const webrtc = new FakeWebRtc();
  const errors: unknown[] = [];
  const devices = new Devices(new FakePlatform({ webrtc }), (error) => errors.push(error));
  return { webrtc, errors, devices, defaults: new CaptureDefaults(devices) };
};
const ids = (list: MediaDeviceInfo[]) => list.map(({ deviceId }) => deviceId);

describe('The list of devices', () => {
  it('opens nothing while names are known, and lists one device of each group', async () => {
    const { webrtc, devices } = bench();
    webrtc.devices = [
      webrtc.device('audioinput', 'default', 'Default', 'g1'),
      webrtc.device('audioinput', 'm1', 'Headset', 'g1'),
      webrtc.device('audiooutput', 's1', 'Speaker', 'g2'),
      webrtc.device('videoinput', 'c1', 'Camera', 'g3'),
    ];
    expect(ids(await devices.list())).toEqual(['default', 's1', 'c1']);
    expect(ids(await devices.list('audioinput'))).toEqual(['default']);
    expect(webrtc.captures).toEqual([]);
  });

  it('never opens a camera to learn of microphones; a machine without a camera is listed', async () => {
    const { webrtc, devices } = bench();
    webrtc.devices = [webrtc.device('audioinput', 'm1', ''), webrtc.device('videoinput', 'c1', '')];
    await devices.list();
    await devices.list('audioinput');
    expect(webrtc.captures).toEqual([
      { audio: true, video: false },
      { audio: true, video: false },
    ]);
    await devices.list('videoinput');
    expect(webrtc.captures.at(-1)).toEqual({ audio: false, video: true });
    expect(webrtc.running().tracks).toBe(0);
  });

  it('comes without names when the permission is refused, and does not reject', async () => {
    const { webrtc, devices } = bench();
    webrtc.devices = [webrtc.device('audioinput', 'm1', ''), webrtc.device('audioinput', 'm2', '')];
    webrtc.captureFailures.push(new DOMException('no', 'NotAllowedError'));
    expect(ids(await devices.list('audioinput'))).toEqual(['m1', 'm2']);
  });

  it('tells what came and what went, once for several events of the browser, until it is undone', async () => {
    const { webrtc, devices } = bench();
    const [one, two, three] = [1, 2, 3].map((n) => webrtc.device('audioinput', `m${n}`));
    if (!one || !two || !three) {
      throw new Error();
    }
    webrtc.devices = [one, two];
    const seen: DeviceChange[] = [];
    const undo = devices.watch((change) => seen.push(change));
    await settle();
    webrtc.devices = [two, three];
    webrtc.fakeMediaDevices.fire('devicechange');
    webrtc.fakeMediaDevices.fire('devicechange');
    await settle();
    expect(seen).toEqual([{ added: [three], removed: [one], devices: [two, three] }]);
    undo();
    webrtc.devices = [];
    webrtc.fakeMediaDevices.fire('devicechange');
    await settle();
    expect(seen).toHaveLength(1);
    expect(webrtc.running().listeners).toBe(0);
  });

  it('tells names that became known, as a change without comings and goings; who follows devices hears nothing', async () => {
    const { webrtc, devices } = bench();
    webrtc.devices = [webrtc.device('audioinput', 'm1', '')];
    const seen: DeviceChange[] = [];
    const followed: DeviceChange[] = [];
    const undos = [
      devices.on('devicesChanged', (change) => seen.push(change)),
      devices.watch((change) => followed.push(change)),
    ];
    await settle();
    webrtc.devices = [webrtc.device('audioinput', 'm1', 'Headset')];
    webrtc.fakeMediaDevices.fire('devicechange');
    webrtc.fakeMediaDevices.fire('devicechange');
    await settle();
    expect(seen).toEqual([{ added: [], removed: [], devices: webrtc.devices }]);
    expect(followed).toEqual([]);
    for (const undo of undos) {
      undo();
    }
    expect(webrtc.running().listeners).toBe(0);
  });

  it('finds a device by id or label; an empty label matches nothing', async () => {
    const { webrtc, devices } = bench();
    webrtc.devices = [
      webrtc.device('audioinput', 'm1', ''),
      webrtc.device('audioinput', 'm2', 'Headset'),
    ];
    expect(await devices.validate('m1', '', 'audioinput')).toBe('m1');
    expect(await devices.validate('gone', 'Headset', 'audioinput')).toBe('m2');
    expect(await devices.validate('gone', '', 'audioinput')).toBeNull();
    expect(await devices.validate('m1', '', 'audiooutput')).toBeNull();
  });

  it('checkPermissions is true when it opens, false on any failure', async () => {
    const { webrtc, devices } = bench();
    expect(await devices.checkPermissions(true, false)).toBe(true);
    // Null is as good as nothing.
    expect(await devices.checkPermissions(null, false)).toBe(true);
    webrtc.captureFailures.push(new Error('busy'));
    expect(await devices.checkPermissions()).toBe(false);
    expect(webrtc.running().tracks).toBe(0);
  });
});

describe('Audio settings', () => {
  it('keep what this browser knows, and name the device', async () => {
    const { webrtc, defaults } = bench();
    webrtc.devices = [webrtc.device('audioinput', 'm2', 'Headset')];
    const settings = {
      echoCancellation: false,
      sampleSize: 16,
      micId: 'gone',
      micLabel: 'Headset',
    };
    const expected = { echoCancellation: false, deviceId: { exact: 'm2' } };
    expect(await defaults.set(settings)).toEqual(expected);
    expect(defaults).toMatchObject({ audio: expected, micId: 'gone', micLabel: 'Headset' });
    await expect(defaults.set(undefined as never)).rejects.toThrow('required');
  });

  it('come back when the microphone is switched on again, and are not lost without having been off', async () => {
    const { defaults } = bench();
    await defaults.set({ echoCancellation: false });
    defaults.enableMicrophone();
    expect(defaults.audio).toEqual({ echoCancellation: false });
    defaults.disableMicrophone();
    defaults.disableMicrophone();
    expect(defaults.audio).toBe(false);
    defaults.enableMicrophone();
    expect(defaults.audio).toEqual({ echoCancellation: false });
  });
});

describe('What came and went', () => {
  const webrtc = new FakeWebRtc();
  const mic = (id: string, label = id) => webrtc.device('audioinput', id, label);

  it('a device is known by its id: the new label of the default one is no change', () => {
    const before = [mic('default', 'Default - Headset'), mic('headset'), mic('inner')];
    const after = [mic('default', 'Default - Inner'), mic('headset'), mic('inner')];
    expect(compareDevices(before, after)).toBeNull();
  });

  it('labels that become known change nothing, and hide nothing that really came (Firefox)', () => {
    const before = [mic('a', ''), mic('b', '')];
    const camera = webrtc.device('videoinput', 'c', '');
    const after = [mic('a', 'One'), mic('b', 'Two'), camera];
    expect(compareDevices(before, after)).toMatchObject({ added: [camera], removed: [] });
  });

  it('a placeholder without an id is no device: to learn the real ones is no change', () => {
    const before = [mic('', '')];
    const after = [mic('a', 'One'), mic('b', 'Two')];
    expect(compareDevices(before, after)).toBeNull();
    expect(compareDevices(after, before)).toBeNull();
  });
});
