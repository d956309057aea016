import { describe, expect, it } from 'vitest';
import { CallBench } from '../testing/call-bench.ts';

/** What `getStats()` gives after this many seconds of a healthy call; in one that is silent, packets carry nothing. */
function stats(second: number, silent = false): Map<string, unknown> {
  const energy = silent ? 0 : second * 0.01;
  const audio = { totalAudioEnergy: energy, totalSamplesDuration: second };
  return new Map<string, unknown>([
    [
      'I',
      {
        type: 'inbound-rtp',
        kind: 'audio',
        packetsReceived: 50 * second,
        packetsLost: 0,
        bytesReceived: 4000 * second,
        audioLevel: silent ? 0 : 0.1,
        ...audio,
      },
    ],
    [
      'O',
      { type: 'outbound-rtp', kind: 'audio', packetsSent: 50 * second, bytesSent: 4000 * second },
    ],
    [
      'S',
      { type: 'media-source', kind: 'audio', audioLevel: 0.1, ...audio, totalAudioEnergy: second },
    ],
  ]);
}

async function talking() {
  const bench = new CallBench();
  const call = await bench.connect();
  let second = 0;
  const seconds = async (count: number, silent = false): Promise<void> => {
    for (let n = 0; n < count; n++) {
      bench.webrtc.peer.stats = stats(++second, silent);
      await bench.platform.clock.advance(1_000);
    }
  };
  const end = async (): Promise<void> => {
    const ended = call.hangup();
    bench.signaling.last('bye').reply();
    await ended;
  };
  return { bench, call, seconds, end };
}

describe('The samples of a call', () => {
  it('come one a second, without debug mode, until the call ends', async () => {
    const { call, seconds, end } = await talking();
    const seen: (number | null)[] = [];
    const reading = (async () => {
      for await (const { mos } of call.samples()) {
        seen.push(mos);
      }
    })();
    await seconds(3);
    await end();
    await reading;
    expect(seen).toHaveLength(3);
    for (const mos of seen) {
      expect(mos).toBeGreaterThan(4);
    }
  });

  it('end by the signal, by leaving the loop, and at once on a call that is over; nothing runs on', async () => {
    const { bench, call, seconds, end } = await talking();
    const stop = new AbortController();
    let count = 0;
    const bySignal = (async () => {
      for await (const sample of call.samples(stop.signal)) {
        count += sample ? 1 : 0;
      }
    })();
    const byLeaving = (async () => {
      for await (const sample of call.samples()) {
        return sample.mos;
      }
      return undefined;
    })();
    await seconds(2);
    expect(await byLeaving).toBeGreaterThan(4);
    stop.abort();
    await bySignal;
    expect(count).toBe(2);
    await end();
    for await (const _ of call.samples()) {
      throw new Error('There is none');
    }
    expect(bench.running()).toMatchObject({ timers: 0 });
  });

  it('a slow reader gets the newest minute', async () => {
    const { call, seconds } = await talking();
    const samples = call.samples();
    const first = samples.next();
    await seconds(1);
    await first;
    await seconds(80);
    const next = await samples.next();
    expect(next.value?.inbound).toMatchObject({ packetsReceived: 50 * 22 });
    await samples.return();
  });
});

describe('What a call costs that nobody watches', () => {
  it('no statistics while audio comes, and statistics as soon as it does not, or somebody listens', async () => {
    const { bench, call, end } = await talking();
    const { peer } = bench.webrtc;
    const [receiver] = peer.getReceivers();
    let asked = 0;
    const ask = peer.getStats.bind(peer);
    peer.getStats = () => {
      asked += 1;
      return ask();
    };
    const pass = async (seconds: number, plays: boolean): Promise<number> => {
      const before = asked;
      for (let n = 0; n < seconds * 10; n += 1) {
        if (plays && receiver) {
          Object.assign(receiver, { playedAt: bench.platform.now() });
        }
        await bench.platform.clock.advance(100);
      }
      return asked - before;
    };
    await pass(2, true);
    expect(await pass(10, true)).toBe(0);
    const undo = call.on('warning', () => undefined);
    expect(await pass(10, true)).toBeGreaterThanOrEqual(9);
    undo();
    await pass(1, true);
    expect(await pass(10, true)).toBe(0);
    expect(await pass(4, false)).toBeGreaterThanOrEqual(2);
    await end();
    expect(bench.running()).toMatchObject({ timers: 0 });
  });
});

describe('One-way audio', () => {
  it('is told within three seconds, and when it has ended: on the call and on the client', async () => {
    const { bench, call, seconds, end } = await talking();
    const told: unknown[] = [];
    call.on('warning', ({ code }, { direction }) => void told.push(['raised', code, direction]));
    call.on('warningCleared', ({ code }, { direction, lastedMs }) => {
      told.push(['cleared', code, direction, lastedMs]);
    });
    await seconds(5, true);
    expect(told).toContainEqual(['raised', 37003, 'inbound']);
    await seconds(1);
    expect(told).toContainEqual(['cleared', 37003, 'inbound', 3_000]);
    const cleared = bench.events.filter(({ event }) => event === 'telnyx.warning.cleared');
    expect(cleared.at(-1)?.payload).toMatchObject({
      warning: { name: 'ONE_WAY_AUDIO' },
      callId: call.id,
      direction: 'inbound',
    });
    await end();
  });

  it('is none while the far side holds', async () => {
    const { bench, call, seconds, end } = await talking();
    await seconds(1);
    bench.registry.onGatewayRequest({
      kind: 'request',
      method: 'offhook',
      params: { callID: call.id, event: 'remote_held' },
    } as never);
    expect(call.remoteHeld).toBe(true);
    await seconds(10, true);
    expect(bench.warningCodes).toEqual([]);
    await end();
  });
});
