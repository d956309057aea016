import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the phone's built files lie: beside the published package, or in the workspace that this runs from. */
const PLACES = ['../web', '../../../apps/softphone/dist'];

/** @returns null when the phone was not built. */
export function findWebRoot(configured?: string): string | null {
  const candidates =
    configured === undefined
      ? PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url)))
      : [configured];
  return candidates.find((folder) => existsSync(join(folder, 'index.html'))) ?? null;
}
