import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MediaError } from '../media-plane.ts';
import type { LegSource } from '../media-plane.ts';
import { mayBecome } from './leg-state.ts';
import { LocalEngine } from './testing/local-engine.ts';

const description = (ufrag: string, certificate: string): string =>
  [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111 0 126',
    `a=ice-ufrag:${ufrag}`,
    'a=ice-pwd:0123456789abcdef01234567',
    `a=fingerprint:sha-256 ${Array(32).fill(certificate).join(':')}`,
    'a=setup:active',
    'a=mid:0',
    'a=rtpmap:111 opus/48000/2',
    'a=rtpmap:126 telephone-event/8000',
    'a=candidate:1 1 udp 1 127.0.0.1 9 typ host',
    '',
  ].join('\r\n');

const SOURCES: readonly (LegSource | null)[] = [
  null,
  { kind: 'echo' },
  { kind: 'tone' },
  { kind: 'dtmf', digits: '1x#' },
];

const leg = fc.constantFrom('a', 'b', 'c');
const sdp = fc.constantFrom(
  description('aaaa', 'AA'),
  description('bbbb', 'AA'),
  description('cccc', 'BB'),
  'v=0\r\n',
);
const step = fc.oneof(
  fc.record({ verb: fc.constant('offer' as const), leg, sdp }),
  fc.record({
    verb: fc.constant('createOffer' as const),
    leg,
    replacePeer: fc.boolean(),
    codec: fc.constantFrom('opus' as const, 'PCMU' as const),
  }),
  fc.record({ verb: fc.constant('answer' as const), leg, sdp }),
  fc.record({
    verb: fc.constant('candidate' as const),
    leg,
    text: fc.constantFrom(
      '',
      'nonsense',
      'candidate:1 1 udp 1 127.0.0.1 9 typ host ufrag zzzz',
      'candidate:1 1 udp 1 x.local 9 typ host',
    ),
  }),
  fc.record({ verb: fc.constant('connect' as const), leg, other: leg }),
  fc.record({ verb: fc.constant('play' as const), leg, source: fc.constantFrom(...SOURCES) }),
  fc.record({ verb: fc.constant('hold' as const), leg, on: fc.boolean() }),
  fc.record({ verb: fc.constant('delete' as const), leg }),
);

describe('the engine under verbs in any order', () => {
  let engine: LocalEngine;
  beforeAll(async () => {
    engine = await LocalEngine.start();
  });
  afterAll(() => engine.close());

  function run(next: typeof step extends fc.Arbitrary<infer T> ? T : never): void {
    const ref = { call: 'c', leg: next.leg };
    switch (next.verb) {
      case 'offer':
      case 'answer':
        engine.run(next.verb, { ...ref, sdp: next.sdp });
        return;
      case 'createOffer':
        engine.run('createOffer', { ...ref, codecs: [next.codec], replacePeer: next.replacePeer });
        return;
      case 'candidate':
        engine.run('candidate', { ...ref, candidate: { candidate: next.text } });
        return;
      case 'connect':
        engine.run('connect', { call: 'c', a: next.leg, b: next.other });
        return;
      case 'play':
        engine.run('play', { ...ref, source: next.source });
        return;
      case 'hold':
        engine.run('hold', { ...ref, on: next.on });
        return;
      case 'delete':
        engine.run('delete', ref);
        return;
    }
  }

  it('refuses with a code or does it, takes every leg through its states, and leaves nothing', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        engine.events.length = 0;
        for (const next of steps) {
          try {
            run(next);
          } catch (error) {
            expect(error).toBeInstanceOf(MediaError);
          }
          // A leg has one peer, a second one while a page replaces another, and each two sets of credentials at most.
          expect(engine.hub.size.agents).toBeLessThanOrEqual(engine.legCount * 4);
        }
        engine.run('delete', { call: 'c' });
        expect(engine.hub.size).toEqual({ agents: 0, checks: 0, paths: 0 });
        expect(engine.run('query', { call: 'c' })).toEqual([]);
        for (const name of ['a', 'b', 'c']) {
          let state: Parameters<typeof mayBecome>[0] = 'new';
          for (const event of engine.events) {
            if (event.type !== 'state' || event.leg !== name) {
              continue;
            }
            expect(mayBecome(state, event.state), `${state} to ${event.state}`).toBe(true);
            state = event.state === 'closed' ? 'new' : event.state;
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
