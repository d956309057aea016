import { afterEach, describe, expect, it, vi } from 'vitest';
import { deferred } from '../deferred.ts';
import { TelnyxRTC } from '../client.ts';
import { CallBench, NOTHING } from '../testing/call-bench.ts';
import { settle } from '../testing/fake-clock.ts';
import { FakeGateway } from '../testing/fake-gateway.ts';
import { FakePlatform } from '../testing/fake-platform.ts';
import { fakeSdp } from '../testing/fake-peer-connection.ts';
import * as lazy from './lazy.ts';
import * as setup from './setup.ts';

vi.mock('./lazy.ts', { spy: true });

afterEach(() => {
  vi.resetAllMocks();
});

/** The network fails while the part is fetched. */
const unreachable = (): void => {
  vi.mocked(lazy.setup).mockRejectedValue(new TypeError('Failed to fetch'));
};

describe('what sets calls up is loaded apart', () => {
  it('a call placed without it ends with an error that says so, and the next one is placed', async () => {
    const bench = new CallBench();
    unreachable();
    const call = await bench.dial();
    expect(call.state).toBe('destroy');
    expect(bench.errorCodes).toEqual([49001]);
    expect(call.creatingPeer).toBe(false);
    expect(bench.signaling.requests).toEqual([]);
    expect(bench.running()).toEqual(NOTHING);
    vi.mocked(lazy.setup).mockReset();
    const next = await bench.dial();
    expect(next.state).toBe('requesting');
  });

  it('an answer without it ends the call with an error that says so, and the caller is told', async () => {
    const bench = new CallBench();
    unreachable();
    const call = await bench.ring();
    await call.answer();
    expect(bench.errorCodes).toEqual([49001]);
    expect(bench.signaling.last('bye').params).toMatchObject({ cause: 'USER_BUSY' });
    bench.signaling.last('bye').reply();
    await settle();
    expect(call.state).toBe('destroy');
    expect(bench.running()).toEqual(NOTHING);
  });

  it('a call that ended while it was loading leaves nothing running, and sends nothing', async () => {
    const bench = new CallBench();
    bench.signaling.ready = false;
    const loaded = deferred<lazy.Setup>();
    vi.mocked(lazy.setup).mockReturnValue(loaded.promise);
    const call = await bench.dial();
    await call.hangup();
    loaded.resolve(setup);
    await settle();
    expect(bench.running()).toEqual(NOTHING);
    expect(bench.signaling.requests).toEqual([]);
    expect(bench.errorCodes).toEqual([]);
  });

  it('a second answer while it is loading is refused, as ever', async () => {
    const bench = new CallBench();
    const call = await bench.ring();
    const answering = Promise.all([call.answer(), call.answer()]);
    expect(bench.warningCodes).toEqual([33006]);
    await answering;
    bench.signaling.last('answer').reply({ sdp: fakeSdp() });
    await settle();
    expect(call.state).toBe('active');
  });

  it('what the gateway says while it is loading is taken in its order when it is there', async () => {
    const bench = new CallBench();
    const loaded = deferred<lazy.Setup>();
    vi.mocked(lazy.setup).mockReturnValue(loaded.promise);
    const call = await bench.ring('in-9');
    const seen: string[] = [];
    call.on('hold', ({ held }) => void seen.push(held ? 'held' : 'resumed'));
    call.on('ended', ({ cause }) => void seen.push(cause));
    await bench.receive('offhook', { callID: 'in-9', event: 'remote_held' });
    await bench.receive('offhook', { callID: 'in-9', event: 'remote_resumed' });
    await bench.receive('bye', { callID: 'in-9', cause: 'ORIGINATOR_CANCEL' });
    expect(call.state).toBe('ringing');
    loaded.resolve(setup);
    await settle();
    expect(seen).toEqual(['held', 'resumed', 'ORIGINATOR_CANCEL']);
    expect(bench.running()).toEqual(NOTHING);
  });

  it('an inbound call of which the gateway says something that nobody can take ends', async () => {
    const bench = new CallBench();
    unreachable();
    const call = await bench.ring();
    await bench.receive('bye', { callID: call.id, cause: 'ORIGINATOR_CANCEL' });
    expect(bench.errorCodes).toEqual([49001]);
    expect(call.state).toBe('hangup');
    expect(bench.running()).toMatchObject({ elements: 0 });
  });

  it('is asked for by connect(), and not before; that it is missing does not disturb the client', async () => {
    const platform = new FakePlatform();
    new FakeGateway(platform);
    const options = { host: 'ws://gw.test:8080', login: '1001', password: 'p' };
    const client = new TelnyxRTC(options, platform);
    unreachable();
    expect(lazy.setup).not.toHaveBeenCalled();
    await client.connect({});
    expect(lazy.setup).toHaveBeenCalledTimes(1);
    expect(client.sessionState).toBe('ready');
    await client.disconnect();
  });
});
