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
    const queue = new WorkQueue({ concurrency: 2, maxWaiting: 1, maxPerKey: 10, reserved: 0 });
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
    expect(queue.run('a', () => Promise.resolve(9))).toBeNull();
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
    const queue = new WorkQueue({ concurrency: 1, maxWaiting: 100, maxPerKey: 2, reserved: 0 });
    const work = () => Promise.resolve('done');
    const first = queue.run('greedy', work);
    const second = queue.run('greedy', work);
    expect(queue.run('greedy', work)).toBeNull();
    expect(await queue.run('other', work)).toBe('done');
    await Promise.all([first, second]);
    expect(await queue.run('greedy', work)).toBe('done');
  });

  it('goes on after work that failed', async () => {
    const queue = new WorkQueue({ concurrency: 1, maxWaiting: 5, maxPerKey: 5, reserved: 0 });
    const failing = queue.run('a', () => Promise.reject(new Error('no')));
    const next = queue.run('a', () => Promise.resolve(1));
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe(1);
  });

  it('lets twenty addresses that fill it keep out neither another one nor who is preferred', async () => {
    const queue = new WorkQueue({ concurrency: 1, maxWaiting: 64, maxPerKey: 16, reserved: 2 });
    const order: string[] = [];
    const { opened, open } = gate();
    const ask = (key: string, preferred = false) =>
      queue.run(
        key,
        async () => {
          order.push(key);
          await opened;
          return key;
        },
        { mayUseReserved: preferred, comesFirst: preferred },
      );
    const flood = Array.from({ length: 20 * 16 }, (_, index) => ask(`f${String(index % 20)}`));
    const refused = flood.filter((each) => each === null).length;
    expect(refused).toBeGreaterThan(200);
    const stranger = ask('stranger');
    const admin = ask('admin', true);
    const other = ask('other', true);
    expect(stranger).not.toBeNull();
    expect(admin).not.toBeNull();
    expect(other).not.toBeNull();
    open();
    expect(await Promise.all([stranger, admin, other])).toEqual(['stranger', 'admin', 'other']);
    const settled = await Promise.all(flood.filter((each) => each !== null));
    // One of the flood gave its place up.
    expect(settled.filter((each) => each === null)).toHaveLength(1);
    expect(order.slice(1, 4)).toEqual(['admin', 'other', 'stranger']);
    expect(queue.backlog).toBe(0);
  });

  it('gives others every fourth turn, however many come first', async () => {
    const queue = new WorkQueue({ concurrency: 1, maxWaiting: 64, maxPerKey: 16, reserved: 64 });
    const order: string[] = [];
    const { opened, open } = gate();
    const ask = (key: string, preferred: boolean) =>
      queue.run(
        key,
        async () => {
          order.push(preferred ? 'known' : key);
          await opened;
        },
        { mayUseReserved: preferred, comesFirst: preferred },
      );
    // One user who signed in rightly at many addresses, and sends wrong passwords from all of them.
    const known = Array.from({ length: 40 }, (_, index) => ask(`k${String(index)}`, true));
    const strangers = [ask('ann', false), ask('bob', false)];
    open();
    await Promise.all([...known, ...strangers]);
    expect(order.indexOf('ann')).toBeLessThanOrEqual(4);
    expect(order.indexOf('bob')).toBeLessThanOrEqual(8);
  });
});
