import { ensureDebian } from './debian.mjs';
import { StepError } from './run.mjs';

/** What the offline assistant speaks and understands with, and what speaks into microphones in tests. */
export async function ensureSpeech() {
  await ensureDebian('espeak-ng', '/usr/bin/espeak-ng');
  await ensureDebian('pocketsphinx', '/usr/bin/pocketsphinx_continuous');
  await ensureDebian(
    'pocketsphinx-en-us',
    '/usr/share/pocketsphinx/model/en-us/cmudict-en-us.dict',
  );
}

/** The same for the demo, which does without: then its assistant has a few rendered sentences, and understands keys and typing. */
export async function offerSpeech() {
  try {
    await ensureSpeech();
  } catch (error) {
    if (!(error instanceof StepError)) {
      throw error;
    }
    console.log(`The demo's assistant does with less: ${error.message}`);
  }
}
