import type { GatewayParams } from '@offhook/protocol';
import { describe, expect, it } from 'vitest';
import { CallBench } from '../testing/call-bench.ts';
import { settle } from '../testing/fake-clock.ts';
import { fakeSdp } from '../testing/fake-peer-connection.ts';

/** What the next page finds of these calls. */
const reload = (bench: CallBench): unknown[] =>
  JSON.parse(JSON.stringify(bench.registry.markers())) as unknown[];

const attach = (callID: string, offhook?: GatewayParams['attach']['offhook']) => ({
  callID,
  sdp: fakeSdp('again'),
  caller_id_number: '1003',
  callee_id_number: '1001',
  display_direction: 'outbound',
  ...(offhook ? { offhook } : {}),
});

describe('A page that was reloaded', () => {
  it('has every call back, with hold, mute, headers, direction and the time of its answer; nothing rings', async () => {
    const before = new CallBench();
    const one = await before.connect({ customHeaders: [{ name: 'X-Order', value: '1' }] });
    one.muteAudio();
    const two = await before.accept('in-2');
    const held = two.hold();
    await settle();
    before.signaling.last('modify').reply({ holdState: 'held' });
    await held;
    const markers = reload(before);

    const after = new CallBench();
    after.registry.restore(markers);
    await after.platform.clock.advance(5_000);
    await after.receive('attach', attach(one.id));
    await after.receive('attach', attach(two.id));
    after.registry.onReattachedSessions([one.id, two.id]);
    for (const request of after.signaling.of('attach')) {
      request.reply();
    }
    await settle();
    expect(after.registry.calls[one.id]).toMatchObject({
      state: 'active',
      direction: 'outbound',
      isAudioMuted: true,
      answeredAt: one.answeredAt,
      options: { customHeaders: [{ name: 'X-Order', value: '1' }] },
    });
    expect(after.registry.calls[two.id]).toMatchObject({ state: 'held', direction: 'inbound' });
    expect(after.steps.map(({ state }) => state)).not.toContain('ringing');
    expect(after.errors).toEqual([]);
  });

  it('believes the gateway where that knows better', async () => {
    const before = new CallBench();
    const call = await before.connect();
    const after = new CallBench();
    after.registry.restore(reload(before));
    const offhook = { direction: 'inbound', held: true, talkedMs: 60_000 } as const;
    await after.receive('attach', attach(call.id, offhook));
    after.signaling.last('attach').reply();
    await settle();
    expect(after.registry.calls[call.id]).toMatchObject({
      state: 'held',
      direction: 'inbound',
      answeredAt: after.platform.now() - 60_000,
    });
  });

  it('is told once of each call that the gateway has no more', async () => {
    const before = new CallBench();
    const kept = await before.connect();
    const gone = await before.connect({ customHeaders: [{ name: 'X-Order', value: '2' }] });
    const after = new CallBench();
    after.registry.restore(reload(before));
    await after.receive('attach', attach(kept.id));
    after.registry.onReattachedSessions([kept.id]);
    after.registry.onReattachedSessions([kept.id]);
    await settle();
    expect(after.errors).toEqual([
      {
        code: 48501,
        fatal: true,
        extras: { callId: gone.id, customHeaders: [{ name: 'X-Order', value: '2' }] },
      },
    ]);
  });

  it('takes nothing in the storage for granted', async () => {
    const after = new CallBench();
    const odd = {
      muted: 'yes',
      held: 1,
      direction: 'up',
      remoteElement: {},
      customHeaders: [{}, null],
    };
    after.registry.restore([null, 7, 'x', {}, { id: 5 }, { id: 'a', ...odd }]);
    await after.receive('attach', attach('a'));
    expect(after.registry.calls['a']).toMatchObject({ state: 'recovering', isAudioMuted: false });
    after.registry.onReattachedSessions(['a']);
    await settle();
    expect(after.errors).toEqual([]);
  });
});
