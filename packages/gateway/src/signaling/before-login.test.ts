import { afterEach, describe, expect, it } from 'vitest';
import { Fixture } from './testing/fixture.ts';

let fixture: Fixture;

afterEach(async () => {
  await fixture.stop();
});

const ping = (id: number, padding = 0): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id,
    method: 'telnyx_rtc.ping',
    params: { x: 'x'.repeat(padding) },
  });

describe('a socket that has not signed in', () => {
  it('sends no frame longer than 16 KiB; signed in it may', async () => {
    fixture = await Fixture.start();
    const stranger = await fixture.connect();
    stranger.sendRaw(ping(1, 17_000));
    expect((await stranger.closed).code).toBe(1009);
    expect(fixture.counted).toContain('violation size_before_login');
    const known = await fixture.register('1001');
    known.sendRaw(ping(2, 17_000));
    await known.barrier();
    expect(known.isOpen).toBe(true);
  });

  it('sends few frames', async () => {
    fixture = await Fixture.start({ limits: { framesBeforeLogin: 8 } });
    const stranger = await fixture.connect();
    for (let id = 1; id <= 9; id += 1) {
      stranger.sendRaw(ping(id));
    }
    expect((await stranger.closed).code).toBe(1008);
    expect(fixture.counted).toContain('violation frames_before_login');
  });

  it('is one of few from its address; those that signed in do not count', async () => {
    fixture = await Fixture.start({ limits: { waitingPerAddress: 3 } });
    for (const user of ['1001', '1002', '1003', '1004']) {
      await fixture.register(user);
    }
    const waiting = [await fixture.connect(), await fixture.connect(), await fixture.connect()];
    const refused = await fixture.connect();
    expect((await refused.closed).code).toBe(1013);
    expect(fixture.counted).toContain('violation waiting_per_address');
    const [first] = waiting;
    if (!first) {
      throw new Error('no socket');
    }
    await fixture.drop(first);
    const next = await fixture.connect();
    await next.barrier();
    expect(next.isOpen).toBe(true);
  });
});
