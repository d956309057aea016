/** Settles when the condition holds, asked every few milliseconds; fails after 20 s. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const late = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > late) {
      throw new Error(`Not within 20 s: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
