import { afterEach, describe, expect, it } from 'vitest';
import { EmbeddedMediaPlane } from '../embedded/plane.ts';
import type { MediaEvent } from '../media-plane.ts';
import { Party } from '../testing/party.ts';
import { leastLoaded, MediaNode } from './media-node.ts';
import type { NodeOptions } from './media-node.ts';
import { RtpengineMediaPlane } from './plane.ts';
import { TestRtpengine } from './testing/rtpengine.ts';

const logger = { info: () => {}, warn: () => {}, error: () => {} };

describe('several rtpengines', () => {
  const undo: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const each of undo.splice(0).reverse()) {
      await each();
    }
  });

  async function rtpengine(firstPort: number): Promise<TestRtpengine> {
    const made = await TestRtpengine.start(firstPort);
    undo.push(() => made.stop());
    return made;
  }

  async function plane(nodes: readonly NodeOptions[], disconnectedMs = 5_000) {
    const made = new RtpengineMediaPlane(
      { nodes, disconnectedMs, failedMs: 30_000, logger },
      new EmbeddedMediaPlane({ workers: 1, bind: ['127.0.0.1'] }),
    );
    const events: MediaEvent[] = [];
    made.subscribe((event) => events.push(event));
    undo.push(() => made.close());
    await made.start();
    return { made, events };
  }

  async function offerOf(): Promise<{ party: Party; sdp: string }> {
    const party = await Party.create();
    undo.push(() => party.close());
    return { party, sdp: await party.offer() };
  }

  it('share legs out by their weight; one with weight 0 gets none', () => {
    const handlers = { changed: () => {}, lost: () => {} };
    const [a, b, c] = [1, 3, 0].map((weight, index) => {
      const node = new MediaNode({ address: '127.0.0.1', port: index + 1, weight }, handlers);
      Object.defineProperty(node, 'isUp', { value: true });
      return node;
    });
    if (!a || !b || !c) {
      throw new Error('three nodes');
    }
    for (let leg = 0; leg < 40; leg += 1) {
      leastLoaded([a, b, c], new Set())?.carry();
    }
    expect([a.legs, b.legs, c.legs]).toEqual([10, 30, 0]);
    expect(leastLoaded([a, b, c], new Set([a, b]))).toBeNull();
  });

  it('a dead one takes no new legs, and those that it had are lost', async () => {
    const [first, second] = [await rtpengine(43_000), await rtpengine(44_000)];
    const { made, events } = await plane([
      { ...first.ng, weight: 1 },
      { ...second.ng, weight: 1 },
    ]);
    for (const leg of ['a', 'b']) {
      const { sdp } = await offerOf();
      await made.offer({ call: 'call', leg, sdp });
    }
    expect(made.nodes.map(({ legs }) => legs)).toEqual([1, 1]);
    first.kill();
    // While nobody has noticed yet, the next node is asked.
    const { party, sdp } = await offerOf();
    const answer = await made.offer({ call: 'call', leg: 'c', sdp });
    await party.accept(answer.sdp);
    await party.connected();
    expect(made.nodes[1]?.legs).toBe(2);
    await expect
      .poll(() => events.filter(({ type }) => type === 'lost'), { timeout: 20_000 })
      .toMatchObject([{ call: 'call', leg: 'a' }]);
    expect(made.nodes.map(({ up, legs }) => [up, legs])).toEqual([
      [false, 0],
      [true, 2],
    ]);
    await expect
      .poll(async () => (await made.query('call')).map(({ leg }) => leg).sort())
      .toEqual(['b', 'c']);
  }, 60_000);

  it('one that was started again has lost its legs, and takes new ones', async () => {
    const first = await rtpengine(43_000);
    const { made, events } = await plane([{ ...first.ng, weight: 1 }]);
    const one = await offerOf();
    await made.offer({ call: 'call', leg: 'a', sdp: one.sdp });
    await first.stop();
    const again = await TestRtpengine.start(43_000, first.ng.port);
    undo.push(() => again.stop());
    await expect
      .poll(() => events.filter(({ type }) => type === 'lost'), { timeout: 20_000 })
      .toMatchObject([{ call: 'call', leg: 'a' }]);
    await expect.poll(() => made.nodes[0]?.up, { timeout: 20_000 }).toBe(true);
    const two = await offerOf();
    await made.offer({ call: 'call', leg: 'b', sdp: two.sdp });
  }, 60_000);

  it('none that answers: a call is refused for want of capacity', async () => {
    const first = await rtpengine(43_000);
    await first.stop();
    const { made } = await plane([{ ...first.ng, weight: 1 }]);
    const { sdp } = await offerOf();
    await expect(made.offer({ call: 'call', leg: 'a', sdp })).rejects.toMatchObject({
      code: 'no_capacity',
    });
    expect(await made.query('call')).toEqual([]);
  }, 60_000);

  it('a leg that is deleted while rtpengine is asked leaves nothing behind', async () => {
    const first = await rtpengine(43_000);
    const { made } = await plane([{ ...first.ng, weight: 1 }]);
    const { sdp } = await offerOf();
    for (const open of [
      () => made.offer({ call: 'call', leg: 'a', sdp }),
      () => made.createOffer({ call: 'call', leg: 'a', codecs: ['opus'] }),
    ]) {
      const opening = open();
      const refused = expect(opening).rejects.toMatchObject({ code: 'unknown_leg' });
      // From here to the deletion nothing can come from rtpengine.
      for (let turns = 0; made.nodes[0]?.legs === 0 && turns < 1_000; turns += 1) {
        await Promise.resolve();
      }
      await made.delete({ call: 'call', leg: 'a' });
      await refused;
      expect(made.nodes[0]?.legs).toBe(0);
      await expect.poll(() => made.query('call')).toEqual([]);
    }
  }, 60_000);

  it('a plane that is closed while rtpengine is asked refuses it, and nothing else fails', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => {
      unhandled.push(error);
    };
    process.on('unhandledRejection', note);
    undo.push(() => {
      process.off('unhandledRejection', note);
    });
    const first = await rtpengine(43_000);
    const { made } = await plane([{ ...first.ng, weight: 1 }]);
    const { sdp } = await offerOf();
    const refused = expect(made.offer({ call: 'call', leg: 'a', sdp })).rejects.toThrow();
    for (let turns = 0; made.nodes[0]?.legs === 0 && turns < 1_000; turns += 1) {
      await Promise.resolve();
    }
    await made.close();
    await refused;
    // Node tells of what nobody caught when the turn is over.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(unhandled).toEqual([]);
  }, 60_000);

  it('one that dies before a page of its own has taken over harms no leg of another node', async () => {
    const [first, second] = [await rtpengine(43_000), await rtpengine(44_000)];
    const { made, events } = await plane([
      { ...first.ng, weight: 1 },
      { ...second.ng, weight: 1 },
    ]);
    const { party, sdp } = await offerOf();
    await party.accept((await made.offer({ call: 'call', leg: 'a', sdp })).sdp);
    await party.connected();
    await made.createOffer({ call: 'call', leg: 'a', codecs: ['opus'], replacePeer: true });
    expect(made.nodes.map(({ legs }) => legs)).toEqual([1, 1]);
    second.kill();
    await expect.poll(() => made.nodes[1]?.legs, { timeout: 20_000 }).toBe(0);
    expect(events.filter(({ type }) => type === 'lost')).toEqual([]);
    expect(made.nodes[0]?.legs).toBe(1);
    await made.createOffer({ call: 'call', leg: 'a', codecs: ['opus'], replacePeer: true });
  }, 60_000);

  it('a page that never sent audio stays connected; one that stops is disconnected, until it goes on', async () => {
    const first = await rtpengine(43_000);
    const { made, events } = await plane([{ ...first.ng, weight: 1 }], 1_000);
    const { party, sdp } = await offerOf();
    await party.accept((await made.offer({ call: 'call', leg: 'a', sdp })).sdp);
    await party.connected();
    const states = () => events.flatMap((event) => (event.type === 'state' ? [event.state] : []));
    await expect.poll(states, { timeout: 10_000 }).toEqual(['connecting', 'connected']);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect(states()).toEqual(['connecting', 'connected']);
    party.say('hello');
    await expect
      .poll(states, { timeout: 20_000 })
      .toEqual(['connecting', 'connected', 'disconnected']);
    party.talk('back');
    await expect
      .poll(states, { timeout: 20_000 })
      .toEqual(['connecting', 'connected', 'disconnected', 'connected']);
  }, 60_000);

  it('digits to a browser, a leg of another call and another codec are refused as by the other plane', async () => {
    const first = await rtpengine(43_000);
    const { made } = await plane([{ ...first.ng, weight: 1 }]);
    const { sdp } = await offerOf();
    await made.offer({ call: 'call', leg: 'a', sdp });
    await expect(made.sendDigits({ call: 'call', leg: 'a', digits: '1' })).rejects.toMatchObject({
      code: 'wrong_state',
    });
    await expect(
      made.createOffer({ call: 'other', leg: 'a', codecs: ['opus'] }),
    ).rejects.toMatchObject({ code: 'unknown_leg' });
    await expect(
      made.createOffer({ call: 'call', leg: 'a', codecs: ['PCMU'], replacePeer: true }),
    ).rejects.toMatchObject({ code: 'wrong_state' });
  }, 60_000);
});
