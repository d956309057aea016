import type { Row } from '../row.ts';
import { pause } from '../seat.ts';
import type { Seat } from '../seat.ts';
import type { Sheet } from '../sheet.ts';
import type { RelayCounters, Shape } from '../relay-client.ts';
import { FAIR } from '../relay-client.ts';
import { checkSame, talk } from '../talk.ts';

interface Weather {
  readonly name: string;
  readonly title: string;
  readonly shape: Partial<Shape>;
  /** Codes of `telnyx.warning` of which one has to come; empty: none is asked for. */
  readonly told: readonly number[];
}

const weathers: readonly Weather[] = [
  { name: 'loss-1', title: '1 % loss', shape: { loss: 0.01 }, told: [] },
  { name: 'loss-5', title: '5 % loss', shape: { loss: 0.05 }, told: [31003] },
  { name: 'loss-20', title: '20 % loss', shape: { loss: 0.2 }, told: [31003] },
  { name: 'delay', title: '300 ms delay each way', shape: { delayMs: 300 }, told: [31001] },
  {
    name: 'jitter',
    title: 'up to 200 ms of jitter',
    shape: { jitterMs: 200 },
    told: [31001, 31002],
  },
  {
    name: 'reordering',
    title: '10 % of the packets 60 ms late',
    shape: { reorder: 0.1 },
    told: [],
  },
];

/** What the relay did is what it was told: of each block of 1/loss packets of a client it loses one. */
function checkInjected(counters: RelayCounters, { loss = 0 }: Partial<Shape>, sheet: Sheet): void {
  for (const way of ['up', 'down'] as const) {
    const { packets, dropped } = counters[way];
    sheet.check(packets > 100, `relay: only ${String(packets)} RTP packets ${way}`);
    sheet.check(
      // One for each client: a page of the row before may still be sent to.
      Math.abs(dropped - packets * loss) <= 3,
      `relay: dropped ${String(dropped)} of ${String(packets)} ${way}, wanted ${String(loss * 100)} %`,
    );
  }
}

async function figures(
  near: Seat,
  sheet: Sheet,
  weather: Weather,
  counters: RelayCounters,
  before: { packetsLost: number; retransmitted: number },
): Promise<void> {
  const now = await near.inbound();
  const { loss = 0, delayMs = 0, jitterMs = 0 } = weather.shape;
  if (jitterMs > 0) {
    sheet.measure({ name: 'jitter at the near ear', unit: 'ms' }, now.jitterMs);
  }
  const missed = now.packetsLost - before.packetsLost + (now.retransmitted - before.retransmitted);
  if (loss > 0) {
    // Lost packets that were asked for again and came count as retransmitted.
    sheet.measure({ name: 'sent to the near ear', unit: 'packets' }, counters.down.packets);
    sheet.measure(
      { name: 'dropped on the way to the near ear', unit: 'packets' },
      counters.down.dropped,
    );
    sheet.measure({ name: 'missed or asked for again there', unit: 'packets' }, missed);
    sheet.check(
      missed > 0 && missed <= counters.down.dropped * 1.3 + 5,
      `${weather.name}: ${String(missed)} missed, ${String(counters.down.dropped)} dropped`,
    );
  }
  if (delayMs > 0) {
    const wanted = 2 * delayMs;
    const tolerance = Math.max(wanted * 0.15, 5);
    sheet.measure({ name: 'round trip', unit: 'ms', bound: wanted + tolerance }, now.rttMs);
    sheet.check(
      now.rttMs >= wanted - tolerance,
      `${weather.name}: a round trip of ${String(now.rttMs)} ms`,
    );
  }
}

const shaping = (weather: Weather): Row => ({
  name: `weather-${weather.name}`,
  title: `${weather.title}: the call stays, and nothing is recovered that is not lost.`,
  suite: true,
  async run(world, sheet, { quick }) {
    const all = await talk(world);
    const { near, far } = all;
    const peer = await near.peer();
    const before = await near.inbound();
    const since = Date.now();
    const { loss = 0 } = weather.shape;
    await world.relay.shape({ ...FAIR, ...weather.shape });
    if (loss > 0) {
      world.network.loseTcp(Math.min(loss, 0.02));
    }
    try {
      await pause(quick ? 5500 : 12_000);
      const counters = await world.relay.counters();
      checkInjected(counters, weather.shape, sheet);
      await figures(near, sheet, weather, counters, before);
    } finally {
      world.network.loseTcp(0);
      await world.relay.shape(FAIR);
    }
    const told = await near.told(since);
    const codes = told.flatMap(({ code }) => (code === undefined ? [] : [code]));
    const fits = weather.told.length === 0 || weather.told.some((code) => codes.includes(code));
    sheet.check(
      fits,
      `${weather.name}: told ${codes.join(', ') || 'nothing'}, wanted ${weather.told.join(' or ')}`,
    );
    const after = await near.peer();
    sheet.check(
      peer.made === after.made && peer.ufrag === after.ufrag,
      `${weather.name}: ICE was restarted`,
    );
    sheet.check(
      !told.some(({ event }) => event === 'socket.close'),
      `${weather.name}: the socket was given up`,
    );
    sheet.check(
      !told.some(({ state }) => state === 'recovering'),
      `${weather.name}: a false recovery`,
    );
    await checkSame(all, sheet, weather.name);
    const why = await far.hears(near.hz);
    sheet.check(why === undefined, `${weather.name}: ${why ?? ''}`);
  },
});

export const shapingRows: readonly Row[] = weathers.map(shaping);
