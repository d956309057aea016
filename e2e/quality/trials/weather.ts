import type { RelayCounters, RoundTrip, Shape } from '../../survival/relay-client.ts';
import { FAIR } from '../../survival/relay-client.ts';
import { pause } from '../../survival/seat.ts';
import { talk } from '../../survival/talk.ts';
import type { World } from '../../survival/world.ts';
import { NEAR } from '../../survival/world.ts';
import type { Ledger } from '../ledger.ts';
import { mean, median, Reported, sum } from '../reported.ts';
import type { Effort, Trial } from '../trial.ts';

/** Statistics of a second each, so that a stretch can be placed. */
const options = { callReportInterval: 1000 };
/** A stretch is seen when the second that it began in has ended, and the one after that where counters come by RTCP. */
const PLACE_MS = 2_500;
const FAIR_MS = 6_000;

interface Stretch {
  readonly begin: number;
  readonly end: number;
  /** What the relay did in the bad stretch, and in the fair one after it. */
  readonly counters: RelayCounters;
  readonly after: RelayCounters;
  readonly report: Reported;
}

/** A call with a fair stretch, a bad one and a fair one again. */
async function stretch(
  world: World,
  shape: Partial<Shape>,
  { quick }: Effort,
  seat: Parameters<typeof talk>[1] = { options },
): Promise<Stretch> {
  const { near, id } = await talk(world, seat);
  await pause(FAIR_MS);
  const begin = Date.now();
  await world.relay.shape({ ...FAIR, ...shape });
  await pause(quick ? 12_000 : 20_000);
  const counters = await world.relay.counters();
  await world.relay.shape(FAIR);
  const end = Date.now();
  await pause(FAIR_MS);
  const after = await world.relay.counters();
  await near.invoke(id, 'hangup');
  return { begin, end, counters, after, report: await Reported.of(world, id, NEAR.user) };
}

type Counter = 'packetsLost' | 'retransmittedPacketsReceived' | 'remotePacketsLost';

/** What a counter grew by in the whole call. */
const grown = (report: Reported, name: Counter): number =>
  sum(report.stats.map(({ offhook }) => offhook?.delta?.[name] as number | undefined));

const LOSS = 0.08;

async function loss(world: World, ledger: Ledger, effort: Effort): Promise<void> {
  const { begin, end, counters, report } = await stretch(world, { loss: LOSS }, effort);
  const { down, up } = counters;
  // Nothing is lost outside the stretch, so what the whole call lost is what the relay dropped.
  const lost = grown(report, 'packetsLost');
  const again = grown(report, 'retransmittedPacketsReceived');
  const far = grown(report, 'remotePacketsLost');
  const share = (part: number, whole: number): number => (100 * part) / whole;
  ledger.check(down.packets > 400, `the relay saw ${String(down.packets)} packets only`);
  ledger.compare(
    'lost on the way to the caller',
    '%',
    share(down.dropped, down.packets),
    share(lost + again, down.packets),
    1,
  );
  ledger.compare(
    'lost on the way from the caller, by RTCP',
    '%',
    share(up.dropped, up.packets),
    share(far, up.packets),
    1,
  );
  const middle = report.leg.media?.packetsLost ?? Number.NaN;
  ledger.compare(
    'the same, as the gateway counted',
    '%',
    share(up.dropped, up.packets),
    share(middle, up.packets),
    1,
  );
  placed(
    ledger,
    begin,
    end,
    report.stretch(({ offhook }) => (offhook?.lossPercent?.max ?? 0) > 1),
  );
  warned(ledger, report, 31003, begin, end);
}

function placed(
  ledger: Ledger,
  begin: number,
  end: number,
  found: { readonly from: number; readonly to: number },
): void {
  ledger.compare('the bad stretch begins', 'ms', 0, found.from - begin, PLACE_MS);
  ledger.compare('and ends', 'ms', end - begin, found.to - begin, PLACE_MS);
}

/** Raised within six seconds of the begin, three bad ones among them; cleared within three of the end. */
function warned(
  ledger: Ledger,
  report: Reported,
  code: number,
  begin: number,
  end: number,
  clearMs = 3_000,
): void {
  const { raised, cleared } = report.warnings(code);
  const first = (raised[0] ?? Number.NaN) - begin;
  const last = (cleared.at(-1) ?? Number.NaN) - end;
  ledger.compare(`warning ${String(code)} after the begin`, 'ms', 0, first, 6_000);
  ledger.compare('cleared after the end', 'ms', 0, last, clearMs);
}

const DELAY_MS = 100;
/** A browser asks for a round trip every 2.5 s, and asks again on a path that was slow to answer. */
const SETTLE_MS = 6_000;

/** What is reported is held against the round trips that the relay saw: on a busy machine its timers are late, and so is a check. */
async function delay(world: World, ledger: Ledger, effort: Effort): Promise<void> {
  const thresholds = { rttMs: DELAY_MS };
  const seat = { options: { ...options, qualityThresholds: thresholds } };
  const { begin, end, counters, after, report } = await stretch(
    world,
    { delayMs: DELAY_MS },
    effort,
    seat,
  );
  // Delayed both ways, and no timer to the millisecond.
  const isSlow = ({ ms }: RoundTrip): boolean => ms > 1.5 * DELAY_MS;
  const slow = counters.roundTrips.filter(isSlow);
  const fair = after.roundTrips.filter((trip) => !isSlow(trip));
  ledger.check(slow.length > 1, `the relay delayed ${String(slow.length)} checks only`);
  ledger.check(fair.length > 0, 'the relay saw no check after the bad stretch');
  const wanted = median(slow.map(({ ms }) => ms));
  const within = report.within(begin + SETTLE_MS, end);
  const rtt = median(within.map(({ offhook }) => offhook?.rttMs?.mean));
  ledger.compare('round trip of the bad stretch', 'ms', wanted, rtt, Math.max(0.15 * wanted, 5));
  const far = median(within.map(({ offhook }) => offhook?.remoteRttMs?.mean));
  ledger.compare('the same by RTCP', 'ms', wanted, far);
  // A check that was answered late in a fair stretch is one of its own.
  const found = report.longest(({ offhook }) => (offhook?.rttMs?.min ?? 0) > DELAY_MS);
  const [first, last] = [slow[0]?.at ?? Number.NaN, fair[0]?.at ?? Number.NaN];
  ledger.compare('the bad stretch begins', 'ms', first - begin, found.from - begin, PLACE_MS);
  ledger.compare('and ends', 'ms', last - begin, found.to - begin, PLACE_MS);
  ledger.check(report.warnings(31001).raised.length > 0, 'no warning 31001');
  ledger.check(report.warnings(31001).cleared.length > 0, 'warning 31001 was not cleared');
}

async function jitter(world: World, ledger: Ledger, effort: Effort): Promise<void> {
  const { begin, end, report } = await stretch(world, { jitterMs: 150 }, effort);
  const of = (from: number, to: number): number =>
    mean(report.within(from, to).map(({ offhook }) => offhook?.jitterMs?.mean));
  const [before, bad] = [of(begin - FAIR_MS, begin), of(begin + 2_000, end)];
  ledger.compare('jitter before and in the bad stretch', 'ms', before, bad);
  ledger.check(bad > 10 && bad > 3 * before, 'the bad stretch does not show');
}

async function reference(world: World, ledger: Ledger, effort: Effort): Promise<void> {
  const seat = { sdk: 'reference' as const, options: { enableCallReports: true } };
  const { counters, report } = await stretch(world, { loss: LOSS }, effort, seat);
  const { down } = counters;
  const lost = report.stats.map(({ audio }) => audio?.inbound?.packetsLost ?? 0);
  ledger.compare(
    'lost on the way to the caller',
    '%',
    (100 * down.dropped) / down.packets,
    (100 * Math.max(...lost)) / down.packets,
    1,
  );
  ledger.compare('seconds with statistics', 's', effort.quick ? 24 : 32, report.stats.length, 6);
}

/** Without a namespace the relay cannot tell one browser's packets from another's, and counts both. */
const needsNamespace = true;

export const weather: readonly Trial[] = [
  {
    name: 'loss',
    title: '8 % loss each way for a while',
    suite: true,
    needsNamespace,
    run: loss,
  },
  { name: 'delay', title: '100 ms of delay each way for a while', suite: true, run: delay },
  { name: 'jitter', title: 'up to 150 ms of jitter for a while', suite: false, run: jitter },
  {
    name: 'reference',
    title: 'the unmodified reference SDK behind 8 % loss',
    suite: false,
    needsNamespace,
    run: reference,
  },
];
