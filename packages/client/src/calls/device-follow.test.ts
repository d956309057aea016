import { describe, expect, it } from 'vitest';
import { CallBench, NOTHING } from '../testing/call-bench.ts';
import { settle } from '../testing/fake-clock.ts';
import { fakeSdp } from '../testing/fake-peer-connection.ts';
import type { FakeTrack } from '../testing/fake-media.ts';

/** A call on these devices, and how they change. */
async function onDevices(devices: (bench: CallBench) => MediaDeviceInfo[], options: object = {}) {
  const bench = new CallBench();
  bench.webrtc.devices = devices(bench);
  const call = await bench.connect(options);
  const change = async (to: MediaDeviceInfo[]): Promise<void> => {
    bench.webrtc.devices = to;
    bench.webrtc.fakeMediaDevices.fire('devicechange');
    await settle();
  };
  const track = (): FakeTrack | undefined =>
    call.localStream.getAudioTracks()[0] as unknown as FakeTrack | undefined;
  return { bench, call, change, track };
}

describe('The devices of a call', () => {
  it('a call on `default` stays there when what that stands for changes', async () => {
    const { bench, change, track } = await onDevices(({ webrtc }) => [
      webrtc.device('audioinput', 'default', 'Default - Headset'),
      webrtc.device('audioinput', 'inner', 'Inner'),
    ]);
    const before = track();
    await change([
      bench.webrtc.device('audioinput', 'default', 'Default - Inner'),
      bench.webrtc.device('audioinput', 'inner', 'Inner'),
    ]);
    expect(track()).toBe(before);
    expect(bench.webrtc.captures).toHaveLength(1);
  });

  it('so does a call that plays on `default`', async () => {
    const { bench, call, change } = await onDevices(({ webrtc }) => [
      webrtc.device('audiooutput', 'default', 'Default - Headset'),
      webrtc.device('audiooutput', 'inner', 'Inner'),
    ]);
    await call.setAudioOutDevice('default');
    await change([
      bench.webrtc.device('audiooutput', 'default', 'Default - Inner'),
      bench.webrtc.device('audiooutput', 'inner', 'Inner'),
    ]);
    expect(call.options.speakerId).toBe('default');
  });

  it('labels that become known, as in Firefox, switch nothing when another device comes', async () => {
    const { bench, change, track } = await onDevices(({ webrtc }) => [
      webrtc.device('audioinput', 'a', ''),
      webrtc.device('audioinput', 'b', ''),
    ]);
    const before = track();
    await change([
      bench.webrtc.device('audioinput', 'a', 'One'),
      bench.webrtc.device('audioinput', 'b', 'Two'),
      bench.webrtc.device('audioinput', 'c', 'Three'),
    ]);
    expect(track()).toBe(before);
    expect(bench.webrtc.captures).toHaveLength(1);
  });

  it('a microphone that the system left muted is opened again when the page is seen, and not over and over', async () => {
    const { bench, call, track } = await onDevices(({ webrtc }) => [
      webrtc.device('audioinput', 'a', 'One'),
    ]);
    const before = track();
    const see = async (): Promise<void> => {
      bench.webrtc.fakeDocument.fire('visibilitychange');
      await settle();
    };
    await see();
    expect(track()).toBe(before);
    if (before) {
      before.muted = true;
    }
    await see();
    const after = track();
    expect(after).not.toBe(before);
    expect(after?.readyState).toBe('live');
    if (after) {
      after.muted = true;
    }
    await see();
    expect(track()).toBe(after);
    void call.hangup({}, false);
    expect(bench.running()).toEqual(NOTHING);
  });

  it('come back to a call that a recovery carried on meanwhile', async () => {
    const bench = new CallBench({ keepConnectionAliveOnSocketClose: true });
    bench.signaling.features = { ...bench.signaling.features, v: 1, replace: true };
    const device = (kind: MediaDeviceKind, id: string) => bench.webrtc.device(kind, id);
    const all = [
      device('audioinput', 'usb'),
      device('audioinput', 'inner'),
      device('audiooutput', 'usb-out'),
      device('audiooutput', 'inner-out'),
    ];
    bench.webrtc.devices = all;
    const old = await bench.connect({ micId: 'usb', speakerId: 'usb-out' });
    const change = async (to: MediaDeviceInfo[]): Promise<void> => {
      bench.webrtc.devices = to;
      bench.webrtc.fakeMediaDevices.fire('devicechange');
      await settle();
    };
    bench.webrtc.peer.connection('connected');
    await settle();
    await change(all.filter(({ deviceId }) => deviceId.startsWith('inner')));
    expect(old.options).toMatchObject({ micId: 'inner', speakerId: 'inner-out' });
    let call = old;
    old.on('recovered', (recovered) => (call = recovered));
    bench.webrtc.peer.connection('failed');
    await settle();
    await bench.platform.clock.advance(5_000);
    expect(call).not.toBe(old);
    bench.signaling.last('invite').reply();
    await bench.receive('answer', { callID: call.id, sdp: fakeSdp() });
    await change(all);
    expect(call.options).toMatchObject({ micId: 'usb', speakerId: 'usb-out' });
  });

  it('are listened to only while there is a call', async () => {
    const { bench, call } = await onDevices(({ webrtc }) => [webrtc.device('audioinput', 'a')]);
    expect(bench.webrtc.running().listeners).toBeGreaterThan(0);
    void call.hangup({}, false);
    expect(bench.webrtc.running().listeners).toBe(0);
  });

  it('a microphone that was asked for and is gone gives way to the default one, with warning 37004', async () => {
    const bench = new CallBench({ audio: { deviceId: { exact: 'usb' } }, micId: 'usb' });
    bench.webrtc.captureFailures.push(new DOMException('gone', 'OverconstrainedError'));
    const call = await bench.connect();
    expect(call.state).toBe('active');
    expect(bench.warningCodes).toEqual([37004]);
    expect(bench.errorCodes).toEqual([]);
  });
});
