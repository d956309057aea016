/** One step of the check: its title, and what it does and measures. */
export type Step<C> = readonly [title: string, work: (context: C) => Promise<string | undefined>];

/**
 * Runs the steps in order, a line each, up to the first that fails.
 * @param first number of the first line
 * @returns whether all held
 */
export async function runSteps<C>(
  steps: readonly Step<C>[],
  context: C,
  failed: () => Promise<void>,
  first = 1,
): Promise<boolean> {
  for (const [index, [title, work]] of steps.entries()) {
    const since = performance.now();
    const line = (mark: string, text = ''): void => {
      const ms = `${(performance.now() - since).toFixed(0)} ms`.padStart(8);
      const number = String(first + index).padStart(2);
      console.log(`${mark} ${number}  ${title.padEnd(40)}${ms}  ${text}`.trimEnd());
    };
    try {
      line('ok  ', await work(context));
    } catch (error) {
      line('FAIL', error instanceof Error ? error.message : String(error));
      await failed();
      return false;
    }
  }
  return true;
}
