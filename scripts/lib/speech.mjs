import { ensureDebian } from './debian.mjs';

/** What the offline assistant speaks and understands with, and what speaks into microphones in tests. */
export async function ensureSpeech() {
  await ensureDebian('espeak-ng', '/usr/bin/espeak-ng');
  await ensureDebian('pocketsphinx', '/usr/bin/pocketsphinx_continuous');
  await ensureDebian(
    'pocketsphinx-en-us',
    '/usr/share/pocketsphinx/model/en-us/cmudict-en-us.dict',
  );
}
