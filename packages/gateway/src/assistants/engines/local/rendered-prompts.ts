import { readFileSync } from 'node:fs';
import { decodeMuLaw } from '../../../media/embedded/sounds/g711.ts';
import type { SpeechSource, Spoken } from './speech.ts';

interface PromptFile {
  readonly rate: number;
  /** Said in place of what was not rendered. */
  readonly instead: string;
  /** G.711 µ-law, base64, by text. */
  readonly prompts: Readonly<Record<string, string>>;
}

/**
 * Speech that was made beforehand, for machines without a program that speaks: the sentences of the demo, and for every other one a hint
 * that it is on the screen. Made by `scripts/make-prompts.mjs`.
 */
export class RenderedPrompts implements SpeechSource {
  readonly name = 'prompts';
  #file: PromptFile | null = null;

  speak(text: string): Promise<Spoken> {
    this.#file ??= load();
    const { prompts, instead, rate } = this.#file;
    const data = Buffer.from(prompts[text] ?? prompts[instead] ?? '', 'base64');
    return Promise.resolve({ pcm: Int16Array.from(data, decodeMuLaw), rate });
  }
}

function load(): PromptFile {
  // The same depth from src/ and from dist/.
  const path = new URL('../../../../assets/prompts.json', import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as PromptFile;
}
