/** A parser with one fault of each kind that the fuzzer is there to find. */
export function parsePlanted(input: Buffer): unknown {
  if (input[0] === 0x4f) {
    if (input[1] === 0x46) {
      if (input[2] === 0x46) {
        throw new TypeError('nobody announced this');
      }
    }
    return undefined;
  }
  if (input[0] === 0x53) {
    let sum = 0;
    for (const a of input) {
      for (const b of input) {
        sum += a ^ b;
      }
    }
    return sum;
  }
  if (input[0] === 0x4b) {
    return Array.from({ length: input.length }, () => new Array(1_000).fill(0));
  }
  return undefined;
}

export function parseForEver(input: Buffer): undefined {
  let at = 0;
  while (input[0] === 0x4c && input[1] === 0x4c) {
    at += 1;
  }
  if (at < 0) {
    throw new RangeError('nothing counts so far');
  }
  return undefined;
}
