import { describe, expect, it } from 'vitest';
import { CallBench } from '../testing/call-bench.ts';
import { settle } from '../testing/fake-clock.ts';

const refuse = () => new DOMException('play() failed', 'NotAllowedError');

describe('A ringtone on a page that nobody has touched', () => {
  it('is warned of with 37001 once, and rings from the first gesture on', async () => {
    const bench = new CallBench();
    bench.webrtc.playFailure = refuse();
    const call = await bench.ring();
    expect(bench.warnings).toMatchObject([{ code: 37001, extras: { callId: call.id } }]);
    bench.webrtc.playFailure = null;
    bench.webrtc.fakeDocument.fire('pointerdown');
    expect(bench.webrtc.elements.filter(({ playing }) => playing)).toHaveLength(1);
    void call.hangup({}, false);
    await settle();
    expect(bench.webrtc.running()).toMatchObject({ elements: 0, listeners: 0 });
  });

  it('that ends before anybody touches it leaves nothing behind', async () => {
    const bench = new CallBench();
    bench.webrtc.playFailure = refuse();
    const call = await bench.ring();
    void call.hangup({}, false);
    await settle();
    bench.webrtc.playFailure = null;
    bench.webrtc.fakeDocument.fire('keydown');
    expect(bench.webrtc.running()).toMatchObject({ elements: 0, listeners: 0 });
    expect(bench.webrtc.elements.some(({ playing }) => playing)).toBe(false);
  });

  it('that fails for another reason is logged and not warned of', async () => {
    const bench = new CallBench();
    bench.webrtc.playFailure = new DOMException('no such file', 'NotSupportedError');
    await bench.ring();
    expect(bench.warningCodes).toEqual([]);
    bench.webrtc.playFailure = null;
    bench.webrtc.fakeDocument.fire('pointerdown');
    expect(bench.webrtc.elements.map(({ plays }) => plays)).toEqual([1]);
  });
});
