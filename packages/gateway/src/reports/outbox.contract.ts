import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_WAITING } from './outbox.ts';
import type { NewDelivery, Outbox, Taken } from './outbox.ts';

const URL_A = 'https://a.example.com/calls';
const URL_B = 'https://b.example.com/calls';
const NOW = 1_700_000_000_000;
const LEASE_MS = 30_000;

export interface OpenOutbox {
  readonly outbox: Outbox;
  close(): Promise<void> | void;
}

/** What every outbox does. */
export function describeOutbox(name: string, open: () => Promise<OpenOutbox>): void {
  describe(`${name} as an outbox`, () => {
    let opened: OpenOutbox;
    let outbox: Outbox;
    beforeEach(async () => {
      opened = await open();
      outbox = opened.outbox;
    });
    afterEach(() => opened.close());

    const delivery = (id: string, more: Partial<NewDelivery> = {}): NewDelivery => ({
      id,
      call: `call of ${id}`,
      url: URL_A,
      body: `{"id":"${id}"}`,
      createdAt: NOW,
      ...more,
    });
    const take = (now: number, more: { url?: string; limit?: number } = {}): Promise<Taken> =>
      outbox.takeDeliveries({ url: URL_A, now, until: now + LEASE_MS, limit: 10, ...more });
    const ids = ({ due }: Taken): string[] => due.map(({ id }) => id);

    it('hands out what is due, in order, for one address, and to nobody else meanwhile', async () => {
      const other = delivery('b1', { url: URL_B });
      expect(await outbox.addDeliveries([delivery('a1'), other, delivery('a2')])).toBe(0);
      const taken = await take(NOW);
      expect(taken.due).toEqual([
        { id: 'a1', body: '{"id":"a1"}', createdAt: NOW, attempts: 1 },
        { id: 'a2', body: '{"id":"a2"}', createdAt: NOW, attempts: 1 },
      ]);
      expect(taken).toMatchObject({ nextAt: NOW + LEASE_MS, waiting: 2, oldestAt: NOW });
      expect(await take(NOW + LEASE_MS - 1)).toMatchObject({ due: [], waiting: 2 });
      expect(ids(await take(NOW, { url: URL_B }))).toEqual(['b1']);
    });

    it('hands out again what nobody settled, and then listens to the latest only', async () => {
      await outbox.addDeliveries([delivery('a1')]);
      await take(NOW);
      const [again] = (await take(NOW + LEASE_MS)).due;
      expect(again).toMatchObject({ id: 'a1', attempts: 2 });
      // The first one comes back after all.
      await outbox.settleDelivery({ id: 'a1', attempts: 1, dueAt: null });
      expect(await take(NOW + LEASE_MS)).toMatchObject({ waiting: 1 });
      await outbox.settleDelivery({ id: 'a1', attempts: 2, dueAt: null });
      expect(await take(NOW + 9 * LEASE_MS)).toEqual({
        due: [],
        nextAt: null,
        waiting: 0,
        oldestAt: null,
      });
    });

    it('hands out what failed when it is to be tried again, and no sooner', async () => {
      await outbox.addDeliveries([delivery('a1')]);
      await take(NOW);
      await outbox.settleDelivery({ id: 'a1', attempts: 1, dueAt: NOW + 5000 });
      expect(await take(NOW + 4999)).toMatchObject({ due: [], nextAt: NOW + 5000 });
      expect(ids(await take(NOW + 5000))).toEqual(['a1']);
    });

    it('keeps the order of one call, whatever becomes of the first', async () => {
      const call = 'c1';
      const both = [delivery('first', { call }), delivery('second', { call }), delivery('apart')];
      await outbox.addDeliveries(both);
      expect(ids(await take(NOW))).toEqual(['first', 'apart']);
      await outbox.settleDelivery({ id: 'first', attempts: 1, dueAt: NOW + 5000 });
      await outbox.settleDelivery({ id: 'apart', attempts: 1, dueAt: null });
      const waits = await take(NOW + 10);
      expect(waits).toMatchObject({ due: [], nextAt: NOW + 5000, waiting: 2 });
      expect(ids(await take(NOW + 5000))).toEqual(['first']);
      await outbox.settleDelivery({ id: 'first', attempts: 2, dueAt: null });
      expect(ids(await take(NOW + 5000))).toEqual(['second']);
    });

    it('hands out no more than is asked for', async () => {
      await outbox.addDeliveries(['a1', 'a2', 'a3'].map((id) => delivery(id)));
      expect(await take(NOW, { limit: 2 })).toMatchObject({ due: [{}, {}], nextAt: NOW });
      expect(ids(await take(NOW))).toEqual(['a3']);
    });

    it('takes so many for one address and no more, and those for others all the same', async () => {
      const many = Array.from({ length: MAX_WAITING + 3 }, (_, index) =>
        delivery(`a${String(index)}`),
      );
      expect(await outbox.addDeliveries(many)).toBe(3);
      expect(await outbox.addDeliveries([delivery('b1', { url: URL_B })])).toBe(0);
      expect(await take(NOW, { limit: 1 })).toMatchObject({ waiting: MAX_WAITING });
    });
  });
}
