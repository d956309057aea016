import type { Random } from '../random.ts';
import type { Mutation } from '../target.ts';
import { BYTE_MUTATIONS } from './bytes.ts';

/** Inputs that are several datagrams: each stands behind its length in two bytes. */

export function joinPackets(packets: readonly Buffer[]): Buffer {
  return Buffer.concat(
    packets.flatMap((packet) => {
      const cut = packet.subarray(0, 0xffff);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(cut.length);
      return [length, cut];
    }),
  );
}

/** So many of them in each input. */
export function inGroups(packets: readonly Buffer[], size: number): Buffer[][] {
  const groups: Buffer[][] = [];
  for (let at = 0; at < packets.length; at += size) {
    groups.push(packets.slice(at, at + size));
  }
  return groups;
}

/** The last one may be shorter than it says. At most 200: what comes behind is left out. */
export function splitPackets(input: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  let offset = 0;
  while (offset + 2 <= input.length && packets.length < 200) {
    const length = input.readUInt16BE(offset);
    packets.push(input.subarray(offset + 2, offset + 2 + length));
    offset += 2 + length;
  }
  return packets;
}

type PacketMutation = (packets: Buffer[], random: Random, others: readonly Buffer[]) => void;

const damage: PacketMutation = (packets, random, others) => {
  const at = random.below(packets.length);
  packets[at] = random.pick(BYTE_MUTATIONS)(packets[at] ?? Buffer.alloc(0), random, others);
};

const repeat: PacketMutation = (packets, random) => {
  const packet = random.pick(packets);
  const copies = Array<Buffer>(random.size(8)).fill(packet);
  packets.splice(random.below(packets.length + 1), 0, ...copies);
};

const drop: PacketMutation = (packets, random) => {
  packets.splice(random.below(packets.length), 1);
};

const swap: PacketMutation = (packets, random) => {
  const [a, b] = [random.below(packets.length), random.below(packets.length)];
  const [first, second] = [packets[a], packets[b]];
  if (!first || !second) {
    return;
  }
  packets[a] = second;
  packets[b] = first;
};

const borrow: PacketMutation = (packets, random, others) => {
  packets.splice(random.below(packets.length + 1), 0, random.pick(others));
};

export const PACKET_MUTATIONS: readonly Mutation[] = [
  damage,
  damage,
  damage,
  repeat,
  drop,
  swap,
  borrow,
].map((mutation) => (input, random, others) => {
  const packets = splitPackets(input);
  if (packets.length === 0) {
    packets.push(Buffer.alloc(0));
  }
  const strangers = splitPackets(random.pick(others));
  mutation(packets, random, strangers.length > 0 ? strangers : [Buffer.alloc(1)]);
  return joinPackets(packets);
});

/** Damages of what stands in one of the packets. */
export function inPackets(mutations: readonly Mutation[]): Mutation[] {
  return mutations.map((mutation) => (input, random, others) => {
    const packets = splitPackets(input);
    if (packets.length === 0) {
      return input;
    }
    const at = random.below(packets.length);
    const rest = others.flatMap((other) => splitPackets(other));
    packets[at] = mutation(
      packets[at] ?? Buffer.alloc(0),
      random,
      rest.length > 0 ? rest : [Buffer.alloc(0)],
    );
    return joinPackets(packets);
  });
}
