import { describe, expect, it } from 'vitest';
import { settle } from '../testing/fake-clock.ts';
import { CallBench, NOTHING } from '../testing/call-bench.ts';
import { fakeSdp } from '../testing/fake-peer-connection.ts';

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
const attach = (callID: string, extra: object = {}) => ({
  callID,
  sdp: fakeSdp('again'),
  ...extra,
});

describe('After a loss of signalling', () => {
  it('a call that the gateway does not list ends with 48501 and without a BYE; the listed one goes on', async () => {
    const bench = new CallBench();
    const kept = await bench.connect();
    const lost = await bench.connect();
    lose(bench);
    const fresh = await bench.dial();
    await resume(bench, [kept.id]);
    expect(bench.errors).toEqual([{ code: 48501, fatal: true, extras: { callId: lost.id } }]);
    expect(lost.state).toBe('destroy');
    expect(kept.state).toBe('active');
    expect(fresh.state).toBe('requesting');
    expect(bench.signaling.of('bye')).toEqual([]);
  });

  it('a list that comes without a loss, as after a new sign-in on a live socket, touches no call', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    bench.registry.onReattachedSessions([]);
    expect(call.state).toBe('active');
  });

  it('an invite that was lost with the socket is accepted when the gateway lists it, sent again when not', async () => {
    for (const listed of [true, false]) {
      const bench = new CallBench();
      const call = await bench.dial();
      lose(bench);
      bench.signaling.last('invite').fail('connection_lost');
      await settle();
      expect(call.state).toBe('requesting');
      await resume(bench, listed ? [call.id] : []);
      expect(call.state).toBe(listed ? 'trying' : 'requesting');
      expect(bench.signaling.of('invite')).toHaveLength(listed ? 1 : 2);
    }
  });

  it('live peers are reported with keepConnectionAliveOnSocketClose, and stay untouched', async () => {
    const bench = new CallBench({ keepConnectionAliveOnSocketClose: true });
    const live = await bench.connect();
    const failed = await bench.connect();
    bench.webrtc.peer.connection('failed');
    const ringing = await bench.ring('in-9');
    await bench.dial({ id: 'placed' });
    expect(bench.registry.survivors()).toEqual([
      { callID: live.id, peer: 'live' },
      // An ICE restart may still save it.
      { callID: failed.id, peer: 'live' },
      { callID: ringing.id, peer: 'live' },
      { callID: 'placed', peer: 'live' },
    ]);
  });

  it('without the option an answered call is reported gone, so that the gateway attaches it', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    expect(bench.registry.survivors()).toEqual([{ callID: call.id, peer: 'gone' }]);
    void call.hangup({}, false);
    expect(bench.registry.survivors()).toEqual([]);
  });
});

describe('An attach', () => {
  it('rebuilds every call under its id with all that was set on it', async () => {
    const bench = new CallBench();
    const element = bench.webrtc.element() as unknown as HTMLMediaElement;
    const one = await bench.connect({
      customHeaders: [{ name: 'X-Order', value: '1' }],
      remoteElement: element,
    });
    one.muteAudio();
    const two = await bench.accept('in-2');
    const held = two.hold();
    await settle();
    bench.signaling.last('modify').reply({ holdState: 'held' });
    await held;
    const ended = one.whenEnded();
    let recovered: unknown;
    one.on('recovered', (call) => (recovered = call));
    const captures = bench.webrtc.captures.length;

    lose(bench);
    await bench.receive('attach', attach(one.id));
    await bench.receive('attach', attach(two.id));
    const [newOne, newTwo] = [bench.registry.calls[one.id], bench.registry.calls[two.id]];
    expect(recovered).toBe(newOne);
    expect(newOne).not.toBe(one);
    expect(newOne).toMatchObject({
      state: 'recovering',
      direction: 'outbound',
      recoveredCallId: one.id,
      isAudioMuted: true,
    });
    expect(newTwo).toMatchObject({ direction: 'inbound', recoveredCallId: two.id });
    for (const request of bench.signaling.of('attach')) {
      request.reply();
    }
    await resume(bench, [one.id, two.id]);

    expect(newOne?.state).toBe('active');
    expect(newTwo?.state).toBe('held');
    expect(bench.statesOf(one).slice(-3)).toEqual(['recovering', 'recovering', 'active']);
    expect(one.state).toBe('recovering');
    expect(bench.signaling.of('attach')[0]?.params['dialogParams']).toMatchObject({
      callID: one.id,
      attach: true,
      recoveredCallId: one.id,
      custom_headers: [{ name: 'X-Order', value: '1' }],
    });
    expect(bench.webrtc.captures).toHaveLength(captures);
    expect(bench.webrtc.running().peers).toBe(2);
    expect((element as unknown as { srcObject: unknown }).srcObject).toBe(newOne?.remoteStream);
    expect(newOne?.localStream?.getAudioTracks()[0]).toMatchObject({
      readyState: 'live',
      enabled: false,
    });

    // A reference that the application kept still works.
    void one.hangup({}, false);
    expect(newOne?.state).toBe('destroy');
    expect(await ended).toMatchObject({ cause: 'NORMAL_CLEARING' });
    void newTwo?.hangup({}, false);
    expect(bench.running()).toEqual(NOTHING);
  });

  it('of a call that was hung up while offline is answered with a BYE', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    lose(bench);
    await call.hangup();
    bench.signaling.last('bye').fail('expired');
    await bench.receive('attach', attach(call.id));
    expect(bench.registry.calls).toEqual({});
    expect(bench.signaling.of('bye')).toHaveLength(2);
    expect(bench.signaling.last('bye').params['dialogParams']).toEqual({ callID: call.id });
  });

  it('of a call that still rings renews its offer and does not answer it', async () => {
    const bench = new CallBench();
    const call = await bench.ring();
    await bench.receive('attach', attach(call.id));
    expect(call.state).toBe('ringing');
    await call.answer();
    expect(bench.webrtc.peer.remoteDescription?.sdp).toContain('a=ice-ufrag:again');
  });

  it('brings back every call of a page that was reloaded', async () => {
    const bench = new CallBench();
    await bench.receive(
      'attach',
      attach('a', { caller_id_number: '1003', callee_id_number: '1001' }),
    );
    await bench.receive('attach', attach('b', { display_direction: 'inbound' }));
    expect(Object.keys(bench.registry.calls)).toEqual(['a', 'b']);
    expect(bench.registry.calls['a']?.direction).toBe('inbound');
    expect(bench.registry.calls['b']?.direction).toBe('outbound');
    expect(bench.signaling.of('attach')).toHaveLength(2);
  });

  it('of an unknown call beside others is warned of with 35002 and left alone', async () => {
    const bench = new CallBench();
    await bench.connect();
    await bench.receive('attach', attach('stranger'));
    expect(bench.warningCodes).toEqual([35002]);
    expect(bench.registry.calls['stranger']).toBeUndefined();
  });

  it('that is lost again waits for the next one', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    lose(bench);
    await bench.receive('attach', attach(call.id));
    lose(bench);
    bench.signaling.last('attach').fail('connection_lost');
    await bench.receive('attach', attach(call.id));
    bench.signaling.last('attach').reply();
    await settle();
    expect(bench.registry.calls[call.id]?.state).toBe('active');
    expect(bench.errors).toEqual([]);
    expect(bench.webrtc.running().peers).toBe(1);
  });
});

describe('An ICE restart', () => {
  it('follows a failed connection: a new offer on the same peer, answered in the reply', async () => {
    const bench = new CallBench();
    bench.signaling.features = {
      v: 1,
      trickle: true,
      reattach: false,
      replace: false,
      ping: false,
      ai: false,
      transfer: false,
    };
    const call = await bench.connect();
    const { peer } = bench.webrtc;
    peer.connection('failed');
    await settle();
    expect(bench.warningCodes).toEqual([33004, 36004]);
    expect(bench.events.map(({ event }) => event)).toContain(
      'telnyx.rtc.peerConnectionFailureError',
    );
    expect(bench.notifications('peerConnectionFailureError')).toHaveLength(1);
    const modify = bench.signaling.last('modify');
    expect(modify.params).toMatchObject({ action: 'updateMedia', callID: call.id, trickle: true });
    expect(modify.params['sdp']).toContain(`${peer.ufrag}r1`);
    expect(call.peer?.isIceRestarting).toBe(true);
    expect(call.peer?.restartIce()).toEqual({ started: false, reason: 'already_restarting' });
    modify.reply({ sdp: fakeSdp('newer') });
    await settle();
    expect(peer.remoteDescription?.sdp).toContain('newer');
    expect(call.peer?.isIceRestarting).toBe(false);
    expect(call.state).toBe('active');
    expect(bench.signaling.of('invite')).toHaveLength(1);
    expect(bench.webrtc.peers).toHaveLength(1);
  });

  it('follows a path that stays lost for two seconds, not one that comes back', async () => {
    const bench = new CallBench();
    await bench.connect();
    bench.webrtc.peer.connection('disconnected');
    await bench.platform.clock.advance(1_500);
    bench.webrtc.peer.connection('connected');
    await bench.platform.clock.advance(5_000);
    expect(bench.signaling.of('modify')).toEqual([]);
    bench.webrtc.peer.connection('disconnected');
    await bench.platform.clock.advance(2_000);
    expect(bench.signaling.of('modify')).toHaveLength(1);
  });

  it('that is refused, or answered without a description, is told with 47001 and can be tried again', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    for (const outcome of ['refused', 'empty']) {
      expect(bench.registry.restartIce(call.id)).toEqual({ started: true });
      await settle();
      if (outcome === 'refused') {
        bench.signaling.last('modify').fail('rejected');
      } else {
        bench.signaling.last('modify').reply({});
      }
      await settle();
    }
    expect(bench.errorCodes).toEqual([47001, 47001]);
    expect(call.peer?.restartIce()).toEqual({ started: true });
    await settle();
    bench.signaling.last('modify').reply({ sdp: fakeSdp() });
    await settle();
    expect(bench.errorCodes).toHaveLength(2);
    expect(call.state).toBe('active');
  });

  it('waits for signalling when that is lost too', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    lose(bench);
    bench.webrtc.peer.connection('failed');
    await settle();
    expect(bench.signaling.of('modify')).toEqual([]);
    await resume(bench, [call.id]);
    expect(bench.signaling.of('modify')).toHaveLength(1);
  });

  it('leaves a held call held', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    const held = call.hold();
    await settle();
    bench.signaling.last('modify').reply({ holdState: 'held' });
    await held;
    call.peer?.restartIce();
    await settle();
    bench.signaling.last('modify').reply({ sdp: fakeSdp(), holdState: 'held' });
    await settle();
    expect(call.state).toBe('held');
  });

  it('does not start before a call has media, after it ended, or for a call that is not there', async () => {
    const bench = new CallBench();
    const call = await bench.dial();
    expect(call.peer?.restartIce()).toEqual({ started: false, reason: 'not_active' });
    const { peer } = call;
    void call.hangup({}, false);
    expect(peer?.restartIce()).toEqual({ started: false, reason: 'no_peer' });
    expect(bench.registry.restartIce('none')).toEqual({ started: false, reason: 'no_call' });
  });
});
