import { describe, expect, it } from 'vitest';
import { FakePlatform } from '../testing/fake-platform.ts';
import { FakeWebRtc } from '../testing/fake-webrtc.ts';
import { capture } from './capture.ts';

const bench = () => {
  const webrtc = new FakeWebRtc();
  return { webrtc, platform: new FakePlatform({ webrtc }) };
};
const failure = (name: string) => new DOMException(name, name);

describe('Capturing', () => {
  it.each([
    ['NotAllowedError', 42001],
    ['NotFoundError', 42002],
    ['OverconstrainedError', 42002],
    ['NotReadableError', 42003],
    ['AbortError', 42003],
  ])('names %s %i', async (name, code) => {
    const { webrtc, platform } = bench();
    webrtc.captureFailures.push(failure(name));
    await expect(capture(platform, { audio: true, video: false })).rejects.toMatchObject({ code });
  });

  it('fails with 42003 on a page that may not capture', async () => {
    await expect(capture(new FakePlatform(), { audio: true, video: false })).rejects.toMatchObject({
      code: 42003,
    });
  });

  it.each(['NotReadableError', 'NotFoundError', 'OverconstrainedError'])(
    'gives a named device up for the default one, once, after %s',
    async (name) => {
      const { webrtc, platform } = bench();
      webrtc.captureFailures.push(failure(name));
      await capture(platform, { audio: { echoCancellation: true }, video: false, micId: 'm7' });
      expect(webrtc.captures).toEqual([
        { audio: { echoCancellation: true, deviceId: { exact: 'm7' } }, video: false },
        { audio: { echoCancellation: true }, video: false },
      ]);
    },
  );

  it.each([
    ['camera', { audio: { deviceId: { exact: 'm7' } }, video: true }],
    ['microphone', { audio: true, video: { deviceId: { exact: 'c7' } } }],
  ])('keeps what was chosen of the other kind when the %s is gone', async (gone, captured) => {
    const { webrtc, platform } = bench();
    webrtc.devices = [
      webrtc.device('audioinput', gone === 'microphone' ? 'm1' : 'm7', 'Headset'),
      webrtc.device('videoinput', gone === 'camera' ? 'c1' : 'c7', 'Camera'),
    ];
    webrtc.captureFailures.push(failure('OverconstrainedError'));
    const told: unknown[] = [];
    const request = { audio: true, video: true, micId: 'm7', camId: 'c7' };
    await capture(platform, request, (why) => told.push(why));
    expect(webrtc.captures.slice(1)).toEqual([captured]);
    expect(told).toHaveLength(1);
  });

  it('gives up both when it has to, and fails when that does not help either', async () => {
    const { webrtc, platform } = bench();
    webrtc.devices = [
      webrtc.device('audioinput', 'm7', 'Headset'),
      webrtc.device('videoinput', 'c7', 'Camera'),
    ];
    for (let n = 0; n < 4; n += 1) {
      webrtc.captureFailures.push(failure('NotReadableError'));
    }
    const request = { audio: true, video: true, micId: 'm7', camId: 'c7' };
    await expect(capture(platform, request)).rejects.toMatchObject({ code: 42003 });
    expect(webrtc.captures.slice(1)).toEqual([
      { audio: { deviceId: { exact: 'm7' } }, video: true },
      { audio: true, video: { deviceId: { exact: 'c7' } } },
      { audio: true, video: true },
    ]);
  });

  it('does not try again when it was refused, or when no device was named', async () => {
    const { webrtc, platform } = bench();
    webrtc.captureFailures.push(failure('NotAllowedError'), failure('NotFoundError'));
    await expect(
      capture(platform, { audio: true, video: false, micId: 'm7' }),
    ).rejects.toMatchObject({ code: 42001 });
    await expect(capture(platform, { audio: true, video: false })).rejects.toMatchObject({
      code: 42002,
    });
    expect(webrtc.captures).toHaveLength(2);
  });

  it('finds a device by its label when its id is gone', async () => {
    const { webrtc, platform } = bench();
    webrtc.devices = [
      webrtc.device('audioinput', 'm9', 'Headset'),
      webrtc.device('audioinput', 'm1', ''),
    ];
    await capture(platform, {
      audio: true,
      video: true,
      micId: 'gone',
      micLabel: 'Headset',
      camLabel: 'none',
    });
    expect(webrtc.captures).toEqual([{ audio: { deviceId: { exact: 'm9' } }, video: true }]);
  });

  it('asks for two channels when the call is in stereo', async () => {
    const { webrtc, platform } = bench();
    await capture(platform, { audio: true, video: false, stereo: true });
    expect(webrtc.captures).toEqual([{ audio: { channelCount: 2 }, video: false }]);
  });

  it.each([
    [
      'an exact deviceId',
      { audio: { deviceId: { exact: 'm7' }, echoCancellation: true }, video: false },
    ],
    ['a micId', { audio: { echoCancellation: true }, video: false, micId: 'm7' }],
    [
      'both, as setAudioSettings() leaves them',
      { audio: { deviceId: { exact: 'm7' }, echoCancellation: true }, video: false, micId: 'm7' },
    ],
  ])(
    'goes on with the default microphone when the one named by %s is gone, and tells',
    async (_, request) => {
      const { webrtc, platform } = bench();
      webrtc.captureFailures.push(failure('OverconstrainedError'));
      const told: unknown[] = [];
      await capture(platform, request, (why) => told.push(why));
      expect(webrtc.captures.at(-1)).toEqual({ audio: { echoCancellation: true }, video: false });
      expect(told).toMatchObject([{ name: 'OverconstrainedError' }]);
    },
  );
});
