import { describe, expect, it } from 'vitest';
import { CallBench } from '../testing/call-bench.ts';
import { fakeSdp } from '../testing/fake-peer-connection.ts';
import { settle } from '../testing/fake-clock.ts';

const invite = (callID: string) => ({ callID, sdp: fakeSdp(), caller_id_number: '1003' });

describe('The calls of one client', () => {
  it('a call with the id of a live one is refused with 44002, and the live one goes on', async () => {
    const bench = new CallBench();
    const call = await bench.connect({ id: 'mine' });
    expect(() => bench.registry.newCall({ destinationNumber: '1002', id: 'mine' })).toThrow(
      expect.objectContaining({ code: 44002 }),
    );
    expect(call.state).toBe('active');
    expect(bench.registry.calls['mine']).toBe(call);
    expect(bench.webrtc.running()).toMatchObject({ peers: 1, tracks: 1 });
    void call.hangup({}, false);
    await settle();
    expect(bench.running()).toMatchObject({ timers: 0, peers: 0, tracks: 0 });
  });

  it('an id may be used again when its call is over, and the gateway may offer that one', async () => {
    const bench = new CallBench();
    void (await bench.connect({ id: 'mine' })).hangup({}, false);
    await settle();
    const again = await bench.connect({ id: 'mine' });
    expect(again.state).toBe('active');
  });

  it.each([null, undefined, {}, 'x', 5])('newCall(%j) throws 44002', (given) => {
    const { registry } = new CallBench();
    expect(() => registry.newCall(given as never)).toThrow(
      expect.objectContaining({ code: 44002 }),
    );
  });

  it('while the client signs out callers are told that nobody is there, and nothing rings', async () => {
    const bench = new CallBench();
    void bench.registry.endAll({ bye: true, purge: true, initiator: 'sdk:disconnect' });
    await bench.receive('invite', invite('late'));
    expect(bench.registry.calls['late']).toBeUndefined();
    expect(bench.signaling.last('bye').params).toMatchObject({
      dialogParams: { callID: 'late' },
      cause: 'SUBSCRIBER_ABSENT',
      causeCode: 20,
    });
    expect(bench.webrtc.elements).toEqual([]);
    bench.registry.open();
    await bench.receive('invite', invite('next'));
    expect(bench.registry.calls['next']?.state).toBe('ringing');
  });
});
