import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../logging/logger.ts';
import { ManualClock } from '../signaling/testing/manual-clock.ts';
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
  const { port } = server.address() as AddressInfo;
  webhooks = new Webhooks({
    urls: [`http://127.0.0.1:${String(port)}/calls`],
    secret: 'a secret of the receiver',
    pages: 'https://phone.example.com',
    clock,
    logger: silentLogger(),
    onDelivery: (outcome) => outcomes.push(outcome),
    random: () => 0.5,
  });
});
afterEach(async () => {
  await webhooks.close();
  server.closeAllConnections();
  server.close();
});

const settled = (count: number): Promise<void> =>
  vi.waitFor(
    () => {
      expect(outcomes).toHaveLength(count);
    },
    { timeout: 30_000 },
  );

describe('a webhook', () => {
  it('tells of a call that ended, signed, without the session', async () => {
    webhooks.callEnded(call('c1', { events: [] }));
    await settled(1);
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
    webhooks.callEnded(call('c1'));
    await settled(1);
    clock.advance(999);
    expect(received).toHaveLength(1);
    clock.advance(1);
    await settled(2);
    clock.advance(5000);
    await settled(3);
    clock.advance(30_000);
    await settled(4);
    expect(outcomes).toEqual(['retried', 'retried', 'retried', 'delivered']);
    expect(new Set(received.map(({ headers }) => headers['offhook-delivery'])).size).toBe(1);
  });

  it('is given up after the last try, or when the receiver wants no more', async () => {
    answers = Array.from({ length: 8 }, () => 503);
    webhooks.callEnded(call('c1'));
    for (let tries = 1; tries <= 8; tries += 1) {
      await settled(tries);
      clock.advance(3_600_000);
    }
    expect(outcomes.at(-1)).toBe('dropped');
    expect(webhooks.pending).toBe(0);
    answers = [410];
    webhooks.callEnded(call('c2'));
    await settled(9);
    expect(outcomes.at(-1)).toBe('dropped');
  });

  it('never piles up: beyond a thousand they are dropped and counted', async () => {
    answers = Array.from({ length: 5000 }, () => 500);
    for (let index = 0; index < 1500; index += 1) {
      webhooks.callEnded(call(`c${String(index)}`));
    }
    expect(webhooks.pending).toBe(1000);
    expect(outcomes.filter((outcome) => outcome === 'dropped')).toHaveLength(500);
    await webhooks.close();
    expect(webhooks.pending).toBe(0);
    expect(clock.pending).toBe(0);
  });
});
