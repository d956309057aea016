import { describe, expect, it } from 'vitest';
import { CallBench } from '../testing/call-bench.ts';
import { settle } from '../testing/fake-clock.ts';

const HOST = 'candidate:1 1 udp 9 192.0.2.1 5001 typ host';
const stun = { iceServers: [{ urls: 'stun:stun.example.com' }] };

/** A call whose gathering the test ends, with these candidates. */
async function gathered(options: object, candidates: [string, RTCIceCandidateType][]) {
  const bench = new CallBench();
  bench.webrtc.autoGather = false;
  await bench.dial(options);
  for (const [text, type] of candidates) {
    bench.webrtc.peer.candidate(text, type);
  }
  bench.webrtc.peer.candidate(null);
  await settle();
  return bench.warningCodes;
}

describe('Warning 33005, of STUN and TURN servers that gave nothing', () => {
  it('comes when a configured server gave no candidate', async () => {
    expect(await gathered(stun, [[HOST, 'host']])).toEqual([33005]);
  });
  it('does not come where no server is configured', async () => {
    expect(await gathered({}, [[HOST, 'host']])).toEqual([]);
    expect(await gathered({ iceServers: [] }, [[HOST, 'host']])).toEqual([]);
  });
  it('does not come when one of them gave a candidate, also after the description was sent', async () => {
    const late = HOST.replace('host', 'srflx');
    expect(
      await gathered(stun, [
        [HOST, 'host'],
        [late, 'srflx'],
      ]),
    ).toEqual([]);
  });
});
