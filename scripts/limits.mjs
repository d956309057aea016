/** What `npm run house` and `npm run size` hold in CI. Today's values, to be lowered with each that falls. */
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
  writableFields: 1,
  /** What a page loads, in each of three bundlers: files, and bytes minified and gzipped. */
  load: {
    // What a call needs loads with the client; what comes with a call and its report is one more file. webpack loads the most.
    start: { files: 1, bytes: 56_400 },
    call: { files: 2, bytes: 68_500 },
    report: { files: 2, bytes: 68_500 },
  },
  /** The texts of all errors and warnings, minified and gzipped. */
  catalogueBytes: 3 * 1024,
  /** `dist/offhook-phone.js`, the element with the SDK inside, minified and gzipped. */
  phoneScriptBytes: 94_000,
};
