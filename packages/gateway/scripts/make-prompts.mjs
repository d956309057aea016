/**
 * Writes assets/prompts.json: the sentences of the demo's assistant, spoken by espeak-ng, for machines that have no program that speaks. Run it
 * (node --conditions=offhook-source packages/gateway/scripts/make-prompts.mjs) when the script of the demo changed; a test says so.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promptsOf } from '../src/assistants/engines/local/create.ts';
import { DEMO_ASSISTANT, DEMO_SCRIPT } from '../src/assistants/engines/local/demo-script.ts';
import { readWav } from '../src/assistants/engines/local/wav.ts';
import { Resampler } from '../src/media/embedded/voice/resampler.ts';
import { loadVoiceLibraries } from '../src/media/embedded/voice/libraries.ts';
import { encodeMuLaw } from '../src/media/embedded/sounds/g711.ts';

const RATE = 8000;
const INSTEAD = 'Please read my answer on the screen.';

const { speex } = await loadVoiceLibraries();
const greeting = DEMO_ASSISTANT.versions[0]?.greeting ?? '';
const prompts = {};
for (const text of [...promptsOf(DEMO_SCRIPT, greeting), 'Welcome back. Where were we?', INSTEAD]) {
  const args = ['--stdout', '--stdin', '-s', '165', '-v', 'en-us'];
  const { pcm, rate } = readWav(execFileSync('espeak-ng', args, { input: text }));
  const resampler = new Resampler(speex, rate, RATE);
  prompts[text] = Buffer.from(Array.from(resampler.process(pcm), encodeMuLaw)).toString('base64');
  resampler.free();
}
const file = { rate: RATE, instead: INSTEAD, prompts };
const path = new URL('../assets/prompts.json', import.meta.url);
writeFileSync(path, `${JSON.stringify(file, undefined, 1)}\n`);
