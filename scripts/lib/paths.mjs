import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Node 24 from npm's `node` package: what everything of ours runs on, whatever Node started the script. */
export const node = join(root, 'node_modules', '.bin', 'node');

/** Stamps and reports of the scripts; goes away with node_modules. */
export const cache = join(root, 'node_modules', '.cache', 'offhook');

/** @param {...string} parts */
export const at = (...parts) => join(root, ...parts);
