import { expect, it } from 'vitest';
import { LocalEngine } from '../media/embedded/testing/local-engine.ts';
import { makeAnswer, makeOffer } from './descriptions.ts';

it('The media plane takes the descriptions of a load, and two are never the same', async () => {
  const engine = await LocalEngine.start();
  try {
    const { codec } = engine.run('offer', { call: 'c', leg: 'a', sdp: makeOffer() });
    expect(codec).toBe('opus');
    const { sdp } = engine.run('createOffer', { call: 'c', leg: 'b', codecs: [codec] });
    const answered = engine.run('answer', { call: 'c', leg: 'b', sdp: makeAnswer(sdp) });
    expect(answered).toEqual({ codec: 'opus' });
  } finally {
    await engine.close();
  }
  expect(makeOffer()).not.toBe(makeOffer());
  // A browser's offer of audio is more than a kilobyte.
  expect(makeOffer().length).toBeGreaterThan(1024);
});
