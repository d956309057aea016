import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeEngine } from '../engine.contract.ts';
import { HostEar } from '../../testing/engine-host.ts';
import { DEMO_SCRIPT } from './demo-script.ts';
import { LocalEngine } from './local-engine.ts';
import { findProgram } from './program.ts';
import { findRecogniser } from './recogniser.ts';
import { RenderedPrompts } from './rendered-prompts.ts';
import { createSpeechSource } from './speech-source.ts';

const recogniser = { recognise: () => Promise.resolve('are you human') };

describeEngine('the local engine with rendered prompts', () =>
  Promise.resolve({
    create: (setup) =>
      new LocalEngine(setup, { script: DEMO_SCRIPT, recogniser, speech: new RenderedPrompts() }),
    toolText: 'a table for two people tomorrow',
    understood: 'are you human',
    stop: () => Promise.resolve(),
  }),
);

describeEngine('the local engine that understands no words', () =>
  Promise.resolve({
    create: (setup) =>
      new LocalEngine(setup, {
        script: DEMO_SCRIPT,
        recogniser: null,
        speech: new RenderedPrompts(),
      }),
    toolText: 'book for two people',
    understood: null,
    stop: () => Promise.resolve(),
  }),
);

test('it sees no images, and says so', async () => {
  const ear = new HostEar();
  const parts = { script: DEMO_SCRIPT, recogniser: null, speech: new RenderedPrompts() };
  const engine = new LocalEngine(ear.setup(), parts);
  const content = [{ type: 'image_url' as const, image_url: { url: 'https://img.example/a.png' } }];
  engine.message({ type: 'message', role: 'user', id: 'm', content });
  expect(ear.errors[0]?.code).toBe('unsupported');
  await engine.open();
  engine.close();
});

/** What Debian's packages bring; a machine without them skips what they do. */
test.skipIf(findProgram('espeak-ng') === null || findRecogniser() === null)(
  'what a program speaks, a program understands: 6 phrases of the script',
  async () => {
    const cacheDir = mkdtempSync(join(tmpdir(), 'offhook-speech-test-'));
    const rendered = new RenderedPrompts();
    const options = { cacheDir, prompts: new Set<string>(), voice: undefined, rendered };
    const speech = createSpeechSource(options);
    const phrases = [
      'book a table',
      'for four people',
      'tomorrow',
      'my name is alice',
      'yes',
      'help',
    ];
    const understood: (string | null)[] = [];
    const signal = new AbortController().signal;
    const expected = [
      'book a table | help | yes | no | who are you | when are you open',
      '[for] (one | two | three | four | five) [people]',
      '[on] (today | tomorrow | friday)',
      '[my name is] (alice | bob | mary)',
    ];
    const ears = findRecogniser();
    for (const phrase of phrases) {
      const { pcm, rate } = await speech.speak(phrase, signal);
      // Near enough to 16 kHz for a test: 22050 Hz, every other sample of a third more.
      const narrow = Int16Array.from(
        { length: Math.floor((pcm.length * 16_000) / rate) },
        (_, i) => pcm[Math.floor((i * rate) / 16_000)] ?? 0,
      );
      const silence = new Int16Array(4800);
      understood.push(
        (await ears?.recognise([silence, narrow, silence], 16_000, expected, signal)) ?? null,
      );
    }
    rmSync(cacheDir, { recursive: true });
    expect(understood).toEqual(phrases);
  },
);
