import { describe, expect, it } from 'vitest';
import { settle } from '../testing/fake-clock.ts';
import { CallBench, NOTHING } from '../testing/call-bench.ts';

const gone = () => new DOMException('gone', 'NotFoundError');

describe('The microphone of a call', () => {
  it('starts muted with mutedMicOnStart, and so does every one that is switched to while muted', async () => {
    const bench = new CallBench({ mutedMicOnStart: true });
    const call = await bench.connect();
    const track = () => call.localStream?.getAudioTracks()[0];
    expect(call.isAudioMuted).toBe(true);
    expect(track()?.enabled).toBe(false);
    await call.setAudioInDevice('mic-2');
    expect(track()).toMatchObject({ enabled: false, readyState: 'live' });
    call.unmuteAudio();
    await call.setAudioInDevice('mic-3');
    expect(track()?.enabled).toBe(true);
  });

  it('tells that it was muted', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    const told: boolean[] = [];
    const undo = call.on('mute', (muted) => told.push(muted));
    call.toggleAudioMute();
    call.muteAudio();
    await call.setAudioInDevice('mic-2', false);
    undo();
    call.muteAudio();
    expect(told).toEqual([true, false]);
    expect(call.isAudioMuted).toBe(true);
  });

  it('is switched by replacing the track: the old one is stopped, nothing is negotiated', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    const stream = call.localStream;
    const requests = bench.signaling.requests.length;
    await call.setAudioInDevice('mic-2');
    expect(bench.webrtc.captures.at(-1)).toEqual({ audio: { deviceId: { exact: 'mic-2' } } });
    expect(call.localStream).toBe(stream);
    expect(bench.webrtc.peer.getSenders()[0]?.track).toBe(stream?.getAudioTracks()[0]);
    expect(bench.webrtc.running().tracks).toBe(1);
    expect(bench.signaling.requests).toHaveLength(requests);
    expect(call.options.micId).toBe('mic-2');
  });

  it('stays when the new one fails, and so does the call', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    const before = call.localStream?.getAudioTracks()[0];
    bench.webrtc.captureFailures.push(gone());
    await call.setAudioInDevice('mic-9');
    expect(bench.errors).toMatchObject([
      { code: 42002, fatal: false, extras: { callId: call.id } },
    ]);
    expect(bench.notifications('userMediaError')).toMatchObject([
      { errorName: 'MEDIA_DEVICE_NOT_FOUND', error: { message: 'gone' } },
    ]);
    expect(call.state).toBe('active');
    expect(call.localStream?.getAudioTracks()[0]).toBe(before);
    expect(before?.readyState).toBe('live');
  });

  it('that the application switched off itself stays off, until it is unmuted', async () => {
    const bench = new CallBench();
    const track = bench.webrtc.track('audio');
    track.enabled = false;
    const localStream = new bench.webrtc.MediaStream([track as never]);
    const call = await bench.connect({ localStream });
    expect(track.enabled).toBe(false);
    call.unmuteAudio();
    expect(track.enabled).toBe(true);
  });

  it('of one stream in two calls is muted for each of them alone', async () => {
    const bench = new CallBench();
    const track = bench.webrtc.track('audio');
    const localStream = new bench.webrtc.MediaStream([track as never]);
    const one = await bench.connect({ localStream });
    const first = bench.webrtc.peer;
    const two = await bench.connect({ localStream });
    const second = bench.webrtc.peer;
    const sends = (peer: typeof first) => peer.getSenders()[0]?.track?.enabled;
    one.muteAudio();
    two.muteAudio();
    two.unmuteAudio();
    expect([one.isAudioMuted, sends(first)]).toEqual([true, false]);
    expect([two.isAudioMuted, sends(second)]).toEqual([false, true]);
    void two.hangup({}, false);
    void one.hangup({}, false);
    await settle();
    // The application's own track is left as it is; what was made of it is stopped.
    expect(track.readyState).toBe('live');
    expect(bench.webrtc.running().tracks).toBe(1);
  });

  it('leaves the stream of the application as it was', async () => {
    const bench = new CallBench();
    const given = new bench.webrtc.MediaStream([bench.webrtc.track('audio') as never]);
    const call = await bench.connect({ localStream: given });
    await call.setAudioInDevice('mic-2');
    expect(call.localStream).not.toBe(given);
    expect(given.getAudioTracks()[0]?.readyState).toBe('live');
  });

  it('cannot be switched where none is sent: warning 33009', async () => {
    const bench = new CallBench();
    const call = await bench.connect({ audio: false, receiveOnlyAudio: true });
    await call.setAudioInDevice('mic-2');
    expect(bench.warnings).toContainEqual({
      code: 33009,
      extras: { callId: call.id, deviceId: 'mic-2' },
    });
  });

  it('that opens after the call ended is closed at once', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    let open: (value?: unknown) => void = () => undefined;
    bench.webrtc.captureGate = new Promise((resolve) => (open = resolve));
    const switched = call.setAudioInDevice('mic-2');
    await settle();
    void call.hangup({}, false);
    open();
    await switched;
    expect(bench.errors).toEqual([]);
    expect(bench.running()).toEqual(NOTHING);
  });
});

describe('A call that ends while the user is asked for the microphone', () => {
  it('settles at once, whatever the user does with the question', async () => {
    const bench = new CallBench();
    bench.webrtc.captureGate = new Promise(() => undefined);
    const call = await bench.ring();
    const answered = call.answer();
    await settle();
    await bench.receive('bye', { callID: call.id });
    await answered;
    expect(bench.errorCodes).toEqual([]);
    expect(bench.running()).toEqual(NOTHING);
  });
});

describe('What a call plays and sends', () => {
  it('is silenced by deaf(), also for what comes later', async () => {
    const bench = new CallBench();
    const call = await bench.dial();
    call.deaf();
    bench.signaling.last('invite').reply();
    await bench.receive('answer', {
      callID: call.id,
      sdp: bench.webrtc.peer.localDescription?.sdp ?? '',
    });
    expect(call.remoteStream?.getAudioTracks()[0]?.enabled).toBe(false);
    call.toggleDeaf();
    expect(call.remoteStream?.getAudioTracks()[0]?.enabled).toBe(true);
  });

  it('has a level, which is 0 while muted', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    const [transceiver] = bench.webrtc.peer.transceivers;
    transceiver?.sender.stats.set('s', { type: 'media-source', audioLevel: 0.4 });
    if (transceiver) {
      transceiver.receiver.level = 0.2;
    }
    expect(await call.audioLevels()).toEqual({ local: 0.4, remote: 0.2 });
    call.muteAudio();
    expect(await call.audioLevels()).toEqual({ local: 0, remote: 0.2 });
  });

  it('is limited in its bitrate', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    await call.setBandwidthEncodingsMaxBps(24_000, 'audio');
    expect(bench.webrtc.peer.getSenders()[0]?.parameters.encodings).toEqual([
      { maxBitrate: 24_000 },
    ]);
    await call.setBandwidthEncodingsMaxBps(24_000, 'video');
  });

  it('uses preferred codecs, and goes on without those that the browser does not have', async () => {
    const bench = new CallBench();
    await bench.dial({ preferred_codecs: [{ mimeType: 'audio/PCMU', clockRate: 8000 }] });
    expect(bench.webrtc.peer.transceivers[0]?.codecs.map(({ mimeType }) => mimeType)).toEqual([
      'audio/PCMU',
    ]);
  });

  it('is in stereo and limited where asked for, in both descriptions', async () => {
    const bench = new CallBench();
    const call = await bench.connect({
      useStereo: true,
      mediaSettings: { useSdpASBandwidthKbps: true, sdpASBandwidthKbps: 40 },
    });
    const { localDescription, remoteDescription } = bench.webrtc.peer;
    for (const sdp of [localDescription?.sdp, remoteDescription?.sdp]) {
      expect(sdp).toContain('stereo=1;sprop-stereo=1');
      expect(sdp).toContain('b=AS:40');
    }
    expect(bench.signaling.last('invite').params['sdp']).toContain('stereo=1');
    expect(call.state).toBe('active');
  });
});

describe('The tones', () => {
  it('are heard once for several calls, until the last of them stops', async () => {
    const bench = new CallBench();
    const first = await bench.ring('in-1');
    const second = await bench.ring('in-2');
    const tones = () => bench.webrtc.elements.filter(({ playing }) => playing);
    expect(tones()).toHaveLength(1);
    await bench.receive('bye', { callID: first.id });
    expect(tones()).toHaveLength(1);
    void second.hangup({}, false);
    expect(tones()).toHaveLength(0);
    expect(bench.running()).toEqual(NOTHING);
  });

  it('that the browser refuses do not disturb the call', async () => {
    const bench = new CallBench();
    bench.webrtc.playFailure = new DOMException('gesture', 'NotAllowedError');
    const call = await bench.ring();
    expect(call.state).toBe('ringing');
  });
});

describe('Statistics', () => {
  const stats = (n: number) =>
    new Map<string, unknown>([
      [
        'i',
        {
          id: 'i',
          type: 'inbound-rtp',
          kind: 'audio',
          packetsReceived: 50 * n,
          packetsLost: 0,
          bytesReceived: 4_000 * n,
          jitter: 0.004,
          audioLevel: 0.1,
        },
      ],
      ['o', { id: 'o', type: 'outbound-rtp', kind: 'audio', bytesSent: 4_000 * n }],
      [
        'r',
        { id: 'r', type: 'remote-inbound-rtp', kind: 'audio', jitter: 0.005, roundTripTime: 0.05 },
      ],
    ]);

  it('come as samples, frames and raw entries, only while somebody listens, and end with the call', async () => {
    const bench = new CallBench();
    const call = await bench.connect({ debug: true });
    const samples: (number | null)[] = [];
    const entries: unknown[] = [];
    const undo = call.on('sample', ({ inboundBitrate }) => samples.push(inboundBitrate));
    call.getStats((entry) => entries.push(entry), { type: 'inbound-rtp' });
    await settle();
    for (let n = 1; n <= 3; n++) {
      bench.webrtc.peer.stats = stats(n);
      await bench.platform.clock.advance(1_000);
    }
    expect(samples).toEqual([null, 32_000, 32_000]);
    expect(entries).toMatchObject([{ id: 'i', packetsReceived: 100 }]);
    const frames = bench.events.filter(({ event }) => event === 'telnyx.stats.frame');
    expect(frames).toHaveLength(3);
    expect(frames[0]?.payload).toMatchObject({
      callId: call.id,
      jitter: 0.005,
      rtt: 0.05,
      quality: 'excellent',
    });
    undo();
    await bench.platform.clock.advance(1_000);
    expect(samples).toHaveLength(3);
    await bench.receive('bye', { callID: call.id });
    expect(bench.running()).toEqual(NOTHING);
  });

  it('warn of audio that does not arrive, not while held by either side', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    bench.webrtc.peer.stats = stats(1);
    await bench.receive('offhook', { callID: call.id, event: 'remote_held' });
    await bench.platform.clock.advance(6_000);
    expect(bench.warningCodes).not.toContain(32001);
    await bench.receive('offhook', { callID: call.id, event: 'remote_resumed' });
    await bench.platform.clock.advance(4_000);
    expect(bench.warningCodes.filter((code) => code === 32001)).toHaveLength(1);
  });
});
