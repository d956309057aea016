/** Prints how many bytes a call keeps of objects that nobody has any more, while a thread may still compile what it called. */
import { collectGarbage } from './garbage.ts';

function hand(count: number, each: (at: number) => void): void {
  for (let at = 0; at < count; at += 1) {
    each(at);
  }
}

function forgetful(): void {
  const kept: object[] = [];
  hand(100_000, (at) => kept.push({ at, also: [at, at] }));
}

collectGarbage();
const before = process.memoryUsage().heapUsed;
forgetful();
collectGarbage();
process.stdout.write(String(process.memoryUsage().heapUsed - before));
