import { describe, expect, it } from 'vitest';
import { WorkQueue } from './work-queue.ts';

function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('the work queue', () => {
  it('runs so many at once, in order, and refuses what does not fit', async () => {
    const queue = new WorkQueue({ concurrency: 2, maxWaiting: 1, maxPerKey: 10 });
    const gates = [gate(), gate(), gate()];
    const started: number[] = [];
    const runs = gates.map(async (each, index) =>
      queue.run('a', async () => {
        started.push(index);
        await each.opened;
        return index;
      }),
    );
    expect(started).toEqual([0, 1]);
    expect(queue.run('b', () => Promise.resolve(9))).toBeNull();
    expect(queue.backlog).toBe(2);
    gates[1]?.open();
    await runs[1];
    await Promise.resolve();
    expect(started).toEqual([0, 1, 2]);
    gates[0]?.open();
    gates[2]?.open();
    expect(await Promise.all(runs)).toEqual([0, 1, 2]);
    expect(queue.backlog).toBe(0);
  });

  it('lets one key take only its share', async () => {
    const queue = new WorkQueue({ concurrency: 1, maxWaiting: 100, maxPerKey: 2 });
    const work = () => Promise.resolve('done');
    const first = queue.run('greedy', work);
    const second = queue.run('greedy', work);
    expect(queue.run('greedy', work)).toBeNull();
    expect(await queue.run('other', work)).toBe('done');
    await Promise.all([first, second]);
    expect(await queue.run('greedy', work)).toBe('done');
  });

  it('goes on after work that failed', async () => {
    const queue = new WorkQueue({ concurrency: 1, maxWaiting: 5, maxPerKey: 5 });
    const failing = queue.run('a', () => Promise.reject(new Error('no')));
    const next = queue.run('a', () => Promise.resolve(1));
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe(1);
  });
});
