import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OuterStream } from '../rtp/outer-stream.ts';
import { createRtpView } from '../rtp/rtp.ts';
import { SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80, SrtpSender } from '../rtp/srtp.ts';

const SALT = { [SRTP_AEAD_AES_128_GCM]: 12, [SRTP_AES128_CM_SHA1_80]: 14 };

describe.each([SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80] as const)('profile %i', (profile) => {
  const sender = (): SrtpSender =>
    new SrtpSender(profile, { key: randomBytes(16), salt: randomBytes(SALT[profile]) });

  it('in tests, a number that is encrypted twice is an error', () => {
    const srtp = sender();
    const packet = (): Buffer => Buffer.concat([Buffer.alloc(20), Buffer.alloc(srtp.overhead)]);
    srtp.protectRtp(packet(), 12, 0);
    expect(() => {
      srtp.protectRtp(packet(), 12, 0);
    }).toThrow(/nonce was used twice/);
    srtp.protectRtp(packet(), 12, 1);
    srtp.protectRtcp(Buffer.alloc(8));
    srtp.protectRtcp(Buffer.alloc(8));
  });

  it('a stream uses no number twice, whatever its sources repeat, reorder or jump to', () => {
    const step = fc.record({
      source: fc.nat(3),
      index: fc.oneof(fc.nat(400), fc.nat(0x20000), fc.constantFrom(0, 65_535, 65_536)),
      isOwn: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const sources = [{}, {}, {}, {}];
        let packets = 0;
        const outer = new OuterStream(1, sender(), () => (packets += 1));
        steps.forEach(({ source, index, isOwn }, at) => {
          const now = at * 20;
          if (isOwn) {
            outer.frame(Buffer.from('s'), 111, 960, 48_000, now, false);
          }
          const from = sources[source] ?? {};
          const view = { ...createRtpView(), timestamp: index * 960 };
          outer.forward(from, view, index, Buffer.from('x'), 111, 0, 960, 48_000, now);
          // And once more, as if the far end's replay window had a hole.
          outer.forward(from, view, index, Buffer.from('y'), 111, 0, 960, 48_000, now);
        });
        expect(packets).toBeLessThanOrEqual(2 * steps.length);
      }),
    );
  });
});
