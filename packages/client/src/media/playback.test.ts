import { describe, expect, it } from 'vitest';
import { CallBench } from '../testing/call-bench.ts';
import type { FakeElement } from '../testing/fake-element.ts';

function page(bench: CallBench, id: string): FakeElement {
  const element = bench.webrtc.element();
  element.isConnected = true;
  bench.webrtc.fakeDocument.ids.set(id, element);
  return element;
}

describe('A call that plays on an element of the page', () => {
  it('follows the id when the framework renders the element anew', async () => {
    const bench = new CallBench();
    const before = page(bench, 'far');
    const call = await bench.connect({ remoteElement: 'far' });
    expect(before.srcObject).toBe(call.remoteStream);
    before.isConnected = false;
    const after = page(bench, 'far');
    await bench.platform.clock.advance(1_000);
    expect(after.srcObject).toBe(call.remoteStream);
    expect(after.plays).toBe(1);
    expect(before.srcObject).toBeNull();
  });

  it('plays by itself while the element is gone, and there again when it is back', async () => {
    const bench = new CallBench();
    const before = page(bench, 'far');
    const call = await bench.connect({ remoteElement: 'far' });
    bench.webrtc.fakeDocument.ids.delete('far');
    before.isConnected = false;
    await bench.platform.clock.advance(1_000);
    const own = bench.webrtc.elements.at(-1);
    expect(own).not.toBe(before);
    expect(own?.srcObject).toBe(call.remoteStream);
    const after = page(bench, 'far');
    await bench.platform.clock.advance(1_000);
    expect(after.srcObject).toBe(call.remoteStream);
    expect(own?.isConnected).toBe(false);
  });

  it('asks a function again only when its element has left the page', async () => {
    const bench = new CallBench();
    let element = page(bench, 'far');
    let asked = 0;
    const call = await bench.connect({
      remoteElement: () => {
        asked += 1;
        return element as never;
      },
    });
    await bench.platform.clock.advance(5_000);
    expect(asked).toBe(1);
    element.isConnected = false;
    element = page(bench, 'far');
    await bench.platform.clock.advance(1_000);
    expect(element.srcObject).toBe(call.remoteStream);
  });
});
