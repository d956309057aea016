import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { ApiKeyGate } from './api-key-gate.ts';

describe('keys while their database is locked', () => {
  it('are answered at once: it is asked once in a second, however many programs come', async () => {
    let now = 0;
    let asked = 0;
    const gate = new ApiKeyGate({
      keys: {
        check: () => {
          asked += 1;
          throw new Error('database is locked');
        },
      },
      monotonic: () => now,
      requestsPerMinute: 600,
      failuresPerMinute: 600,
    });
    const app = Fastify();
    app.get('/', (_request, reply) => {
      gate.admit('ohk_12345678', '192.0.2.1', 'calls:read', reply);
      return reply;
    });
    const ask = async (): Promise<unknown> => (await app.inject('/')).json();
    for (let count = 0; count < 5; count += 1) {
      expect(await ask()).toMatchObject({ error: 'busy' });
    }
    expect(asked).toBe(1);
    now += 1000;
    await ask();
    expect(asked).toBe(2);
    await app.close();
  });
});
