import * as v from 'valibot';

/** The last thing that is written of a backup: what has none is no whole one. */
export const MANIFEST = 'manifest.json';
export const FORMAT = 1;
/** Of a list of 500,000 recordings. */
export const MAX_MANIFEST_BYTES = 128 * 1024 * 1024;

const text = v.pipe(v.string(), v.maxLength(4096));
/** A path below the folder, as POSIX writes it; nothing that leads out of it. */
const name = v.pipe(
  text,
  v.regex(/^[^/\\\0]+(\/[^/\\\0]+)*$/),
  v.check((path) => !path.split('/').some((part) => part === '..' || part === '.')),
);
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

export const ManifestSchema = v.object({
  kind: v.literal('offhook-backup'),
  format: count,
  /** Of the Offhook that made it. */
  version: text,
  /** Epoch milliseconds. */
  createdAt: v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15)),
  dataDir: text,
  /** Migrations that each database has had. */
  schemas: v.record(text, count),
  files: v.array(v.object({ name, size: count, sha256: v.pipe(v.string(), v.hexadecimal()) })),
  /** What the gateway reads beside its data folder, which is not in the backup: configuration, TLS files, secrets. */
  elsewhere: v.array(text),
});
export type Manifest = v.InferOutput<typeof ManifestSchema>;
