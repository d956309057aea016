/**
 * A shorter input that still `fails`: pieces are left out, half of it first and single bytes last, as long as it goes on failing.
 * @param tries at most so many runs
 */
export async function minimise(
  input: Buffer,
  fails: (candidate: Buffer) => Promise<boolean>,
  tries: number,
): Promise<Buffer> {
  let best = input;
  let left = tries;
  let size = Math.max(1, best.length >> 1);
  for (;;) {
    let isShorter = false;
    for (let from = 0; from < best.length && left > 0;) {
      const candidate = Buffer.concat([best.subarray(0, from), best.subarray(from + size)]);
      left -= 1;
      if (await fails(candidate)) {
        best = candidate;
        isShorter = true;
      } else {
        from += size;
      }
    }
    if (left <= 0 || (size === 1 && !isShorter)) {
      return best;
    }
    if (!isShorter) {
      size = Math.max(1, size >> 1);
    }
  }
}
