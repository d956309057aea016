import { describe, expect, it } from 'vitest';
import { CallBench, NOTHING } from '../testing/call-bench.ts';
import { settle } from '../testing/fake-clock.ts';
import { fakeSdp } from '../testing/fake-peer-connection.ts';
import type { CallSettings } from './deps.ts';
import type { Call } from './call.ts';

const OURS = {
  v: 1,
  trickle: true,
  reattach: true,
  replace: true,
  ping: true,
  ai: false,
  transfer: false,
};

function make(settings: Partial<CallSettings> = {}, features = OURS): CallBench {
  const bench = new CallBench({ keepConnectionAliveOnSocketClose: true, ...settings });
  bench.signaling.features = features;
  return bench;
}

/** An answered call whose media flows. */
async function talk(bench: CallBench, options = {}): Promise<Call> {
  const call = await bench.connect(options);
  bench.webrtc.peer.connection('connected');
  await settle();
  return call;
}

/** The connection fails, and the restart that follows does not help. */
async function fail(bench: CallBench): Promise<void> {
  bench.webrtc.peer.connection('failed');
  await settle();
  await bench.platform.clock.advance(5_000);
}

const states = (bench: CallBench, call: Call | undefined): string[] =>
  bench.steps.filter((step) => step.call === call).map(({ state }) => state);
const lose = (bench: CallBench): void => {
  bench.signaling.ready = false;
  bench.registry.onSignalingLost();
};
const resume = async (bench: CallBench, callIDs: string[]): Promise<void> => {
  bench.registry.onReattachedSessions(callIDs);
  bench.signaling.ready = true;
  bench.registry.onSignalingReady();
  await settle();
};
const live = (bench: CallBench): Call => {
  const call = Object.values(bench.registry.calls)[0];
  if (!call) {
    throw new Error('No call is left');
  }
  return call;
};

describe('Fallback 1: the connection failed and an ICE restart did not save it', () => {
  it('a new call takes the leg’s place under a new id, with everything that was set; the old one says recovering and no more', async () => {
    const bench = make();
    const element = bench.webrtc.element() as unknown as HTMLMediaElement;
    const old = await talk(bench, {
      customHeaders: [{ name: 'X-Order', value: '1' }],
      remoteElement: element,
      callerNumber: '1001',
    });
    old.muteAudio();
    let recovered: Call | undefined;
    old.on('recovered', (call) => (recovered = call));
    const { answeredAt } = old;
    await fail(bench);

    const call = live(bench);
    expect(recovered).toBe(call);
    expect(call.id).not.toBe(old.id);
    expect(call).toMatchObject({
      state: 'recovering',
      recoveredCallId: old.id,
      direction: 'outbound',
      isAudioMuted: true,
      answeredAt,
    });
    expect(bench.signaling.last('bye').params).toMatchObject({
      dialogParams: { callID: old.id },
      offhook: { replacedBy: call.id },
    });
    expect(bench.signaling.last('invite').params).toMatchObject({
      dialogParams: {
        callID: call.id,
        recoveredCallId: old.id,
        destination_number: '1002',
        caller_id_number: '1001',
        custom_headers: [{ name: 'X-Order', value: '1' }],
        attach: false,
      },
    });
    bench.signaling.last('bye').reply();
    bench.signaling.last('invite').reply();
    await bench.receive('answer', { callID: call.id, sdp: fakeSdp() });
    expect(states(bench, call)).toEqual(['recovering', 'active']);
    expect(states(bench, old).slice(-2)).toEqual(['active', 'recovering']);
    expect(call.direction).toBe('outbound');
    expect(bench.errorCodes).toEqual([]);
    expect(bench.webrtc.running().peers).toBe(1);
    expect((element as unknown as { srcObject: unknown }).srcObject).toBe(call.remoteStream);
    void old.hangup({}, false);
    expect(call.state).toBe('destroy');
    expect(bench.running()).toEqual(NOTHING);
  });

  it('an INVITE that was on its way when another socket took over is sent again, once the gateway’s list lacks it', async () => {
    const bench = make();
    const old = await talk(bench);
    await fail(bench);
    const call = live(bench);
    // The first socket is given up and its requests fail; the gateway's list comes in a later task.
    bench.signaling.last('invite').fail('connection_lost');
    bench.registry.onSignalingRenewed();
    await settle();
    expect(bench.signaling.of('invite')).toHaveLength(2);
    bench.registry.onReattachedSessions([old.id]);
    await settle();
    expect(bench.signaling.of('invite')).toHaveLength(3);
    bench.signaling.last('invite').reply();
    await bench.receive('answer', { callID: call.id, sdp: fakeSdp() });
    expect(call.state).toBe('active');
    expect(bench.errorCodes).toEqual([]);
    await bench.platform.clock.advance(20_000);
    expect(call.state).toBe('active');
  });

  it('a held inbound call stays held and inbound', async () => {
    const bench = make();
    const old = await bench.accept('in-1');
    bench.webrtc.peer.connection('connected');
    const held = old.hold();
    await settle();
    bench.signaling.last('modify').reply({ holdState: 'held' });
    await held;
    await fail(bench);
    const call = live(bench);
    bench.signaling.last('invite').reply();
    await bench.receive('answer', { callID: call.id, sdp: fakeSdp() });
    expect(call).toMatchObject({ state: 'held', direction: 'inbound', recoveredCallId: 'in-1' });
  });

  it('a held call stays held when `media` comes before `answer`', async () => {
    const bench = make();
    const old = await talk(bench);
    const held = old.hold();
    await settle();
    bench.signaling.last('modify').reply({ holdState: 'held' });
    await held;
    await fail(bench);
    const call = live(bench);
    bench.signaling.last('invite').reply();
    await bench.receive('media', { callID: call.id, sdp: fakeSdp() });
    await bench.receive('answer', { callID: call.id });
    expect(states(bench, call)).toEqual(['recovering', 'held']);
  });

  it('unhold() meanwhile counts when the call is back', async () => {
    const bench = make();
    const old = await talk(bench);
    const held = old.hold();
    await settle();
    bench.signaling.last('modify').reply({ holdState: 'held' });
    await held;
    await fail(bench);
    const call = live(bench);
    const resumed = call.toggleHold();
    await settle();
    expect(bench.signaling.last('modify').params).toMatchObject({ action: 'toggleHold' });
    bench.signaling.last('modify').reply({ holdState: 'active' });
    expect(await resumed).toBe(true);
    expect(call.state).toBe('recovering');
    bench.signaling.last('invite').reply();
    await bench.receive('answer', { callID: call.id, sdp: fakeSdp() });
    expect(states(bench, call)).toEqual(['recovering', 'active']);
  });

  it('hold() meanwhile does not end the recovery early', async () => {
    const bench = make();
    await talk(bench);
    await fail(bench);
    const call = live(bench);
    const held = call.hold();
    await settle();
    bench.signaling.last('modify').reply({ holdState: 'held' });
    expect(await held).toBe(true);
    expect(call.state).toBe('recovering');
    bench.signaling.last('invite').reply();
    await bench.receive('answer', { callID: call.id, sdp: fakeSdp() });
    expect(states(bench, call)).toEqual(['recovering', 'held']);
  });

  it('the screen that is shared, and the number in a conference, go along', async () => {
    const bench = make();
    const old = await talk(bench);
    await bench.receive('display', {
      callID: old.id,
      display_name: 'Conference',
      display_number: '3500',
    });
    let call = old;
    old.on('recovered', (recovered) => (call = recovered));
    const { peer } = bench.webrtc;
    const screen = await old.startScreenShare();
    await settle();
    peer.connection('failed');
    await settle();
    await bench.platform.clock.advance(5_000);
    expect(call).not.toBe(old);
    expect(call.screenShare).toBe(screen);
    expect(call.extension).toBe('3500');
    void old.stopScreenShare();
    await settle();
    expect(screen.end).not.toBeNull();
    expect(call.screenShare).toBeUndefined();
  });

  it('an attach that comes while the restart is tried leads there too', async () => {
    const bench = make();
    const old = await talk(bench);
    bench.webrtc.peer.connection('failed');
    await settle();
    await bench.receive('attach', { callID: old.id, sdp: fakeSdp('again') });
    expect(live(bench).id).not.toBe(old.id);
    expect(bench.signaling.of('attach')).toEqual([]);
  });

  it('an invite that was lost with the socket is sent again where the gateway does not list the call', async () => {
    for (const listed of [true, false]) {
      const bench = make();
      await talk(bench);
      await fail(bench);
      const call = live(bench);
      lose(bench);
      bench.signaling.last('invite').fail('connection_lost');
      await settle();
      await resume(bench, listed ? [call.id] : []);
      expect(bench.signaling.of('invite')).toHaveLength(listed ? 2 : 3);
      expect(call.state).toBe('recovering');
      expect(bench.errorCodes).toEqual([]);
      await bench.receive('answer', { callID: call.id, sdp: fakeSdp() });
      expect(call.state).toBe('active');
    }
  });

  it('a refused invite, and one that is not answered, end the call once with 48501 and a true cause', async () => {
    for (const refused of [true, false]) {
      const bench = make();
      await talk(bench);
      await fail(bench);
      const call = live(bench);
      if (refused) {
        bench.signaling.last('invite').fail('rejected');
      } else {
        bench.signaling.last('invite').reply();
      }
      await bench.platform.clock.advance(refused ? 0 : 16_000);
      expect(bench.errorCodes).toEqual([48501]);
      expect(call).toMatchObject({ cause: 'RECOVERY_ON_TIMER_EXPIRE', causeCode: 102 });
      bench.signaling.last('bye').reply();
      await settle();
      expect(states(bench, call)).toEqual(['recovering', 'hangup', 'destroy']);
      expect(bench.running()).toEqual(NOTHING);
    }
  });

  it('three in a row that do not connect are enough', async () => {
    const bench = make();
    await talk(bench);
    for (let i = 0; i < 3; i++) {
      await fail(bench);
      bench.signaling.last('invite').reply();
      await bench.receive('answer', { callID: live(bench).id, sdp: fakeSdp() });
    }
    await fail(bench);
    expect(bench.errorCodes).toEqual([48501]);
    expect(bench.signaling.of('invite')).toHaveLength(4);
  });

  it('waits for a gateway that is away', async () => {
    const bench = make();
    const call = await talk(bench);
    lose(bench);
    bench.webrtc.peer.connection('failed');
    await bench.platform.clock.advance(30_000);
    expect(bench.registry.survivors()).toEqual([{ callID: call.id, peer: 'live' }]);
    await resume(bench, [call.id]);
    expect(bench.signaling.of('modify')).toHaveLength(1);
    await bench.platform.clock.advance(5_000);
    expect(bench.signaling.of('invite')).toHaveLength(2);
  });

  it('never dials a gateway that replaces no legs: it is asked for an offer, and without one the call ends', async () => {
    for (const offers of [true, false]) {
      const bench = make({}, { ...OURS, replace: false });
      const old = await talk(bench);
      await fail(bench);
      expect(bench.signaling.of('invite')).toHaveLength(1);
      expect(bench.signaling.renewals).toBe(1);
      if (offers) {
        await bench.receive('attach', { callID: old.id, sdp: fakeSdp('again') });
      } else {
        await bench.platform.clock.advance(10_000);
      }
      expect(bench.signaling.of('invite')).toHaveLength(1);
      expect(bench.signaling.of('attach')).toHaveLength(offers ? 1 : 0);
      expect(bench.errorCodes).toEqual(offers ? [] : [48501]);
    }
  });
});

describe('Fallback 2: the peer is gone', () => {
  it('is noticed though the browser says nothing, told once, and the call is rebuilt under its id without a BYE', async () => {
    const bench = make();
    const old = await talk(bench);
    bench.webrtc.peer.signalingState = 'closed';
    await bench.platform.clock.advance(1_000);
    const told = bench.events.filter(({ event }) => event.endsWith('SignalingStateClosed'));
    expect(told).toHaveLength(1);
    expect(bench.notifications('signalingStateClosed')).toHaveLength(1);
    expect(old.signalingStateClosed).toBe(true);
    expect(bench.signaling.renewals).toBe(1);
    expect(bench.registry.survivors(true)).toEqual([{ callID: old.id, peer: 'gone' }]);
    await bench.receive('attach', { callID: old.id, sdp: fakeSdp('again') });
    bench.signaling.last('attach').reply();
    await settle();
    const call = live(bench);
    expect(call).toMatchObject({ id: old.id, state: 'active', signalingStateClosed: false });
    expect(bench.signaling.of('bye')).toEqual([]);
    expect(states(bench, old).at(-1)).toBe('recovering');
  });

  it('on waking and at an attach it is looked at at once', async () => {
    for (const how of ['wake', 'attach']) {
      const bench = make();
      const old = await talk(bench);
      bench.webrtc.peer.signalingState = 'closed';
      if (how === 'wake') {
        bench.registry.onWake();
      } else {
        await bench.receive('attach', { callID: old.id, sdp: fakeSdp('again') });
      }
      expect(old.signalingStateClosed).toBe(true);
    }
  });

  it('a gateway that cannot be told what lives attaches to the peer that there is', async () => {
    const print = 'a=fingerprint:sha-256 AA:BB\r\n';
    const bench = make({}, { ...OURS, reattach: false });
    const call = await bench.dial();
    bench.signaling.last('invite').reply();
    await settle();
    await bench.receive('answer', { callID: call.id, sdp: fakeSdp('one') + print });
    bench.webrtc.peer.connection('connected');
    await bench.receive('attach', { callID: call.id, sdp: fakeSdp('two') + print });
    expect(bench.signaling.last('attach').params).toMatchObject({
      dialogParams: { attach: true, recoveredCallId: call.id },
    });
    expect(live(bench)).toBe(call);
    expect(call.state).toBe('active');
    expect(bench.webrtc.peers).toHaveLength(1);
    // Another far end: the peer is of no use for it.
    await bench.receive('attach', { callID: call.id, sdp: fakeSdp('two') });
    expect(live(bench)).not.toBe(call);
  });
});

describe('autoRecoverCalls: false', () => {
  it('the call stays recovering until the application recovers it', async () => {
    const bench = make({ autoRecoverCalls: false });
    const old = await talk(bench);
    expect(old.recover()).toBe(false);
    await fail(bench);
    expect(old.state).toBe('recovering');
    expect(bench.signaling.of('invite')).toHaveLength(1);
    await bench.platform.clock.advance(60_000);
    expect(old.recover()).toBe(true);
    expect(live(bench).recover()).toBe(false);
    await settle();
    expect(bench.signaling.of('invite')).toHaveLength(2);
    expect(live(bench).recoveredCallId).toBe(old.id);
  });

  it('keeps the newest offer of the gateway for that', async () => {
    const bench = make({ autoRecoverCalls: false });
    const old = await talk(bench);
    await bench.receive('attach', { callID: old.id, sdp: fakeSdp('one') });
    await bench.receive('attach', { callID: old.id, sdp: fakeSdp('two') });
    expect(old.state).toBe('recovering');
    expect(bench.signaling.of('attach')).toEqual([]);
    expect(old.recover()).toBe(true);
    await settle();
    expect(bench.webrtc.peer.remoteDescription?.sdp).toContain('a=ice-ufrag:two');
  });

  it('a call that is handed over has lost nothing: it goes on without asking', async () => {
    const bench = make({ autoRecoverCalls: false });
    const old = await talk(bench);
    await bench.receive('attach', {
      callID: old.id,
      sdp: fakeSdp('other'),
      offhook: { handover: true },
    });
    expect(bench.signaling.of('attach')).toHaveLength(1);
    bench.signaling.last('attach').reply();
    await settle();
    expect(live(bench)).not.toBe(old);
    expect(live(bench).state).toBe('active');
    // What is lost later is the application's to decide again.
    await bench.receive('attach', { callID: old.id, sdp: fakeSdp('more') });
    expect(live(bench).state).toBe('recovering');
    expect(bench.signaling.of('attach')).toHaveLength(1);
  });

  it('hangup ends it, and after 90 s it ends by itself', async () => {
    for (const hangs of [true, false]) {
      const bench = make({ autoRecoverCalls: false });
      const old = await talk(bench);
      await fail(bench);
      if (hangs) {
        void old.hangup();
      } else {
        await bench.platform.clock.advance(90_000);
      }
      bench.signaling.last('bye').reply();
      await settle();
      expect(states(bench, old).slice(-3)).toEqual(['recovering', 'hangup', 'destroy']);
      expect(bench.errorCodes).toEqual(hangs ? [] : [48501]);
      expect(bench.running()).toEqual(NOTHING);
    }
  });
});

describe('A path that changes', () => {
  const play = (bench: CallBench): void => {
    for (const receiver of bench.webrtc.peer.getReceivers()) {
      receiver.playedAt = bench.platform.clock.now() - 40;
    }
  };
  /** The gateway has gone: a question to it waits for its answer from now on. */
  const vanish = async (bench: CallBench): Promise<number> => {
    const { clock } = bench.platform;
    const from = clock.now();
    const before = bench.signaling.probes;
    let askedAt = 0;
    while (bench.signaling.renewals === 0 && clock.now() - from < 5_000) {
      await clock.advance(10);
      if (bench.signaling.probes > before) {
        askedAt ||= clock.now();
        bench.signaling.unansweredMs = Math.max(1, clock.now() - askedAt);
      }
    }
    return clock.now() - from;
  };
  const listen = async (bench: CallBench, ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 20) {
      play(bench);
      await bench.platform.clock.advance(20);
    }
  };
  /** The same, and the statistics tell of it. */
  const receive = async (bench: CallBench, ms: number): Promise<void> => {
    const { clock } = bench.platform;
    for (let passed = 0; passed < ms; passed += 20) {
      play(bench);
      // As a browser does: counted when it is asked.
      const at = clock.now();
      const entry = {
        id: 'I',
        type: 'inbound-rtp',
        kind: 'audio',
        lastPacketReceivedTimestamp: at,
        packetsReceived: at,
      };
      Object.assign(bench.webrtc.peer, {
        getStats: () => Promise.resolve(new Map([['I', { ...entry, timestamp: clock.now() }]])),
      });
      await clock.advance(20);
    }
  };
  /** How often it was asked when audio was played last. */
  const countLooks = (bench: CallBench): (() => number) => {
    const [receiver] = bench.webrtc.peer.getReceivers();
    let looks = 0;
    const ask = receiver?.getSynchronizationSources.bind(receiver);
    Object.assign(receiver ?? {}, {
      getSynchronizationSources: () => {
        looks += 1;
        return ask?.();
      },
    });
    return () => looks;
  };

  it('is looked for once a second, and found within a second and a half, wherever between two looks it is lost', async () => {
    const found: number[] = [];
    for (let phase = 0; phase < 1_000; phase += 100) {
      const bench = make();
      await talk(bench);
      const looks = countLooks(bench);
      await listen(bench, 10_000 + phase);
      expect(looks()).toBeLessThanOrEqual(13);
      expect(bench.signaling.probes).toBe(0);
      found.push(await vanish(bench));
    }
    expect(Math.max(...found)).toBeLessThanOrEqual(1_660);
    expect(found.reduce((sum, ms) => sum + ms, 0) / found.length).toBeLessThanOrEqual(1_300);
    expect(Math.min(...found)).toBeGreaterThanOrEqual(1_000);
  });

  it('is found as soon where the clock of the browser’s audio is another, and after it was corrected', async () => {
    const bench = make();
    await talk(bench);
    const { clock } = bench.platform;
    const [receiver] = bench.webrtc.peer.getReceivers();
    for (const offset of [-3_600_000, 250_000]) {
      for (let passed = 0; passed < 5_000; passed += 20) {
        Object.assign(receiver ?? {}, { playedAt: clock.now() + offset });
        await clock.advance(20);
      }
      expect(bench.signaling.renewals).toBe(0);
      expect(bench.signaling.probes).toBeLessThanOrEqual(1);
    }
    expect(await vanish(bench)).toBeLessThanOrEqual(1_660);
  });

  it('needs no look while samples tell that packets come, and is found as soon when they do not', async () => {
    const bench = make();
    const call = await talk(bench);
    const looks = countLooks(bench);
    await listen(bench, 2_000);
    call.on('sample', () => undefined);
    await receive(bench, 3_000);
    const before = looks();
    await receive(bench, 10_000);
    expect(looks() - before).toBe(0);
    expect(await vanish(bench)).toBeLessThanOrEqual(1_660);
  });

  it.each([-10_000, -3_600_000])(
    'is found as soon after the system’s clock was set by %i ms, by looks and by samples',
    async (step) => {
      for (const isSampled of [false, true]) {
        for (const after of [0, 3_000]) {
          const bench = make();
          const call = await talk(bench);
          await listen(bench, 2_000);
          if (isSampled) {
            call.on('sample', () => undefined);
          }
          const flow = isSampled ? receive : listen;
          await flow(bench, 3_300);
          bench.platform.setClock(step);
          await flow(bench, after);
          expect(await vanish(bench)).toBeLessThanOrEqual(1_700);
        }
      }
    },
  );

  it('is found within three seconds and a half where the browser no longer answers for its statistics', async () => {
    for (let phase = 0; phase < 1_000; phase += 100) {
      const bench = make();
      const call = await talk(bench);
      await listen(bench, 2_000);
      call.on('sample', () => undefined);
      await receive(bench, 8_000 + phase);
      Object.assign(bench.webrtc.peer, { getStats: () => new Promise(() => undefined) });
      expect(await vanish(bench)).toBeLessThanOrEqual(3_500);
    }
  });

  it('is none when the page slept for 3 s with a ping out, while samples told', async () => {
    for (let phase = 0; phase < 2_500; phase += 100) {
      const bench = make();
      const call = await talk(bench);
      await listen(bench, 2_000);
      call.on('sample', () => undefined);
      await receive(bench, 4_000 + phase);
      bench.signaling.unansweredMs = 3_000;
      await bench.platform.clock.sleep(3_000);
      await bench.platform.clock.advance(200);
      bench.signaling.unansweredMs = 0;
      await receive(bench, 3_000);
      expect(bench.signaling.renewals).toBe(0);
      expect(bench.signaling.of('modify')).toEqual([]);
    }
  });

  it('is recognised by a second without media and a ping without an answer; then ICE is restarted on the new socket', async () => {
    const bench = make();
    await talk(bench);
    for (let i = 0; i < 8; i++) {
      play(bench);
      await bench.platform.clock.advance(250);
    }
    expect(bench.signaling.probes).toBe(0);
    await bench.platform.clock.advance(1_250);
    expect(bench.signaling.probes).toBe(1);
    bench.signaling.unansweredMs = 600;
    await bench.platform.clock.advance(250);
    expect(bench.signaling.renewals).toBe(1);
    expect(bench.signaling.of('modify')).toEqual([]);
    bench.signaling.unansweredMs = 0;
    bench.registry.onSignalingRenewed();
    await settle();
    expect(bench.signaling.last('modify').params).toMatchObject({ action: 'updateMedia' });
    bench.signaling.last('modify').reply({ sdp: fakeSdp('newer') });
    await settle();
    play(bench);
    await bench.platform.clock.advance(10_000);
    expect(bench.signaling.of('modify')).toHaveLength(1);
    expect(bench.errorCodes).toEqual([]);
  });

  it('is none while the gateway answers, as when the far side is silent', async () => {
    const bench = make();
    await talk(bench);
    play(bench);
    await bench.platform.clock.advance(20_000);
    expect(bench.signaling.probes).toBe(1);
    expect(bench.signaling.renewals).toBe(0);
    expect(bench.signaling.of('modify')).toEqual([]);
  });

  it('is none on hold towards a gateway that sends nothing then', async () => {
    const bench = make({}, { ...OURS, v: 0, ping: false, reattach: false });
    const call = await talk(bench);
    const held = call.hold();
    await settle();
    bench.signaling.last('modify').reply({ holdState: 'held' });
    await held;
    play(bench);
    bench.signaling.unansweredMs = 900;
    await bench.platform.clock.advance(20_000);
    expect(bench.signaling.renewals).toBe(0);
  });

  it('that comes back by itself before the gateway is reached is left alone', async () => {
    const bench = make();
    const call = await talk(bench);
    play(bench);
    await bench.platform.clock.advance(1_250);
    bench.signaling.unansweredMs = 600;
    await bench.platform.clock.advance(250);
    lose(bench);
    play(bench);
    await bench.platform.clock.advance(250);
    bench.signaling.unansweredMs = 0;
    await resume(bench, [call.id]);
    await bench.platform.clock.advance(3_000);
    expect(bench.signaling.of('modify')).toEqual([]);
  });

  it('a lost connection is restarted as soon as signalling is back', async () => {
    const bench = make();
    const call = await talk(bench);
    lose(bench);
    bench.webrtc.peer.connection('disconnected');
    await settle();
    await resume(bench, [call.id]);
    expect(bench.signaling.of('modify')).toHaveLength(1);
  });

  it('that stalls again and again is looked for by TURN only', async () => {
    const bench = make({ iceServers: [{ urls: 'turn:turn.example.com' }] });
    await talk(bench);
    const { peer } = bench.webrtc;
    const policies: unknown[] = [];
    peer.connection('disconnected');
    await bench.platform.clock.advance(2_000);
    for (let i = 0; i < 3; i++) {
      bench.signaling.last('modify').reply({ sdp: fakeSdp(`r${String(i)}`) });
      await settle();
      policies.push(peer.configuration.iceTransportPolicy);
      await bench.platform.clock.advance(5_000);
    }
    expect(policies).toEqual(['all', 'all', 'relay']);
  });
});
