import { describe, expect, it } from 'vitest';
import { settle } from '../testing/fake-clock.ts';
import { CallBench, NOTHING } from '../testing/call-bench.ts';
import { fakeSdp } from '../testing/fake-peer-connection.ts';
import { CallEndedError } from './call-events.ts';

const TRICKLE = {
  v: 1,
  trickle: true,
  reattach: false,
  replace: false,
  ping: false,
  ai: false,
  transfer: false,
};

describe('The socket goes while an INVITE is on its way', () => {
  const lose = async (bench: CallBench): Promise<void> => {
    bench.signaling.ready = false;
    bench.registry.onSignalingLost();
    bench.signaling.last('invite').fail('connection_lost');
    await settle();
  };
  const resume = async (bench: CallBench, callIDs: string[]): Promise<void> => {
    bench.registry.onReattachedSessions(callIDs);
    bench.signaling.ready = true;
    bench.registry.onSignalingReady();
    await settle();
  };

  it('sends it again when the gateway did not get it', async () => {
    const bench = new CallBench();
    const call = await bench.dial();
    await lose(bench);
    expect(call.state).toBe('requesting');
    await resume(bench, []);
    expect(bench.errorCodes).toEqual([]);
    expect(bench.signaling.of('invite')).toHaveLength(2);
    const [first, second] = bench.signaling.of('invite');
    expect(second?.params).toEqual(first?.params);
    bench.signaling.last('invite').reply();
    await bench.receive('answer', { callID: call.id, sdp: fakeSdp() });
    expect(bench.statesOf(call)).toEqual(['new', 'requesting', 'trying', 'active']);
  });

  it('sends its candidates again too, after it', async () => {
    const bench = new CallBench();
    bench.signaling.features = TRICKLE;
    bench.webrtc.autoGather = false;
    await bench.dial();
    bench.webrtc.peer.candidate('candidate:9 1 udp 1 192.0.2.9 5009 typ host');
    await lose(bench);
    bench.webrtc.peer.candidate(null);
    const before = bench.signaling.requests.length;
    await resume(bench, []);
    expect(bench.signaling.requests.slice(before).map(({ method }) => method)).toEqual([
      'invite',
      'candidate',
      'endOfCandidates',
    ]);
  });

  it('does not when the gateway has it', async () => {
    const bench = new CallBench();
    const call = await bench.dial();
    await lose(bench);
    await resume(bench, [call.id]);
    expect(bench.signaling.of('invite')).toHaveLength(1);
    expect(call.state).toBe('trying');
    expect(bench.errorCodes).toEqual([]);
  });

  it('sends nothing when it was hung up meanwhile', async () => {
    const bench = new CallBench();
    const call = await bench.dial();
    await lose(bench);
    void call.hangup();
    await resume(bench, []);
    expect(bench.signaling.of('invite')).toHaveLength(1);
    expect(bench.errorCodes).toEqual([]);
    expect(bench.running()).toEqual(NOTHING);
  });
});

describe('An outbound call', () => {
  it('shows `new` before newCall returns, then requesting, trying, active, hangup, destroy', async () => {
    const bench = new CallBench();
    const call = bench.registry.newCall({ destinationNumber: '1002' });
    expect(bench.updates).toEqual([`${call.id} new`]);
    await settle();
    bench.signaling.last('invite').reply();
    await settle();
    await bench.receive('ringing', { callID: call.id });
    await bench.receive('answer', { callID: call.id, sdp: fakeSdp() });
    const ended = call.hangup();
    expect(call.state).toBe('hangup');
    await settle();
    bench.signaling.last('bye').reply();
    await ended;
    expect(bench.statesOf(call)).toEqual([
      'new',
      'requesting',
      'trying',
      'active',
      'hangup',
      'destroy',
    ]);
    expect(bench.running()).toEqual(NOTHING);
    expect(bench.errors).toEqual([]);
  });

  it('goes through `early` with early media, and an answer without a description completes it', async () => {
    const bench = new CallBench();
    const call = await bench.dial();
    bench.signaling.last('invite').reply();
    await settle();
    await bench.receive('media', { callID: call.id, sdp: fakeSdp() });
    await bench.receive('media', { callID: call.id, sdp: fakeSdp('other') });
    await bench.receive('answer', { callID: call.id });
    expect(bench.statesOf(call)).toEqual(['new', 'requesting', 'trying', 'early', 'active']);
    expect(bench.errors).toEqual([]);
  });

  it('never goes back to trying when the reply to the invite comes after the answer', async () => {
    const bench = new CallBench();
    const call = await bench.dial();
    await bench.receive('answer', { callID: call.id, sdp: fakeSdp() });
    bench.signaling.last('invite').reply();
    await settle();
    expect(call.state).toBe('active');
  });

  it('sends neither ICE servers nor credentials nor devices', async () => {
    const bench = new CallBench();
    await bench.dial({
      iceServers: [{ urls: 'turn:x', username: 'u', credential: 'canary' }],
      micId: 'mic-7',
      customHeaders: [{ name: 'X-Order', value: '8812' }],
      userVariables: { team: 'blue' },
    });
    const { params } = bench.signaling.last('invite');
    expect(JSON.stringify(params)).not.toMatch(/canary|turn:x|mic-7/);
    expect(params['User-Agent']).toBe('Web-0.1.0');
    expect(params['dialogParams']).toMatchObject({
      destination_number: '1002',
      remote_caller_id_name: 'Outbound Call',
      remote_caller_id_number: '1002',
      custom_headers: [{ name: 'X-Order', value: '8812' }],
      userVariables: { team: 'blue' },
      audio: true,
      attach: false,
    });
    expect(bench.webrtc.peer.configuration.iceServers).toEqual([
      { urls: 'turn:x', username: 'u', credential: 'canary' },
    ]);
  });

  it('builds the peer before it asks for the microphone', async () => {
    const bench = new CallBench();
    let open: (value?: unknown) => void = () => undefined;
    bench.webrtc.captureGate = new Promise((resolve) => (open = resolve));
    await bench.dial({ prefetchIceCandidates: true });
    expect(bench.webrtc.peers).toHaveLength(1);
    expect(bench.webrtc.peer.configuration.iceCandidatePoolSize).toBe(1);
    expect(bench.signaling.of('invite')).toHaveLength(0);
    open();
    await settle();
    expect(bench.signaling.of('invite')).toHaveLength(1);
  });

  it('waits until the client is ready and is then sent', async () => {
    const bench = new CallBench();
    bench.signaling.ready = false;
    const call = await bench.dial();
    expect(bench.signaling.requests).toHaveLength(0);
    bench.registry.onReattachedSessions([]);
    expect(call.state).toBe('new');
    bench.signaling.ready = true;
    bench.registry.onSignalingReady();
    await settle();
    expect(call.state).toBe('requesting');
  });

  it('fails with 40005 when the client does not become ready within 30 s', async () => {
    const bench = new CallBench();
    bench.signaling.ready = false;
    const call = await bench.dial();
    await bench.platform.clock.advance(30_000);
    expect(bench.errorCodes).toEqual([40005]);
    expect(call.state).toBe('destroy');
    expect(bench.signaling.requests).toHaveLength(0);
    expect(bench.running()).toEqual(NOTHING);
  });

  it('ends with the error of the capture and tells the gateway nothing when the microphone is refused', async () => {
    const bench = new CallBench();
    bench.webrtc.captureFailures.push(new DOMException('no', 'NotAllowedError'));
    const call = await bench.dial();
    expect(bench.errorCodes).toEqual([42001]);
    expect(bench.statesOf(call)).toEqual(['new', 'hangup', 'destroy']);
    expect(bench.signaling.requests).toHaveLength(0);
    expect(bench.running()).toEqual(NOTHING);
  });

  it.each([
    ['createOffer', 40001],
    ['setLocalDescription', 40003],
  ])('ends, and does not stay in `new`, when %s fails', async (method, code) => {
    const bench = new CallBench();
    bench.webrtc.peerFailures.set(method, new Error('no'));
    const call = await bench.dial();
    expect(bench.errorCodes).toEqual([code]);
    expect(bench.statesOf(call)).toEqual(['new', 'hangup', 'destroy']);
    expect(bench.running()).toEqual(NOTHING);
  });

  it('ends with 40004 and a BYE when the description of the gateway is no description, or is missing', async () => {
    for (const sdp of ['rubbish', undefined]) {
      const bench = new CallBench();
      const call = await bench.dial();
      bench.signaling.last('invite').reply();
      await bench.receive('answer', { callID: call.id, sdp });
      expect(bench.errorCodes).toEqual([40004]);
      expect(bench.signaling.of('bye')).toHaveLength(1);
    }
  });

  it('is cancelled while the microphone is being opened: that is no error, and what was opened is stopped', async () => {
    const bench = new CallBench();
    let open: (value?: unknown) => void = () => undefined;
    bench.webrtc.captureGate = new Promise((resolve) => (open = resolve));
    const call = await bench.dial();
    void call.hangup();
    open();
    await settle();
    expect(bench.errorCodes).toEqual([]);
    expect(bench.signaling.requests).toEqual([]);
    expect(bench.webrtc.tracks).toHaveLength(1);
    expect(bench.running()).toEqual(NOTHING);
  });

  it('is refused by the gateway: 40005, and no BYE for a call that never was', async () => {
    const bench = new CallBench();
    const call = await bench.dial();
    bench.signaling.last('invite').fail('rejected');
    await settle();
    expect(bench.errorCodes).toEqual([40005]);
    expect(bench.signaling.of('bye')).toEqual([]);
    expect(call.cause).toBe('USER_BUSY');
  });

  it('throws 44002 without a destination, unless the session is anonymous', () => {
    expect(() => new CallBench().registry.newCall({})).toThrow('destinationNumber is required');
    expect(() => new CallBench({ anonymous: true }).registry.newCall({})).not.toThrow();
  });

  it('plays ringback while the far end rings, and stops it with early media', async () => {
    const bench = new CallBench();
    const call = await bench.dial();
    bench.signaling.last('invite').reply();
    let rang = 0;
    call.on('ringing', () => (rang += 1));
    await bench.receive('ringing', { callID: call.id, telnyx_leg_id: 'leg-1' });
    await bench.receive('ringing', { callID: call.id });
    expect(rang).toBe(1);
    expect(call.ringing).toBe(true);
    expect(call.state).toBe('trying');
    expect(call.telnyxIDs.telnyxLegId).toBe('leg-1');
    const tone = bench.webrtc.elements.find(({ src }) => src === 'ringback.mp3');
    expect(tone).toMatchObject({ playing: true, loop: true, isConnected: true });
    await bench.receive('media', { callID: call.id, sdp: fakeSdp() });
    expect(tone).toMatchObject({ playing: false, isConnected: false });
  });

  it('tells the truth when its own user cancels it, to a gateway of ours; busy to others, as the reference does', async () => {
    const theirs = new CallBench();
    const call = await theirs.dial();
    void call.hangup();
    expect(theirs.signaling.last('bye').params).toMatchObject({
      cause: 'USER_BUSY',
      causeCode: 17,
    });
    const ours = new CallBench();
    ours.signaling.features = TRICKLE;
    const other = await ours.dial();
    void other.hangup();
    expect(other).toMatchObject({ cause: 'ORIGINATOR_CANCEL', causeCode: 487 });
  });

  it('trickles where the gateway announced it: the invite leaves before gathering ends', async () => {
    const bench = new CallBench();
    bench.signaling.features = TRICKLE;
    bench.webrtc.autoGather = false;
    const call = await bench.dial();
    const invite = bench.signaling.last('invite');
    expect(invite.params['trickle']).toBe(true);
    bench.webrtc.peer.candidate('candidate:9 1 udp 1 192.0.2.9 5009 typ host');
    bench.webrtc.peer.candidate(null);
    await settle();
    expect(bench.signaling.requests.map(({ method }) => method)).toEqual([
      'invite',
      'candidate',
      'endOfCandidates',
    ]);
    expect(bench.signaling.last('candidate').params).toMatchObject({
      sdpMid: '0',
      sdpMLineIndex: 0,
      dialogParams: { callID: call.id },
    });
  });

  it.each([
    ['true, towards a gateway that announced nothing', true, false, true],
    ['false, towards one that announced trickle', false, true, undefined],
  ])('obeys trickleIce: %s', async (_, trickleIce, trickle, sent) => {
    const bench = new CallBench({ trickleIce });
    bench.signaling.features = { ...TRICKLE, trickle };
    await bench.dial();
    expect(bench.signaling.last('invite').params['trickle']).toBe(sent);
  });

  it('without trickle sends at the end of gathering, or one second after the first candidate', async () => {
    const bench = new CallBench();
    bench.webrtc.autoGather = false;
    await bench.dial();
    bench.webrtc.peer.candidate('candidate:1 1 udp 9 192.0.2.1 5001 typ host');
    await bench.platform.clock.advance(999);
    expect(bench.signaling.requests).toHaveLength(0);
    await bench.platform.clock.advance(1);
    expect(bench.signaling.last('invite').params['sdp']).toContain('192.0.2.1 5001');
  });

  it('without trickle does not wait for ever when no candidate comes at all', async () => {
    const bench = new CallBench();
    bench.webrtc.autoGather = false;
    await bench.dial();
    await bench.platform.clock.advance(4_000);
    expect(bench.signaling.of('invite')).toHaveLength(1);
  });

  it.each([
    ['400 ms after the first candidate where later ones are taken', true, ['stun:s.test'], 400],
    ['20 ms where no server could give one', true, [], 20],
    ['else a second', false, ['stun:s.test'], 1_000],
    ['else a second, servers or none', false, [], 1_000],
  ] as const)('without trickle waits %s', async (_, trickle, servers, wait) => {
    const bench = new CallBench({ trickleIce: false });
    bench.signaling.features = { ...TRICKLE, trickle };
    bench.webrtc.autoGather = false;
    await bench.dial({ iceServers: servers.map((urls) => ({ urls })) });
    bench.webrtc.peer.candidate('candidate:1 1 udp 9 192.0.2.1 5001 typ host');
    await bench.platform.clock.advance(wait - 1);
    expect(bench.signaling.of('invite')).toHaveLength(0);
    await bench.platform.clock.advance(1);
    expect(bench.signaling.of('invite')).toHaveLength(1);
  });

  it('loses no late candidate: it is sent where the gateway takes it, else logged', async () => {
    for (const trickle of [true, false]) {
      const bench = new CallBench({ trickleIce: false });
      bench.signaling.features = { ...TRICKLE, trickle };
      bench.webrtc.autoGather = false;
      await bench.dial();
      bench.webrtc.peer.candidate('candidate:1 1 udp 9 192.0.2.1 5001 typ host');
      await bench.platform.clock.advance(1_000);
      bench.webrtc.peer.candidate('candidate:2 1 udp 9 192.0.2.2 5002 typ srflx', 'srflx');
      // Nobody listens on TCP.
      bench.webrtc.peer.candidate('candidate:3 1 tcp 9 192.0.2.1 9 typ host tcptype active');
      bench.webrtc.peer.candidate(null);
      const after = bench.signaling.requests.slice(1).map(({ method }) => method);
      expect(after).toEqual(trickle ? ['candidate', 'endOfCandidates'] : []);
      expect(bench.logged.some(([line]) => String(line).includes('candidate came after'))).toBe(
        !trickle,
      );
    }
  });

  it('ends with a clear error when only relay is allowed and TURN gives no candidate', async () => {
    for (const trickleIce of [true, false]) {
      const bench = new CallBench({ forceRelayCandidate: true, trickleIce });
      bench.webrtc.autoGather = false;
      const call = await bench.dial();
      expect(bench.webrtc.peer.configuration.iceTransportPolicy).toBe('relay');
      bench.webrtc.peer.candidate(null);
      await settle();
      expect(bench.errorCodes).toEqual([40005]);
      expect(call.state).toMatch(/hangup|destroy/);
      expect(bench.signaling.of('bye')).toHaveLength(trickleIce ? 1 : 0);
    }
  });

  it('queues remote candidates until their description is applied, by generation', async () => {
    const bench = new CallBench();
    bench.signaling.features = TRICKLE;
    const call = await bench.dial();
    const candidate = 'candidate:5 1 udp 9 192.0.2.5 5005 typ host ufrag remote';
    await bench.receive('candidate', { callID: call.id, candidate, sdpMid: '0', sdpMLineIndex: 0 });
    await bench.receive('candidate', {
      callID: call.id,
      candidate: candidate.replace('remote', 'nextgen'),
      sdpMid: '0',
      sdpMLineIndex: 0,
    });
    expect(bench.webrtc.peer.candidates).toEqual([]);
    await bench.receive('answer', { callID: call.id, sdp: fakeSdp() });
    expect(bench.webrtc.peer.candidates.map((c) => c.candidate)).toEqual([candidate]);
  });

  it('uses the first ICE servers that are given: the call, the client, the gateway, the default', async () => {
    const list = (name: string) => [{ urls: `stun:${name}` }];
    const used = async (
      call: RTCIceServer[] | undefined,
      client: RTCIceServer[] | undefined,
      gateway: RTCIceServer[] | null,
    ) => {
      const bench = new CallBench({ iceServers: client, fallbackIceServers: list('default') });
      bench.signaling.iceServers = gateway;
      await bench.dial({ iceServers: call });
      return bench.webrtc.peer.configuration.iceServers;
    };
    expect(await used(list('call'), list('client'), list('gateway'))).toEqual(list('call'));
    expect(await used(undefined, list('client'), list('gateway'))).toEqual(list('client'));
    expect(await used(undefined, undefined, list('gateway'))).toEqual(list('gateway'));
    expect(await used(undefined, undefined, null)).toEqual(list('default'));
    expect(await used([], list('client'), list('gateway'))).toEqual([]);
  });

  it('hears and sends nothing, without a prompt, with `receiveOnlyAudio`', async () => {
    const bench = new CallBench();
    await bench.dial({ audio: false, receiveOnlyAudio: true });
    expect(bench.webrtc.captures).toEqual([]);
    expect(bench.webrtc.peer.transceivers.map(({ direction }) => direction)).toEqual(['recvonly']);
    expect(bench.signaling.of('invite')).toHaveLength(1);
  });

  it('fails with 42003 when there is nothing to send or to hear', async () => {
    const bench = new CallBench();
    await bench.dial({ audio: false });
    expect(bench.errorCodes).toEqual([42003]);
  });

  it('does not switch the microphone on because one is named', async () => {
    const bench = new CallBench();
    await bench.dial({ audio: false, video: true, micId: 'mic-1' });
    expect(bench.webrtc.captures).toEqual([{ audio: false, video: true }]);
  });

  it('leaves the tracks of a stream that the application gave', async () => {
    const bench = new CallBench();
    const stream = new bench.webrtc.MediaStream([bench.webrtc.track('audio') as never]);
    const call = await bench.connect({ localStream: stream });
    expect(call.localStream).toBe(stream);
    void call.hangup({}, false);
    expect(stream.getTracks()[0]?.readyState).toBe('live');
    expect(bench.webrtc.captures).toEqual([]);
  });
});

describe('Waiting for a call', () => {
  it('whenRinging and whenActive settle on the state, whenEnded with how it ended', async () => {
    const bench = new CallBench();
    const call = await bench.dial();
    const order: string[] = [];
    void call.whenRinging().then(() => order.push('ringing'));
    void call.whenActive().then(() => order.push('active'));
    const ended = call.whenEnded();
    bench.signaling.last('invite').reply();
    await bench.receive('ringing', { callID: call.id });
    expect(order).toEqual(['ringing']);
    await bench.receive('answer', { callID: call.id, sdp: fakeSdp() });
    expect(order).toEqual(['ringing', 'active']);
    await bench.receive('bye', {
      callID: call.id,
      cause: 'NORMAL_CLEARING',
      causeCode: 16,
      sipCode: 200,
    });
    expect(await ended).toEqual({
      cause: 'NORMAL_CLEARING',
      causeCode: 16,
      sipCode: 200,
      sipReason: null,
      sipCallId: null,
      side: 'remote',
    });
  });

  it('rejects with the cause when the call ends first, at once when it has ended, and with the signal', async () => {
    const bench = new CallBench();
    const call = await bench.dial();
    const stop = new AbortController();
    const stopped = call.whenActive(stop.signal);
    stop.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
    const active = call.whenActive();
    const outcome = expect(active).rejects.toThrow(CallEndedError);
    await bench.receive('bye', { callID: call.id, cause: 'CALL_REJECTED', causeCode: 21 });
    await outcome;
    await expect(call.whenRinging()).rejects.toThrow('CALL_REJECTED (21)');
    await expect(call.whenEnded(AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
  });
});
