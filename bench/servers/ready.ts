/** What every server of the bench does beside its work: says its port, collects garbage when asked, ends when told. */
export function ready(port: number, close: () => Promise<void> | void): void {
  process.on('message', () => {
    // Twice: what the first finds to be freed, the second gives back.
    globalThis.gc?.();
    globalThis.gc?.();
    process.send?.('collected');
  });
  const end = (): void => {
    void Promise.resolve(close()).finally(() => process.exit());
  };
  process.once('SIGTERM', end);
  process.once('disconnect', end);
  console.log(JSON.stringify({ port }));
}

/** The settings that the bench started this server with. */
export function settings(): Record<string, unknown> {
  return JSON.parse(process.argv[2] ?? '{}') as Record<string, unknown>;
}
