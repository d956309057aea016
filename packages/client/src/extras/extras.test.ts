import { describe, expect, it } from 'vitest';
import type { ClientEvents } from '../events.ts';
import { Bench, SECRET, type Body } from '../testing/extras-bench.ts';
import { settle } from '../testing/fake-clock.ts';
import type { FakeTrack } from '../testing/fake-media.ts';
import { fakeSdp } from '../testing/fake-peer-connection.ts';

const codes = (warnings: ClientEvents['telnyx.warning'][]): number[] =>
  warnings.map(([{ warning }]) => warning.code);

const types = (body: Body | undefined): unknown[] =>
  body?.offhook.events.map(({ type }) => type) ?? [];

describe('A call report', () => {
  it('is uploaded once, at the end, under the key that the gateway gave', async () => {
    const bench = new Bench();
    const call = await bench.call({ callerNumber: '1001' });
    await bench.clock.advance(12_000);
    expect(bench.bodies()).toEqual([]);
    await call.hangup();
    await settle();
    const [sent] = bench.platform.posted;
    expect(bench.platform.posted).toHaveLength(1);
    expect(sent?.url).toBe('http://gw.test:8080/call_report');
    expect(sent?.headers).toMatchObject({
      'x-call-report-id': 'cr-1',
      'x-call-id': call.id,
      'x-voice-sdk-id': 'vsdk-1',
    });
    expect(sent?.keepalive).toBe(true);
    const [body] = bench.bodies();
    expect(body?.summary).toMatchObject({
      callId: call.id,
      destinationNumber: '1002',
      callerNumber: '1001',
      direction: 'outbound',
      state: 'destroy',
      clientSummary: {
        authentication: { type: 'login_password' },
        connection: { host: 'ws://gw.test:8080', region: 'eu', dc: 'fr5', env: 'production' },
        callReports: { enabled: true, intervalMs: 5000, flushIntervalMs: 180_000 },
      },
    });
    expect(body?.stats.length).toBeGreaterThanOrEqual(2);
    expect(body).not.toHaveProperty('segment');
    expect(types(body)).toEqual(expect.arrayContaining(['state', 'ended']));
    await bench.client.disconnect();
    expect(bench.platform.running()).toEqual({ timers: 0, sockets: 0, listeners: 0 });
  });

  it('tells of mute, hold, ICE, warnings and microphones on the time axis of the call', async () => {
    const bench = new Bench();
    const call = await bench.call();
    call.muteAudio();
    bench.webrtc.peer.connection('connected');
    bench.gateway.answers['telnyx_rtc.modify'] = () => ({ holdState: 'held' });
    await call.hold();
    await call.setAudioInDevice('usb');
    bench.webrtc.peer.connection('disconnected');
    await settle();
    await call.hangup();
    await settle();
    const seen = types(bench.bodies()[0]);
    for (const type of ['mute', 'hold', 'ice', 'warning', 'device']) {
      expect(seen).toContain(type);
    }
  });

  it('holds no secret: neither password nor TURN credential', async () => {
    const bench = new Bench({
      iceServers: [{ urls: 'turn:t.test', username: 'u', credential: 'turn-secret' }],
    });
    const call = await bench.call();
    await call.hangup();
    await settle();
    const text = JSON.stringify(bench.bodies());
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain('turn-secret');
    expect(bench.bodies()[0]?.summary['clientSummary']).toMatchObject({
      media: { iceServers: [{ urls: 'turn:t.test', hasUsername: true, hasCredential: true }] },
    });
  });

  it('holds the log lines of its own call only, from its construction on', async () => {
    const bench = new Bench();
    const first = await bench.call();
    const second = await bench.call();
    await first.hangup();
    await settle();
    const [body] = bench.bodies();
    const lines = (body?.logs ?? []).map(({ message }) => message);
    expect(lines.some((line) => line.startsWith(`Call ${first.id}: new → requesting`))).toBe(true);
    expect(lines.filter((line) => line.includes(second.id))).toEqual([]);
    await second.hangup();
  });

  it('keeps the lines of `debugLogLevel` and above', async () => {
    const bench = new Bench({ debugLogLevel: 'error' });
    const call = await bench.call();
    await call.hangup();
    await settle();
    expect(bench.bodies()[0]).not.toHaveProperty('logs');
  });

  it('goes out in part when the socket is lost, with how it was closed, and the rest at the end', async () => {
    const bench = new Bench();
    const call = await bench.call();
    bench.platform.socket.lose(1006);
    await settle();
    const [first] = bench.bodies();
    expect(first?.segment).toBe(0);
    expect(first?.flushReason).toEqual({
      type: 'socket-close',
      socketClose: { code: 1006, codeName: 'ABNORMAL_CLOSURE', reason: '', wasClean: false },
    });
    await bench.clock.advance(5_000);
    await call.hangup();
    await bench.clock.advance(5_000);
    const last = bench.bodies().at(-1);
    expect(last?.segment).toBe(1);
    expect(last).not.toHaveProperty('flushReason');
  });

  it('that cannot be delivered waits for the next connection', async () => {
    const bench = new Bench();
    const call = await bench.call();
    bench.gateway.reattached = [call.id];
    bench.platform.reachable = false;
    bench.platform.socket.lose(1006);
    await bench.clock.advance(10_000);
    expect(bench.bodies()).toEqual([]);
    bench.platform.reachable = true;
    await bench.clock.advance(40_000);
    expect(bench.bodies()[0]?.flushReason?.type).toBe('socket-close');
    await call.hangup();
    await bench.client.disconnect();
  });

  it('is one through a recovery: the object that goes on goes on with it', async () => {
    const bench = new Bench();
    const call = await bench.call();
    await bench.clock.advance(6_000);
    bench.gateway.send(bench.platform.socket, 'attach', { callID: call.id, sdp: fakeSdp() });
    await bench.clock.advance(6_000);
    const next = bench.client.calls[call.id];
    expect([call.state, next?.state]).toEqual(['recovering', 'active']);
    await next?.hangup();
    await settle();
    expect(bench.bodies()).toHaveLength(1);
    const [body] = bench.bodies();
    expect(types(body)).toContain('recovery');
    expect(body?.stats.length).toBeGreaterThanOrEqual(3);
    expect(body?.summary['state']).toBe('destroy');
  });

  it('goes out with keepalive when the page is hidden for good', async () => {
    const bench = new Bench({ hangupOnBeforeUnload: false });
    const call = await bench.call();
    bench.platform.fakeWindow.fire('pagehide');
    await settle();
    expect(bench.platform.posted[0]?.keepalive).toBe(true);
    expect(bench.bodies()[0]?.flushReason).toEqual({ type: 'page-unload' });
    await call.hangup();
    expect(bench.platform.fakeWindow.listeners).toBeGreaterThan(0);
    await bench.client.disconnect();
    expect(bench.platform.fakeWindow.listeners).toBe(0);
  });

  it('goes out every `callReportFlushInterval`, and when the application says so', async () => {
    const bench = new Bench({ callReportFlushInterval: 20_000 });
    const call = await bench.call();
    await bench.clock.advance(41_000);
    call.flushIntermediateCallReport();
    await settle();
    expect(bench.bodies().map(({ flushReason }) => flushReason?.type)).toEqual([
      'buffer-limit',
      'buffer-limit',
      'manual',
    ]);
    await call.hangup();
  });

  it('has intervals of `callReportInterval`, never below a second, which the console tells', async () => {
    const bench = new Bench({ callReportInterval: 200 });
    const call = await bench.call();
    await bench.clock.advance(5_100);
    await call.hangup();
    await settle();
    expect(bench.bodies()[0]?.stats).toHaveLength(5);
    expect(bench.platform.logged.join('\n')).toContain('callReportInterval');
  });

  it('is waited for by disconnect()', async () => {
    const bench = new Bench();
    await bench.call();
    const disconnecting = bench.client.disconnect();
    await bench.clock.advance(1_000);
    await disconnecting;
    expect(bench.bodies()).toHaveLength(1);
    expect(bench.platform.running()).toEqual({ timers: 0, sockets: 0, listeners: 0 });
  });

  it('is not made for a gateway that gave no key', async () => {
    const bench = new Bench();
    bench.gateway.answers['telnyx_rtc.gatewayState'] = () => ({
      method: 'telnyx_rtc.gatewayState',
      params: { state: 'REGED' },
    });
    const call = await bench.call();
    await call.hangup();
    await bench.clock.advance(10_000);
    expect(bench.platform.posted).toEqual([]);
  });

  it('`enableCallReports: false` collects and sends nothing', async () => {
    const bench = new Bench({ enableCallReports: false });
    const call = await bench.call();
    await bench.clock.advance(10_000);
    call.flushIntermediateCallReport();
    expect(await call.feedback({ score: 5 })).toBe(false);
    await call.hangup();
    await bench.clock.advance(10_000);
    expect(bench.platform.posted).toEqual([]);
  });
});

describe('Feedback', () => {
  it('goes into the report of a live call', async () => {
    const bench = new Bench();
    const call = await bench.call();
    expect(await call.feedback({ score: 4, tags: ['echo'], note: 'fine' })).toBe(true);
    await call.hangup();
    await settle();
    const [body] = bench.bodies();
    expect(body?.offhook.feedback).toEqual({ score: 4, tags: ['echo'], note: 'fine' });
    expect(types(body)).toContain('feedback');
  });

  it('after the end is a small upload of its own', async () => {
    const bench = new Bench();
    const call = await bench.call();
    await bench.clock.advance(6_000);
    await call.hangup();
    await bench.clock.advance(60_000);
    expect(await call.feedback({ score: 1 })).toBe(true);
    await settle();
    const [report, late] = bench.bodies();
    expect(late).toMatchObject({ segment: 1, stats: [], flushReason: { type: 'manual' } });
    expect(late?.offhook.feedback).toMatchObject({ score: 1 });
    expect(late?.summary['startTimestamp']).toBe(report?.summary['startTimestamp']);
    expect(late?.summary['endTimestamp']).toBe(report?.summary['endTimestamp']);
  });

  it('is refused outside 1 to 5', async () => {
    const bench = new Bench();
    const call = await bench.call();
    await expect(call.feedback({ score: 9 })).rejects.toThrow(RangeError);
    await expect(call.feedback({ score: Number.NaN })).rejects.toThrow(RangeError);
  });
});

describe('`enableCallRecording`', () => {
  it('warns once where the browser cannot, and disturbs nothing', async () => {
    const bench = new Bench({ enableCallRecording: true });
    const warnings = bench.record('telnyx.warning');
    const call = await bench.call();
    await call.hangup();
    await settle();
    expect(codes(warnings)).toEqual([32003]);
    expect(bench.bodies('/call_recording')).toEqual([]);
  });
});

describe('`debug`', () => {
  const frames = (bench: Bench) =>
    bench.platform.socket.sent.filter(({ type }) => String(type).startsWith('debug_report'));

  it('streams start, data and stop beside the call, which waits for none of them', async () => {
    const bench = new Bench({ debug: true });
    const reports = bench.record('telnyx.stats.report');
    const call = await bench.call();
    bench.webrtc.peer.connection('connected');
    await bench.clock.advance(2_100);
    await call.hangup();
    await settle();
    const sent = frames(bench);
    expect(sent[0]).toMatchObject({
      jsonrpc: '2.0',
      type: 'debug_report_start',
      debug_report_version: 1,
      call_id: call.id,
    });
    expect(sent[0]).not.toHaveProperty('method');
    expect(sent.filter(({ type }) => type === 'debug_report_stop')).toHaveLength(1);
    const events = sent.map(
      ({ debug_report_data: data }) => (data as { event?: string } | undefined)?.event,
    );
    expect(events).toEqual(
      expect.arrayContaining(['addConnection', 'onconnectionstatechange', 'stats']),
    );
    expect(events.filter((event) => event === 'stats')).toHaveLength(2);
    expect(reports).toHaveLength(1);
    expect(reports[0]?.[1]).toEqual({ callId: call.id });
    const [timeline] = reports[0] ?? [];
    expect((timeline?.[0] as { event: string }).event).toBe('addConnection');
  });

  it('with `debugOutput: file` offers one file and sends nothing', async () => {
    const bench = new Bench({ debug: true, debugOutput: 'file' });
    const call = await bench.call();
    await bench.clock.advance(1_100);
    await call.hangup();
    await settle();
    expect(frames(bench)).toEqual([]);
    const links = bench.webrtc.elements.filter(({ clicks }) => clicks > 0);
    expect(links).toHaveLength(1);
    expect(links[0]?.download).toMatch(/^webrtc-stats-[\w-]+-\d+\.json$/);
  });
});

describe('Devices that come and go', () => {
  const [inner, usb] = ['inner', 'usb'];
  async function onUsb() {
    const bench = new Bench();
    const { webrtc } = bench;
    const all = [webrtc.device('audioinput', inner), webrtc.device('audioinput', usb)];
    webrtc.devices = all;
    const call = await bench.call({ micId: usb });
    const change = async (devices: MediaDeviceInfo[]): Promise<void> => {
      webrtc.devices = devices;
      webrtc.fakeMediaDevices.fire('devicechange');
      await bench.clock.advance(10);
    };
    const used = () => call.localStream.getAudioTracks()[0]?.getSettings().deviceId;
    return { bench, call, change, used, all };
  }

  it('a call goes on with another microphone, and takes the first again when it is back', async () => {
    const { bench, call, change, used, all } = await onUsb();
    expect(used()).toBe(usb);
    await change(all.slice(0, 1));
    expect(used()).toBe(inner);
    await change(all);
    expect(used()).toBe(usb);
    await call.hangup();
    await bench.client.disconnect();
    expect(bench.webrtc.running()).toMatchObject({ tracks: 0, listeners: 0 });
  });

  it('does not return to it when the application has chosen another meanwhile', async () => {
    const { bench, call, change, used, all } = await onUsb();
    await change(all.slice(0, 1));
    const third = bench.webrtc.device('audioinput', 'third');
    bench.webrtc.devices = [...all.slice(0, 1), third];
    await call.setAudioInDevice('third');
    await change([...all, third]);
    expect(used()).toBe('third');
  });

  it('a microphone that stopped although it is there is opened again, muted as it was', async () => {
    const { bench, call, used } = await onUsb();
    call.muteAudio();
    const [stopped] = call.localStream.getAudioTracks() as unknown as FakeTrack[];
    stopped?.vanish();
    await bench.clock.advance(10);
    const [track] = call.localStream.getAudioTracks();
    expect(track).not.toBe(stopped);
    expect(track).toMatchObject({ readyState: 'live', enabled: false });
    expect(used()).toBe('usb');
    expect(bench.webrtc.peer.getSenders()[0]?.track).toBe(track);
    // One that stops at once is not opened over and over; later it is.
    (track as unknown as FakeTrack).vanish();
    await bench.clock.advance(10);
    expect(call.localStream.getAudioTracks()[0]).toBe(track);
    await call.hangup();
  });

  it('are told by one event with what came and went', async () => {
    const { bench, change, all } = await onUsb();
    const seen: { added: string[]; removed: string[] }[] = [];
    const undo = bench.client.devices.on('devicesChanged', ({ added, removed }) => {
      const ids = (list: readonly MediaDeviceInfo[]) => list.map(({ deviceId }) => deviceId);
      seen.push({ added: ids(added), removed: ids(removed) });
    });
    await settle();
    await change(all.slice(0, 1));
    bench.webrtc.fakeMediaDevices.fire('devicechange');
    await settle();
    await change(all);
    expect(seen).toEqual([
      { added: [], removed: [usb] },
      { added: [usb], removed: [] },
    ]);
    undo();
  });
});

describe('An audio processor', () => {
  const sent = (bench: Bench) => bench.webrtc.peer.getSenders()[0]?.track;

  function doubling(bench: Bench) {
    const given: string[] = [];
    const disposed: string[] = [];
    return {
      given,
      disposed,
      processor: {
        outbound: (track: MediaStreamTrack) => {
          given.push(track.id);
          return bench.webrtc.track('audio') as unknown as MediaStreamTrack;
        },
        dispose: (track: MediaStreamTrack) => void disposed.push(track.id),
      },
    };
  }

  it('makes what is sent, again after a change of microphone, and is let go at the end', async () => {
    const bench = new Bench();
    const { processor, given, disposed } = doubling(bench);
    const call = await bench.call({ audioProcessor: processor });
    const raw = call.localStream.getAudioTracks()[0];
    const first = sent(bench);
    expect(given).toEqual([raw?.id]);
    expect(first?.id).not.toBe(raw?.id);
    await call.setAudioInDevice('usb');
    const second = sent(bench);
    expect(given).toHaveLength(2);
    expect(disposed).toEqual([first?.id]);
    await call.hangup();
    expect(disposed).toEqual([first?.id, second?.id]);
    expect(bench.webrtc.running().tracks).toBe(0);
  });

  it('can be put in and taken out while the call is up', async () => {
    const bench = new Bench();
    const { processor, disposed } = doubling(bench);
    const call = await bench.call();
    const raw = call.localStream.getAudioTracks()[0];
    await call.setAudioProcessor(processor);
    expect(sent(bench)?.id).not.toBe(raw?.id);
    await call.setAudioProcessor(null);
    expect(sent(bench)?.id).toBe(raw?.id);
    expect(disposed).toHaveLength(1);
  });

  it('that fails leaves the microphone as it is, and a warning tells', async () => {
    const bench = new Bench({
      audioProcessor: { outbound: () => Promise.reject(new Error('no worklet')) },
    });
    const warnings = bench.record('telnyx.warning');
    const call = await bench.call();
    expect(sent(bench)?.id).toBe(call.localStream.getAudioTracks()[0]?.id);
    expect(codes(warnings)).toEqual([37002]);
  });

  it('that never settles is given up after 5 s', async () => {
    const bench = new Bench({ audioProcessor: { outbound: () => new Promise(() => undefined) } });
    await bench.client.connect({});
    const call = bench.client.newCall({ destinationNumber: '1002' });
    await bench.clock.advance(4_900);
    expect(bench.platform.socket.last('telnyx_rtc.invite')).toBeUndefined();
    await bench.clock.advance(200);
    expect(bench.platform.socket.last('telnyx_rtc.invite')).toBeDefined();
    await call.hangup();
  });
});

describe('How loud a call is', () => {
  it('is told ten times a second while somebody listens, and measured no longer', async () => {
    const bench = new Bench();
    const call = await bench.call();
    let count = 0;
    const undo = call.on('levels', () => void (count += 1));
    await bench.clock.advance(1_050);
    expect(count).toBe(10);
    undo();
    await bench.clock.advance(1_000);
    expect(count).toBe(10);
  });
});
