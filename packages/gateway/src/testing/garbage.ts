import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/**
 * Leaves on the heap what somebody keeps, for tests that measure it.
 *
 * The compiler's threads hold what the function that they compile was last called with: on a busy machine, where they wait for a
 * processor, a collection alone would find that alive. So their work is awaited first.
 */
export function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    // Stays set: the function below may be compiled again.
    setFlagsFromString('--allow-natives-syntax');
    collect = runInNewContext('() => { %FinalizeOptimization(); gc(); }') as () => void;
  }
  // Buffers are given back when the objects that own them are found dead, so twice.
  collect();
  collect();
}
