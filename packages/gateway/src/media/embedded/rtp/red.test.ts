import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { primaryOf, renumberRed } from './red.ts';

function red(...frames: readonly { readonly type: number; readonly text: string }[]): Buffer {
  const heads = frames.map(({ type, text }, i) => {
    if (i === frames.length - 1) {
      return Buffer.from([type]);
    }
    const head = Buffer.from([0x80 | type, 0, 0, 0]);
    head.writeUInt16BE(text.length, 2);
    return head;
  });
  return Buffer.concat([...heads, ...frames.map(({ text }) => Buffer.from(text))]);
}

describe('redundant audio', () => {
  const packet = red(
    { type: 111, text: 'old' },
    { type: 111, text: 'older' },
    { type: 111, text: 'new' },
  );

  it('gives its newest frame', () => {
    expect(primaryOf(packet, 111)?.toString()).toBe('new');
    expect(primaryOf(red({ type: 111, text: 'alone' }), 111)?.toString()).toBe('alone');
  });

  it('gets the other party’s payload type, frame by frame', () => {
    const of = (type: number): Buffer =>
      red({ type, text: 'old' }, { type, text: 'older' }, { type, text: 'new' });
    expect(renumberRed(of(111), 111, 109)).toEqual(of(109));
    expect(packet).toEqual(of(111));
    expect(renumberRed(packet, 111, 111)).toBe(packet);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['another payload type', red({ type: 0, text: 'old' }, { type: 111, text: 'new' })],
    ['a header that is cut off', packet.subarray(0, 6)],
    ['no newest frame', packet.subarray(0, 17)],
    ['headers without an end', Buffer.alloc(60, 0x80 | 111)],
  ])('is none with %s', (_name, data) => {
    expect(primaryOf(data, 111)).toBeUndefined();
    expect(renumberRed(data, 111, 109)).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(127), (bytes, type) => {
        const data = Buffer.from(bytes);
        expect(renumberRed(data, type, 96)?.length ?? data.length).toBe(data.length);
      }),
    );
  });
});
