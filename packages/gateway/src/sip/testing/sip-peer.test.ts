import { expect, it } from 'vitest';
import { dial } from '../../signaling/testing/fixture.ts';
import { SipSetting } from './setting.ts';

it('what a gateway sends again, because the machine was busy, is no further request to a test', async () => {
  const { fixture, peer } = await (await SipSetting.start()).up();
  const ann = await fixture.register('1001');
  let isBusy = true;
  peer.drop = (message) => {
    if (isBusy && typeof message !== 'string' && message.kind === 'request') {
      isBusy = false;
      // Longer than timer A (RFC 3261, 17.1.1.2), in this process and thus for both sides.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700);
    }
    return false;
  };
  await dial(ann, '+494011122');
  (await peer.request('INVITE')).reply(486);
  await ann.next('bye');
  await peer.request('ACK');
  expect(peer.copies).toBeGreaterThan(0);
  const invites = peer.received.filter(
    (each) => each.kind === 'request' && each.method === 'INVITE',
  );
  expect(invites).toHaveLength(1);

  await dial(ann, '+494011133');
  const { request, reply } = await peer.request('INVITE');
  expect(request.uri).toContain('+494011133');
  reply(486);
  await ann.next('bye');
});
