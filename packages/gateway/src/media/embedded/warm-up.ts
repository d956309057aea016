import type { EngineContext } from './context.ts';
import { MediaEngine } from './engine.ts';
import { offeredFormat, writeOffer } from './sdp/write.ts';

const ROUNDS = 5;

/** Negotiates a few calls with nobody, so that the first real one does not wait for code to be compiled. */
export function warmUp(context: EngineContext): void {
  const engine = new MediaEngine(context, () => {});
  const offer = writeOffer(
    {
      sessionId: '1',
      version: 1,
      ice: { ufrag: 'nobody', password: 'nobody-will-ever-use-this' },
      fingerprint: context.certificate.fingerprint,
      // No candidates, so nothing is sent.
      candidates: [],
      streamId: 'nobody',
      trackId: 'nobody',
      ssrc: 1,
      cname: context.cname,
      fmtp: '',
    },
    offeredFormat('opus'),
  );
  for (let id = 0; id < ROUNDS; id += 1) {
    const call = 'warm-up';
    engine.run({ type: 'request', id, verb: 'offer', request: { call, leg: call, sdp: offer } });
    engine.run({ type: 'request', id, verb: 'delete', request: { call } });
  }
  engine.close();
}
