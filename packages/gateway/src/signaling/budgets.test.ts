import { afterEach, describe, expect, it } from 'vitest';
import { fakeSdp } from '../media/testing/fake-media-plane.ts';
import { Fixture } from './testing/fixture.ts';
import type { WireClient } from './testing/wire-client.ts';

/**
 * What a sign-in and a call cost in frames. Each is a system call on both ends, and a fifth of what a call costs the gateway
 * (docs/performance.md): one more has to be worth it.
 */
let fixture: Fixture;
afterEach(async () => {
  await fixture.stop();
});

/** Names of what the gateway has sent to a client since the last question. */
function told(client: WireClient): string[] {
  return client.received
    .splice(0)
    .map((frame) => (typeof frame === 'string' ? frame : (frame.method ?? 'reply')))
    .map((name) => name.replace('telnyx_rtc.', ''));
}

describe('Frames of the gateway', () => {
  it('for a sign-in: a reply, clientReady and the state', async () => {
    fixture = await Fixture.start();
    const client = await fixture.register('1001');
    expect(told(client)).toEqual(['reply', 'clientReady', 'reply']);
  });

  it('for a call: four to the caller, three to the callee', async () => {
    fixture = await Fixture.start();
    const [caller, callee] = [await fixture.register('1001'), await fixture.register('1002')];
    for (const client of [caller, callee]) {
      told(client);
    }

    const dialogParams = { callID: 'budget', destination_number: '1002' };
    await caller.request('invite', { sdp: fakeSdp('a'), dialogParams });
    const { callID } = (await callee.next('invite')).params ?? {};
    await callee.request('answer', { sdp: fakeSdp('b'), dialogParams: { callID } });
    await caller.next('answer');
    await caller.request('bye', { dialogParams });
    await callee.next('bye');

    expect(told(caller)).toEqual(['reply', 'ringing', 'answer', 'reply']);
    expect(told(callee)).toEqual(['invite', 'reply', 'bye']);
  });
});
