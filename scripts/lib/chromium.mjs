import { existsSync } from 'node:fs';
import { ensureDebian } from './debian.mjs';
import { StepError } from './run.mjs';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** @returns {string | undefined} */
export function findChromium() {
  const chosen = process.env.OFFHOOK_CHROMIUM;
  if (chosen) {
    if (!existsSync(chosen)) {
      throw new StepError(`OFFHOOK_CHROMIUM names ${chosen}, which does not exist.`);
    }
    return chosen;
  }
  return places.find((path) => existsSync(path));
}

/** The browser of the tests: Debian's Chromium, installed when it is missing and we may. @returns {Promise<string>} */
export async function ensureChromium() {
  return findChromium() ?? ensureDebian('chromium', '/usr/bin/chromium');
}
