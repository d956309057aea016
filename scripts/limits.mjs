/** What `npm run house` and `npm run size` hold in CI. Today's values, to be lowered with each that falls; the goal is 43 kB with a call. */
export const limits = {
  /** Import circles (imports of types counted), and the files of the largest, by package. */
  circles: {
    client: { count: 0, largest: 0 },
    gateway: { count: 0, largest: 0 },
    protocol: { count: 0, largest: 0 },
    react: { count: 0, largest: 0 },
    softphone: { count: 0, largest: 0 },
    e2e: { count: 0, largest: 0 },
    bench: { count: 0, largest: 0 },
  },
  /** Fields of one class that others can write. */
  writableFields: 8,
  /** What a page loads, in each of three bundlers: files, and bytes minified and gzipped. */
  load: {
    // What a call needs loads with the client; what comes with a call and its report is one more file. esbuild loads the most: it keeps the
    // pre-call check at start (7 kB), which the root exports and which is imported late too.
    start: { files: 4, bytes: 60_600 },
    call: { files: 6, bytes: 71_600 },
    report: { files: 6, bytes: 71_600 },
  },
  /** The texts of all errors and warnings, minified and gzipped. */
  catalogueBytes: 3 * 1024,
};
