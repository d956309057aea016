import { describe, expect, it, vi } from 'vitest';
import { settle } from '../testing/fake-clock.ts';
import { CallBench, NOTHING } from '../testing/call-bench.ts';
import { fakeSdp } from '../testing/fake-peer-connection.ts';

const TRICKLE = {
  v: 1,
  trickle: true,
  reattach: false,
  replace: false,
  ping: false,
  ai: false,
  transfer: false,
};

describe('An inbound call', () => {
  it('rings, is answered and becomes active when the gateway has the answer', async () => {
    const bench = new CallBench();
    const call = await bench.ring();
    expect(call).toMatchObject({
      direction: 'inbound',
      state: 'ringing',
      options: { remoteCallerName: 'Ana', remoteCallerNumber: '1003', destinationNumber: '1001' },
    });
    const tone = bench.webrtc.elements.find(({ src }) => src === 'ringtone.mp3');
    expect(tone?.playing).toBe(true);
    await call.answer({ customHeaders: [{ name: 'X-A', value: '1' }] });
    expect(tone?.playing).toBe(false);
    expect(call.state).toBe('answering');
    expect(bench.signaling.last('answer').params['dialogParams']).toMatchObject({
      callID: 'in-1',
      custom_headers: [{ name: 'X-A', value: '1' }],
    });
    bench.signaling.last('answer').reply();
    await settle();
    expect(bench.statesOf(call)).toEqual(['new', 'ringing', 'answering', 'active']);
    await bench.receive('bye', { callID: call.id });
    expect(call).toMatchObject({ cause: 'NORMAL_CLEARING', causeCode: 16, state: 'destroy' });
    expect(bench.signaling.of('bye')).toEqual([]);
    expect(bench.running()).toEqual(NOTHING);
  });

  it('is turned away with CALL_REJECTED by reject(), with USER_BUSY by hangup()', async () => {
    const bench = new CallBench();
    const call = await bench.ring();
    void call.reject();
    expect(bench.signaling.last('bye').params).toMatchObject({
      cause: 'CALL_REJECTED',
      causeCode: 21,
    });
    const other = await bench.ring('in-2');
    void other.hangup();
    expect(bench.signaling.last('bye').params).toMatchObject({ cause: 'USER_BUSY', causeCode: 17 });
  });

  it('is not replaced when the invite comes twice', async () => {
    const bench = new CallBench();
    const call = await bench.ring();
    expect(await bench.ring()).toBe(call);
    expect(bench.statesOf(call)).toEqual(['new', 'ringing']);
  });

  it('answers once: a second answer() is warned of with 33006', async () => {
    const bench = new CallBench();
    const call = await bench.ring();
    await Promise.all([call.answer(), call.answer()]);
    expect(bench.warningCodes).toEqual([33006]);
    expect(bench.signaling.of('answer')).toHaveLength(1);
  });

  it('applies remote candidates that came before and after answer()', async () => {
    const bench = new CallBench();
    bench.signaling.features = TRICKLE;
    const call = await bench.ring();
    const candidate = (n: number) =>
      `candidate:${n} 1 udp 9 192.0.2.${n} 5000 typ host ufrag remote`;
    await bench.receive('candidate', {
      callID: call.id,
      candidate: candidate(1),
      sdpMid: '0',
      sdpMLineIndex: 0,
    });
    await call.answer();
    await bench.receive('candidate', {
      callID: call.id,
      candidate: candidate(2),
      sdpMid: '0',
      sdpMLineIndex: 0,
    });
    expect(bench.webrtc.peer.candidates.map((c) => c.candidate)).toEqual([
      candidate(1),
      candidate(2),
    ]);
    expect(bench.signaling.last('answer').params['trickle']).toBe(true);
  });

  it('ends with a BYE when the microphone is refused, and says that it cannot be mended', async () => {
    const bench = new CallBench();
    const call = await bench.ring();
    bench.webrtc.captureFailures.push(new DOMException('no', 'NotAllowedError'));
    await call.answer();
    expect(bench.errors).toEqual([
      { code: 42001, fatal: true, extras: { callId: 'in-1', recoverable: false } },
    ]);
    expect(bench.signaling.last('bye').params).toMatchObject({ causeCode: 17 });
  });

  it('sends the answer again when the socket was lost under it', async () => {
    const bench = new CallBench();
    const call = await bench.ring();
    await call.answer();
    bench.signaling.ready = false;
    bench.registry.onSignalingLost();
    bench.signaling.last('answer').fail('connection_lost');
    await settle();
    bench.signaling.ready = true;
    bench.registry.onReattachedSessions(['in-1']);
    bench.registry.onSignalingReady();
    await settle();
    expect(bench.signaling.of('answer')).toHaveLength(2);
    bench.signaling.last('answer').reply();
    await settle();
    expect(call.state).toBe('active');
  });

  it('really sends video with answer({ video: true }), if the caller offers it', async () => {
    const bench = new CallBench();
    await bench.receive('invite', { callID: 'v', sdp: fakeSdp('remote', ['audio', 'video']) });
    await bench.registry.calls['v']?.answer({ video: true });
    expect(bench.webrtc.captures).toEqual([{ audio: true, video: true }]);
    expect(bench.webrtc.peer.getSenders().map(({ track }) => track?.kind)).toEqual([
      'audio',
      'video',
    ]);
  });

  it('takes preferred_codecs with the answer', async () => {
    const bench = new CallBench();
    const call = await bench.ring();
    const pcmu = { mimeType: 'audio/PCMU', clockRate: 8000 };
    await call.answer({ preferred_codecs: [pcmu, { mimeType: 'video/VP8', clockRate: 90000 }] });
    expect(bench.webrtc.peer.transceivers[0]?.codecs).toEqual([pcmu]);
  });

  it('obeys the audio settings of the client, and is only heard when the microphone is switched off', async () => {
    const bench = new CallBench({ audio: { echoCancellation: false } });
    const call = await bench.ring();
    await call.answer();
    expect(bench.webrtc.captures).toEqual([{ audio: { echoCancellation: false }, video: false }]);
    const deaf = new CallBench({ audio: false });
    const heard = await deaf.ring();
    await heard.answer();
    expect(deaf.webrtc.captures).toEqual([]);
    expect(deaf.signaling.of('answer')).toHaveLength(1);
  });
});

describe('mediaPermissionsRecovery', () => {
  const refused = () => new DOMException('no', 'NotAllowedError');
  const start = async () => {
    const recovery = { enabled: true, timeout: 5_000, onSuccess: vi.fn(), onError: vi.fn() };
    const bench = new CallBench({ mediaPermissionsRecovery: recovery });
    const call = await bench.ring();
    bench.webrtc.captureFailures.push(refused());
    const answered = call.answer();
    await settle();
    const [event] = bench.errors;
    return {
      bench,
      call,
      answered,
      recovery,
      extras: event?.extras as { resume(): void; reject(): void },
    };
  };

  it('lets the user mend the microphone: resume() goes on with the answer', async () => {
    const { bench, call, answered, recovery, extras } = await start();
    expect(bench.errors).toMatchObject([
      {
        code: 42001,
        fatal: false,
        extras: { recoverable: true, retryDeadline: bench.platform.now() + 5_000 },
      },
    ]);
    expect(call.state).toBe('ringing');
    extras.resume();
    await answered;
    expect(recovery.onSuccess).toHaveBeenCalledOnce();
    expect(call.state).toBe('answering');
    expect(bench.errors).toHaveLength(1);
  });

  it.each(['reject', 'timeout', 'second failure'])('ends the call after %s', async (how) => {
    const { bench, call, answered, recovery, extras } = await start();
    if (how === 'reject') {
      extras.reject();
    }
    if (how === 'timeout') {
      await bench.platform.clock.advance(5_000);
    }
    if (how === 'second failure') {
      bench.webrtc.captureFailures.push(refused());
      extras.resume();
    }
    await answered;
    expect(bench.errorCodes).toEqual([42001, how === 'second failure' ? 42001 : 42003]);
    expect(bench.errors[1]).toMatchObject({ fatal: true, extras: { recoverable: false } });
    expect(recovery.onError).toHaveBeenCalledOnce();
    expect(bench.signaling.of('bye')).toHaveLength(1);
    expect(call.state).toBe('hangup');
  });

  it('leaves nothing behind when the caller hangs up meanwhile', async () => {
    const { bench, call, answered } = await start();
    await bench.receive('bye', { callID: call.id });
    await answered;
    expect(bench.running()).toEqual(NOTHING);
  });
});
