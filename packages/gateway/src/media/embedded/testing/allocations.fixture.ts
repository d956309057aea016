/**
 * A program: relays packets of one real call through the media engine and prints how many bytes of memory each of them costs. Nothing
 * is collected meanwhile, so the figure is what is allocated, the same each time. Run with `--expose-gc --min-semi-space-size=256`
 * (MiB) and as much for the most.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { noPackets } from '../../../load/media-end.ts';
import type { RtpClock } from '../../../load/rtp-clock.ts';
import { RtpEnd } from '../../../load/rtp-end.ts';
import { isRtcp } from '../rtp/rtp.ts';
import { LocalEngine } from './local-engine.ts';

const WARM_UP = 3000;
const PACKETS = 10_000;

type Datagram = Parameters<LocalEngine['hub']['datagram']>;

/** RFC 7983, 7. */
const isRtp = (data: Buffer): boolean => {
  const [first = 0] = data;
  return first >= 128 && first < 192 && !isRtcp(data);
};

/** Of two ends that talk only when they are told to. */
const ticks: (() => void)[] = [];
const clock = {
  add(tick: () => void) {
    ticks.push(tick);
    return () => undefined;
  },
} as unknown as RtpClock;

const engine = await LocalEngine.start({}, { packetsPerSecond: 1e6, bytesPerSecond: 1e9 });
const totals = noPackets();
const [a, b] = [new RtpEnd(clock, totals), new RtpEnd(clock, totals)];
const call = 'call';
const { sdp, codec } = engine.run('offer', { call, leg: 'a', sdp: await a.offer() });
const offer = engine.run('createOffer', { call, leg: 'b', codecs: [codec] });
await a.accept(sdp);
engine.run('answer', { call, leg: 'b', sdp: await b.answer(offer.sdp) });
engine.run('connect', { call, a: 'a', b: 'b' });
while (totals.connected < 2) {
  await new Promise((resolve) => setTimeout(resolve, 10));
}

// What one end says is kept, and given to the engine later, all at once.
const { hub } = engine;
const deliver = hub.datagram.bind(hub);
const kept: Datagram[] = [];
hub.datagram = (...args: Datagram) => {
  if (isRtp(args[1])) {
    kept.push([args[0], Buffer.from(args[1]), args[2], args[3]]);
  } else {
    deliver(...args);
  }
};
const [say] = ticks;
while (kept.length < WARM_UP + PACKETS) {
  for (let count = 0; count < 20; count += 1) {
    say?.();
  }
  await new Promise((resolve) => setImmediate(resolve));
}
let passed = 0;
engine.drop = (data) => {
  if (isRtp(data)) {
    passed += 1;
  }
  return true;
};

const collections: number[] = [];
new PerformanceObserver((list) => {
  for (const { startTime } of list.getEntries()) {
    collections.push(startTime);
  }
}).observe({ entryTypes: ['gc'] });
for (const args of kept.slice(0, WARM_UP)) {
  deliver(...args);
}
const measured = kept.slice(WARM_UP, WARM_UP + PACKETS);
for (let times = 0; times < 3; times += 1) {
  globalThis.gc?.();
  await new Promise((resolve) => setTimeout(resolve, 50));
}
passed = 0;
const from = performance.now();
const before = process.memoryUsage();
for (const args of measured) {
  deliver(...args);
}
const after = process.memoryUsage();
const to = performance.now();
const relayed = passed;
await new Promise((resolve) => setTimeout(resolve, 50));
process.stdout.write(
  `${JSON.stringify({
    heap: (after.heapUsed - before.heapUsed) / PACKETS,
    buffers: (after.arrayBuffers - before.arrayBuffers) / PACKETS,
    relayed,
    collections: collections.filter((time) => time >= from && time <= to).length,
  })}\n`,
  () => process.exit(),
);
