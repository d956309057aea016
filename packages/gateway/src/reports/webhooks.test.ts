import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../logging/logger.ts';
import { ManualClock } from '../signaling/testing/manual-clock.ts';
import { MemoryOutbox } from './memory-outbox.ts';
import { MAX_WAITING } from './outbox.ts';
import type { Outbox } from './outbox.ts';
import { call } from './testing/samples.ts';
import { Webhooks, sign } from './webhooks.ts';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server;
let received: Received[];
/** How the receiver answers, in turn; then 204. 0: not at all. */
let answers: number[];
let outcomes: string[];
let clock: ManualClock;
let webhooks: Webhooks;
let outbox: MemoryOutbox;

function open(kept: Outbox): Webhooks {
  const { port } = server.address() as AddressInfo;
  return new Webhooks({
    urls: [`http://127.0.0.1:${String(port)}/calls`],
    secret: 'a secret of the receiver',
    pages: 'https://phone.example.com',
    outbox: kept,
    clock,
    logger: silentLogger(),
    onDelivery: (outcome) => outcomes.push(outcome),
    random: () => 0.5,
  });
}

beforeEach(async () => {
  received = [];
  answers = [];
  outcomes = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push({ headers: request.headers, body });
      const status = answers.shift() ?? 204;
      if (status === 0) {
        request.socket.destroy();
      } else {
        response.writeHead(status).end();
      }
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  clock = new ManualClock();
  outbox = new MemoryOutbox();
  webhooks = open(outbox);
});
afterEach(async () => {
  await webhooks.close();
  server.closeAllConnections();
  server.close();
});

/** So many attempts have come to something, and what comes next is planned. */
const settled = (count: number, waiting = 1): Promise<void> =>
  vi.waitFor(
    () => {
      expect(outcomes).toHaveLength(count);
      expect(webhooks.waiting.count).toBe(waiting);
      expect(clock.pending).toBe(waiting === 0 ? 0 : 1);
    },
    { timeout: 30_000 },
  );

describe('a webhook', () => {
  it('tells of a call that ended, signed, without the session', async () => {
    await webhooks.callEnded(call('c1', { events: [] }));
    await settled(1, 0);
    const [{ headers, body } = { headers: {}, body: '' }] = received;
    const told = JSON.parse(body) as Record<string, unknown>;
    expect(told).toMatchObject({
      event: 'call.ended',
      call: {
        id: 'c1',
        cause: 'NORMAL_CLEARING',
        endedAt: '2023-11-14T22:14:23.000Z',
        page: 'https://phone.example.com/quality/calls/c1',
        legs: [{ user: '1001' }, { user: '1002' }],
      },
    });
    expect(body).not.toContain('session');
    const [, time = '', signature] =
      /^t=(\d+),v1=(\w+)$/.exec(String(headers['offhook-signature'])) ?? [];
    expect(signature).toBe(sign('a secret of the receiver', time, body));
    expect(headers['offhook-delivery']).toBe(told['id']);
    expect(outcomes).toEqual(['delivered']);
  });

  it('is sent again after a failure, later and later, as the same delivery', async () => {
    answers = [500, 0, 302];
    await webhooks.callEnded(call('c1'));
    await settled(1);
    clock.advance(999);
    expect(received).toHaveLength(1);
    clock.advance(1);
    await settled(2);
    clock.advance(5000);
    await settled(3);
    clock.advance(30_000);
    await settled(4, 0);
    expect(outcomes).toEqual(['retried', 'retried', 'retried', 'delivered']);
    expect(new Set(received.map(({ headers }) => headers['offhook-delivery'])).size).toBe(1);
  });

  it('is given up when it is three days old, or the receiver wants no more', async () => {
    answers = Array.from({ length: 50 }, () => 503);
    await webhooks.callEnded(call('c1'));
    const began = clock.now();
    let tries = 1;
    for (; outcomes.at(-1) !== 'dropped'; tries += 1) {
      await vi.waitFor(
        () => {
          expect(outcomes).toHaveLength(tries);
          expect(clock.pending).toBe(outcomes.at(-1) === 'dropped' ? 0 : 1);
        },
        { timeout: 30_000 },
      );
      clock.advance(3 * 3_600_000);
    }
    const hours = (clock.now() - began) / 3_600_000;
    expect(hours).toBeGreaterThan(69);
    expect(hours).toBeLessThanOrEqual(75);
    answers = [410];
    await webhooks.callEnded(call('c2'));
    await settled(tries, 0);
    expect(outcomes.at(-1)).toBe('dropped');
  });

  it('never piles up: beyond what may wait they are dropped and counted', async () => {
    answers = Array.from({ length: 20 }, () => 500);
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${String(port)}/calls`;
    const waiting = Array.from({ length: MAX_WAITING }, (_, index) => {
      const id = String(index);
      return { id, call: id, url, body: '{}', createdAt: clock.now() };
    });
    await outbox.addDeliveries(waiting);
    await webhooks.callEnded(call('c1'));
    expect(outcomes).toEqual(['dropped']);
  });

  it('is delivered from memory while the disk takes nothing, and kept with the rest when it does', async () => {
    let works = false;
    const disk: Outbox = {
      addDeliveries: (list) =>
        works ? outbox.addDeliveries(list) : Promise.reject(new Error('full')),
      takeDeliveries: (request) =>
        works ? outbox.takeDeliveries(request) : Promise.reject(new Error('full')),
      settleDelivery: (request) => outbox.settleDelivery(request),
    };
    webhooks = open(disk);
    await expect(webhooks.callEnded(call('c1'))).rejects.toThrow('full');
    await settled(1, 0);
    expect(outcomes).toEqual(['delivered']);
    answers = [500];
    await expect(webhooks.callEnded(call('c2'))).rejects.toThrow('full');
    await settled(2);
    works = true;
    await webhooks.close();
    expect(outbox.all).toMatchObject([{ call: 'c2' }]);
    expect(clock.pending).toBe(0);
  });

  it('that hangs for one receiver is not waited for by another', async () => {
    const hanging = createServer(() => undefined);
    await new Promise<void>((resolve) => void hanging.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const both = new Webhooks({
      urls: [
        `http://127.0.0.1:${String((hanging.address() as AddressInfo).port)}/`,
        `http://127.0.0.1:${String(port)}/calls`,
      ],
      secret: 'a secret of the receiver',
      outbox,
      clock,
      logger: silentLogger(),
      onDelivery: (outcome) => outcomes.push(outcome),
    });
    for (let index = 0; index < 20; index += 1) {
      await both.callEnded(call(`c${String(index)}`));
    }
    await vi.waitFor(
      () => {
        expect(received).toHaveLength(20);
      },
      { timeout: 30_000 },
    );
    hanging.closeAllConnections();
    hanging.close();
    await both.close();
    expect(outbox.all).toHaveLength(20);
  });
});
