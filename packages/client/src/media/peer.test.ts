import { describe, expect, it } from 'vitest';
import { settle } from '../testing/fake-clock.ts';
import { FakePlatform } from '../testing/fake-platform.ts';
import { fakeSdp } from '../testing/fake-peer-connection.ts';
import { FakeWebRtc } from '../testing/fake-webrtc.ts';
import { Peer, type PeerHooks } from './peer.ts';

function bench() {
  const webrtc = new FakeWebRtc();
  const none = (): void => undefined;
  const hooks: PeerHooks = {
    candidate: none,
    track: none,
    connectionState: none,
    iceConnectionState: none,
    gatheringState: none,
    signalingClosed: none,
    log: none,
  };
  const config = { iceServers: [], relayOnly: false, prefetch: false, tuning: null };
  const peer = new Peer(new FakePlatform({ webrtc }), config, hooks);
  return { webrtc, peer, pc: webrtc.peer };
}

describe('The peer of a call', () => {
  it('changes descriptions one after another, however they are asked for', async () => {
    const { peer, pc } = bench();
    peer.pc.addTransceiver('audio');
    await Promise.all([
      peer.offer(),
      peer.takeAnswer(fakeSdp('one')),
      peer.offer({ iceRestart: true }),
      peer.takeAnswer(fakeSdp('two')),
    ]);
    expect(pc.signalingState).toBe('stable');
    expect(pc.remoteDescription?.sdp).toContain('a=ice-ufrag:two');
  });

  it('goes on after a step that failed', async () => {
    const { peer, pc } = bench();
    await expect(peer.takeOffer('rubbish')).rejects.toMatchObject({ code: 40004 });
    pc.failures.set('createOffer', new Error('no'));
    await expect(peer.offer()).rejects.toMatchObject({ code: 40001, message: 'no' });
    await peer.takeOffer(fakeSdp());
    await peer.answer();
    expect(pc.signalingState).toBe('stable');
  });

  it('lets nothing hang when it closes: what is under way and what is queued fails with 44005', async () => {
    const { webrtc, peer } = bench();
    let go: () => void = () => undefined;
    webrtc.pause = () => new Promise((resolve) => (go = resolve));
    const all = Promise.allSettled([peer.offer(), peer.takeAnswer(fakeSdp())]);
    await settle();
    peer.close();
    peer.close();
    go();
    for (const result of await all) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 44005 } });
    }
    await expect(peer.offer()).rejects.toMatchObject({ code: 44005 });
    expect(peer.healthy).toBe(false);
  });

  it('keeps candidates of a generation until its description is there, and no more than a peer would send', async () => {
    const { peer, pc } = bench();
    const of = (ufrag: string) => ({
      candidate: `candidate:1 1 udp 1 192.0.2.1 1 typ host ufrag ${ufrag}`,
      sdpMid: '0',
    });
    await peer.offer();
    peer.addCandidate(of('one'));
    peer.addCandidate({ candidate: 'candidate:2 1 udp 1 192.0.2.2 1 typ host', sdpMid: '0' });
    await peer.takeAnswer(fakeSdp('one'));
    await settle();
    expect(pc.candidates).toHaveLength(2);
    for (let n = 0; n < 500; n++) {
      peer.addCandidate(of('two'));
    }
    expect(pc.candidates).toHaveLength(2);
    await peer.offer({ iceRestart: true });
    await peer.takeAnswer(fakeSdp('two'));
    await settle();
    expect(pc.candidates).toHaveLength(130);
  });
});
