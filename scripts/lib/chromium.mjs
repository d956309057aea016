import { existsSync } from 'node:fs';
import { StepError, run, seconds } from './run.mjs';

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
  const found = findChromium();
  if (found) return found;
  const apt = existsSync('/usr/bin/apt-get');
  if (!apt || process.getuid?.() !== 0) {
    throw new StepError(
      'Chromium is missing. Install the package "chromium"' +
        (apt ? ' (as root: apt-get install chromium)' : '') +
        ', or set OFFHOOK_CHROMIUM to the path of a Chromium or Chrome.',
    );
  }
  const since = Date.now();
  console.log("Installing Debian's chromium (apt-get) ...");
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '-q', '--no-install-recommends', 'chromium'];
  const update = await run('apt-get', ['update', '-q'], { quiet: true, env });
  const result = await run('apt-get', install, { quiet: true, env });
  const path = findChromium();
  if (result.code !== 0 || !path) {
    process.stderr.write(update.output + result.output);
    throw new StepError('Chromium could not be installed: see above. The package is "chromium".');
  }
  console.log(`Installed in ${seconds(since)}.`);
  return path;
}
