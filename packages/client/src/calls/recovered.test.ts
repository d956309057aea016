import { describe, expect, it } from 'vitest';
import type { Call } from './call.ts';
import { CallBench, NOTHING } from '../testing/call-bench.ts';
import { settle } from '../testing/fake-clock.ts';
import { fakeSdp } from '../testing/fake-peer-connection.ts';

const attach = (callID: string) => ({ callID, sdp: fakeSdp('again') });

/** A call whose place another object took. */
async function recovered() {
  const bench = new CallBench();
  const old = await bench.connect();
  const seen: string[] = [];
  for (const event of ['state', 'hold', 'mute', 'dtmf', 'sample', 'ended', 'recovered'] as const) {
    old.on(event, (...[first]: readonly unknown[]) => {
      seen.push(typeof first === 'string' ? `${event} ${first}` : event);
    });
  }
  bench.signaling.ready = false;
  bench.registry.onSignalingLost();
  bench.signaling.ready = true;
  bench.registry.onSignalingReady();
  await bench.receive('attach', attach(old.id));
  bench.signaling.last('attach').reply();
  await settle();
  const next = bench.registry.calls[old.id] as Call;
  expect(next).not.toBe(old);
  return { bench, old, next, seen };
}

describe('A call that was recovered is one thing to the application', () => {
  it('call.on() goes on with it, and tells everything once', async () => {
    const { bench, old, next, seen } = await recovered();
    expect(seen).toEqual(['state recovering', 'state recovering', 'recovered', 'state active']);
    seen.length = 0;
    next.on('mute', () => seen.push('mute of the new object'));
    next.muteAudio();
    await bench.receive('info', { callID: next.id, dtmf: '7' });
    bench.webrtc.peer.stats = new Map([['i', { type: 'inbound-rtp', kind: 'audio' }]]);
    await bench.platform.clock.advance(1_000);
    expect(seen).toEqual(['mute', 'mute of the new object', 'dtmf 7', 'sample']);
    seen.length = 0;
    void next.hangup({}, false);
    expect(seen).toEqual(['state hangup', 'ended', 'state destroy']);
    expect(old.end).toEqual(next.end);
    expect(bench.running()).toEqual(NOTHING);
  });

  it('samples() and whenEnded() of the first object go on as well', async () => {
    const bench = new CallBench();
    const old = await bench.connect();
    let samples = 0;
    const reading = (async () => {
      for await (const sample of old.samples()) {
        samples += sample ? 1 : 0;
      }
    })();
    const ended = old.whenEnded();
    await bench.receive('attach', attach(old.id));
    bench.signaling.last('attach').reply();
    await settle();
    bench.webrtc.peer.stats = new Map([['i', { type: 'inbound-rtp', kind: 'audio' }]]);
    await bench.platform.clock.advance(2_000);
    expect(samples).toBeGreaterThan(0);
    await bench.receive('bye', { callID: old.id, cause: 'NORMAL_CLEARING', causeCode: 16 });
    expect(await ended).toMatchObject({ cause: 'NORMAL_CLEARING', side: 'remote' });
    await reading;
  });

  it.each(['hold', 'toggleHold'] as const)(
    '%s() that was on its way is done in the new object, without an error',
    async (action) => {
      const bench = new CallBench();
      const old = await bench.connect();
      const held = old[action]();
      await settle();
      await bench.receive('attach', attach(old.id));
      const before = bench.signaling.of('modify').length;
      await settle();
      expect(bench.signaling.of('modify')).toHaveLength(before);
      bench.signaling.last('attach').reply();
      await settle();
      expect(bench.signaling.last('modify').params).toMatchObject({ action: 'hold' });
      bench.signaling.last('modify').reply({ holdState: 'held' });
      expect(await held).toBe(true);
      expect(bench.registry.calls[old.id]?.state).toBe('held');
      expect(bench.errorCodes).toEqual([]);
    },
  );

  it('a hold on its way is an error once when the new object is not answered', async () => {
    const bench = new CallBench();
    const old = await bench.connect();
    const held = old.hold();
    await settle();
    await bench.receive('attach', attach(old.id));
    await bench.receive('bye', { callID: old.id, cause: 'NORMAL_CLEARING', causeCode: 16 });
    expect(await held).toBe(false);
    expect(bench.errorCodes).toEqual([44001]);
  });

  it('its options say nothing of the recovery: a call placed with them is a call of its own', async () => {
    const { bench, next } = await recovered();
    for (const name of ['attach', 'recoveredCallId', 'remoteSdp', 'wasHeldBeforeRecovery']) {
      expect(Object.keys(next.options)).not.toContain(name);
    }
    expect(next.recoveredCallId).toBe(next.id);
    const options = { ...next.options, id: undefined, attach: true, recoveredCallId: next.id };
    const other = await bench.dial(options);
    const { dialogParams } = bench.signaling.last('invite').params as {
      dialogParams: Record<string, unknown>;
    };
    expect(dialogParams).toMatchObject({ callID: other.id, attach: false });
    expect(dialogParams).not.toHaveProperty('recoveredCallId');
    expect(other.recoveredCallId).toBe('');
    expect(next.state).toBe('active');
  });

  it('a screen that it shares takes over nothing', async () => {
    const { bench, next } = await recovered();
    await next.startScreenShare();
    await settle();
    const { dialogParams } = bench.signaling.last('invite').params as {
      dialogParams: Record<string, unknown>;
    };
    expect(dialogParams).toMatchObject({ attach: false });
    expect(dialogParams).not.toHaveProperty('recoveredCallId');
  });
});

describe('What a call says of itself', () => {
  it('is in its own properties, as in the reference: a copy has it', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    const copied = <T extends object>(from: T): T => ({ ...from });
    expect(copied(call)).toMatchObject({ state: 'active', prevState: 'trying', extension: null });
    expect(Object.assign({}, call).peer).toBe(call.peer);
    expect(JSON.parse(JSON.stringify(call))).toMatchObject({
      id: call.id,
      state: 'active',
      direction: 'outbound',
    });
    call.extension = '3500';
    await call.startScreenShare();
    expect(() => JSON.stringify(call)).not.toThrow();
    void call.hangup();
    // eslint-disable-next-line @typescript-eslint/no-misused-spread -- that it compiles is what is tested
    const { state, cause, causeCode, screenShare } = { ...call };
    expect({ state, cause, causeCode }).toEqual({
      state: 'hangup',
      cause: 'NORMAL_CLEARING',
      causeCode: 16,
    });
    expect(screenShare.options.destinationNumber).toBe('3500-screen');
  });

  it('end is null before the end, and tells all of it afterwards', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    expect(call.end).toBeNull();
    await bench.receive('bye', {
      callID: call.id,
      cause: 'USER_BUSY',
      causeCode: 17,
      sipCode: 486,
      sipReason: 'Busy Here',
    });
    expect(call.end).toEqual({
      cause: 'USER_BUSY',
      causeCode: 17,
      sipCode: 486,
      sipReason: 'Busy Here',
      sipCallId: null,
      side: 'remote',
    });
  });

  it('ringing is false again once it is answered, and once it is over', async () => {
    const bench = new CallBench();
    const call = await bench.dial();
    bench.signaling.last('invite').reply();
    await bench.receive('ringing', { callID: call.id });
    expect(call.ringing).toBe(true);
    await bench.receive('answer', { callID: call.id, sdp: fakeSdp() });
    expect([call.state, call.ringing]).toEqual(['active', false]);
    await call.whenRinging();

    const other = await bench.dial();
    bench.signaling.last('invite').reply();
    await bench.receive('ringing', { callID: other.id });
    void other.hangup({}, false);
    expect(other.ringing).toBe(false);
  });

  it('null for any option of a call counts as not given', async () => {
    const bench = new CallBench();
    const names = [
      'customHeaders',
      'localStream',
      'remoteElement',
      'clientState',
      'callerName',
      'audio',
      'video',
      'iceServers',
      'id',
      'micId',
      'userVariables',
      'mediaSettings',
      'preferred_codecs',
      'onNotification',
      'trickleIce',
    ];
    const call = await bench.connect(Object.fromEntries(names.map((name) => [name, null])));
    expect(call.state).toBe('active');
    expect(bench.errorCodes).toEqual([]);
  });
});
