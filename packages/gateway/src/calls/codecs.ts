import type { Codec } from '../media/media-plane.ts';
import type { Party } from './leg.ts';

/**
 * What may be offered to those who are called. One device alone may choose among all that it and the caller have, in its own order;
 * several hear the same codec, whichever answers. Empty: they have none in common.
 *
 * @param offered the caller's, best first
 * @param alone false where the choice cannot wait for the answer: the caller is played a tone before
 */
export function codecsFor(
  offered: readonly Codec[],
  devices: readonly Pick<Party, 'codecs'>[],
  alone: boolean,
): readonly Codec[] {
  const lists = devices.flatMap(({ codecs }) => (codecs === null ? [] : [codecs]));
  const [first] = lists;
  if (first === undefined) {
    return offered.slice(0, 1);
  }
  if (devices.length === 1) {
    const common = first.filter((codec) => offered.includes(codec));
    return alone ? common : common.slice(0, 1);
  }
  return offered.filter((codec) => lists.every((list) => list.includes(codec))).slice(0, 1);
}
