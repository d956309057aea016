import { makeAnswer, makeOffer } from '../../packages/gateway/src/load/descriptions.ts';
import type { MediaPlane } from '../../packages/gateway/src/media/media-plane.ts';

const offer = makeOffer();
const answer = makeAnswer(offer);

/** A media plane without media: answers with descriptions made beforehand, so that what is measured is the signalling. */
export function noMedia(): MediaPlane {
  const done = (): Promise<void> => Promise.resolve();
  return {
    start: done,
    close: done,
    offer: () => Promise.resolve({ sdp: answer, codec: 'opus', replacedPeer: false }),
    createOffer: () => Promise.resolve({ sdp: offer }),
    answer: () => Promise.resolve({ codec: 'opus' }),
    candidate: done,
    connect: done,
    play: done,
    hold: done,
    delete: done,
    sendDigits: done,
    speak: done,
    hush: done,
    query: () => Promise.resolve([]),
    subscribe: () => () => undefined,
  };
}
