import { join } from 'node:path';
import type { AssistantVersion, LocalSettings, Script } from '../../definition.ts';
import type { Engine, EngineSetup } from '../../engine.ts';
import { DEMO_SCRIPT } from './demo-script.ts';
import { LocalEngine } from './local-engine.ts';
import { findRecogniser, type Recogniser } from './recogniser.ts';
import { RenderedPrompts } from './rendered-prompts.ts';
import { createSpeechSource } from './speech-source.ts';

/** Makes local engines; what this machine has is looked for once. */
export class LocalEngines {
  readonly #cacheDir: string;
  readonly #rendered = new RenderedPrompts();
  #recogniser: Recogniser | null | undefined;

  constructor(dataDir: string) {
    this.#cacheDir = join(dataDir, 'speech');
  }

  create(settings: LocalSettings, version: AssistantVersion, setup: EngineSetup): Engine {
    const script = settings.script ?? DEMO_SCRIPT;
    this.#recogniser ??= findRecogniser();
    return new LocalEngine(setup, {
      script,
      recogniser: this.#recogniser,
      speech: createSpeechSource({
        cacheDir: this.#cacheDir,
        prompts: promptsOf(script, version.greeting),
        voice: settings.voice,
        rendered: this.#rendered,
      }),
    });
  }
}

/** Sentences of a script that are the same for every caller. */
export function promptsOf(script: Script, greeting: string): Set<string> {
  const { fallback, deaf, intents, form } = script;
  const texts = [greeting, fallback, deaf, ...intents.flatMap(({ say }) => say ?? [])];
  if (form) {
    texts.push(
      form.done,
      form.failed,
      form.again,
      form.confirm,
      ...form.slots.map(({ ask }) => ask),
    );
  }
  return new Set(texts.filter((text) => text !== '' && !/\{\w+\}/.test(text)));
}
