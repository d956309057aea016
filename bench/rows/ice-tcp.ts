import type { MediaEnd, RtpTotals } from '../../packages/gateway/src/load/media-end.ts';
import { RtpClock } from '../../packages/gateway/src/load/rtp-clock.ts';
import { RtpEnd } from '../../packages/gateway/src/load/rtp-end.ts';
import { TcpBridge } from '../../packages/gateway/src/media/testing/tcp-bridge.ts';
import { BenchGateway } from '../lib/gateway.ts';
import type { Measure, Row } from '../lib/measure.ts';
import { thin, throughGateway, type Stage } from './media.ts';

const clock = new RtpClock();

type Way = 'offhook' | 'udp';
const WAYS: Readonly<Record<Way, (totals: RtpTotals) => MediaEnd>> = {
  offhook: (totals) => new TcpEnd(new RtpEnd(clock, totals)),
  udp: (totals) => new RtpEnd(clock, totals),
};

/** Calls whose ends both reach the gateway by TCP alone, beside the same calls by UDP, in turn through one gateway. */
export const iceTcp: Row = {
  name: 'ice-tcp',
  title: 'Gateway: audio over TCP (RFC 6544), beside UDP',
  async run({ quick, log }) {
    const [calls, seconds, rounds] = quick ? [5, 3, 2] : [15, 8, 3];
    const stages: Record<Way, Stage[]> = { offhook: [], udp: [] };
    const gateway = await BenchGateway.start({ media: true, settings: { host: '127.0.0.1' } });
    try {
      for (let round = 1; round <= rounds; round += 1) {
        for (const way of ['offhook', 'udp'] as const) {
          stages[way].push(await throughGateway(gateway, calls, seconds, WAYS[way]));
        }
        log(`round ${round} of ${rounds} done`);
      }
    } finally {
      await gateway.stop();
    }
    const each = (of: (stage: Stage) => number): Record<Way, number[]> => ({
      offhook: stages.offhook.map(of),
      udp: stages.udp.map(of),
    });
    const delays = (way: Way): number[] => thin(stages[way].flatMap((stage) => stage.delays));
    return [
      {
        id: 'ice-tcp.cpu',
        title: `CPU of a call with audio, both ends by TCP, ${calls} at once`,
        unit: '% of a core',
        samples: each(({ cpu }) => cpu * 100),
        goals: [{ text: '≤ 3 × by UDP', against: 'udp', at: 'most', bound: 3 }],
        note: 'Of the gateway and of its process for connections together. `udp` are the same calls by UDP. A packet over TCP is read and written once more on its way, by that process: the factor tells it whatever else the machine does.',
      },
      {
        id: 'ice-tcp.capacity',
        title: 'The same: calls at once at 80 % of one core',
        unit: 'calls',
        better: 'more',
        samples: each(({ cpu }) => 0.8 / cpu),
      },
      {
        id: 'ice-tcp.one-way',
        title: 'One way from end to end',
        unit: 'ms',
        samples: { offhook: delays('offhook'), udp: delays('udp') },
        goals: [
          { text: 'p99 ≤ 2 × by UDP', against: 'udp', at: 'most', bound: 2, percentile: 0.99 },
        ],
        note: 'The ends speak UDP and have a bridge to TCP beside them, whose share is in it.',
      },
      {
        id: 'ice-tcp.lost',
        title: 'Packets lost',
        unit: '',
        samples: each(({ lost }) => lost),
        goals: [{ text: 'none', at: 'most', bound: 0, percentile: 1 }],
      },
    ] satisfies Measure[];
  },
};

/** An end that finds no way to the gateway but a connection. */
class TcpEnd implements MediaEnd {
  readonly #end: MediaEnd;
  #bridge: TcpBridge | null = null;

  constructor(end: MediaEnd) {
    this.#end = end;
  }

  offer(): Promise<string> {
    return this.#end.offer();
  }

  async answer(offer: string): Promise<string> {
    return this.#end.answer(await this.#byTcp(offer));
  }

  async accept(answer: string): Promise<void> {
    await this.#end.accept(await this.#byTcp(answer));
  }

  async close(): Promise<void> {
    await this.#end.close();
    this.#bridge?.close();
    this.#bridge = null;
  }

  async #byTcp(sdp: string): Promise<string> {
    this.#bridge ??= await TcpBridge.open();
    return this.#bridge.through(sdp);
  }
}
