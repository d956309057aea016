import { existsSync } from 'node:fs';
import { StepError, run, seconds } from './run.mjs';

/**
 * Installs a Debian package when what it brings is missing and we may.
 * @param {string} name of the package
 * @param {string} file that it brings
 * @returns {Promise<string>} the file
 */
export async function ensureDebian(name, file) {
  if (existsSync(file)) {
    return file;
  }
  const apt = existsSync('/usr/bin/apt-get');
  if (!apt || process.getuid?.() !== 0) {
    const how = apt ? ` (as root: apt-get install ${name})` : '';
    throw new StepError(`${file} is missing. Install the package "${name}"${how}.`);
  }
  const since = Date.now();
  console.log(`Installing Debian's ${name} (apt-get) ...`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '-q', '--no-install-recommends', name];
  const update = await run('apt-get', ['update', '-q'], { quiet: true, env });
  const result = await run('apt-get', install, { quiet: true, env });
  if (result.code !== 0 || !existsSync(file)) {
    process.stderr.write(update.output + result.output);
    throw new StepError(`${name} could not be installed: see above.`);
  }
  console.log(`Installed in ${seconds(since)}.`);
  return file;
}

/**
 * The same for a program that runs as a service: Debian starts what it installs; ours is started by whoever needs it.
 * @param {string} name of the package, and of its service
 * @param {string} file
 */
export async function ensureUnstarted(name, file) {
  const isNew = !existsSync(file);
  await ensureDebian(name, file);
  if (isNew && existsSync('/run/systemd/system')) {
    await run('systemctl', ['disable', '--now', name], { quiet: true });
  }
}
