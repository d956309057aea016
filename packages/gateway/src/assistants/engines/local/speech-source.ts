import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram, runProgram } from './program.ts';
import type { RenderedPrompts } from './rendered-prompts.ts';
import type { SpeechSource, Spoken } from './speech.ts';
import { readWav } from './wav.ts';

export interface SpeechOptions {
  /** Where prompts are kept as files. */
  readonly cacheDir: string;
  /** Texts that are said again and again: only they become files. */
  readonly prompts: ReadonlySet<string>;
  readonly voice: string | undefined;
  readonly rendered: RenderedPrompts;
  /** For tests: what is looked for, in this order. */
  readonly programs?: readonly ProgramName[];
}

type ProgramName = 'espeak-ng' | 'flite';

const ARGUMENTS: Readonly<Record<ProgramName, (voice: string | undefined) => readonly string[]>> = {
  'espeak-ng': (voice) => ['--stdout', '--stdin', '-s', '165', '-v', voice ?? 'en-us'],
  // It reads standard input where it is given neither text nor file.
  flite: (voice) => ['-voice', voice ?? 'slt', '-o', '/dev/stdout'],
};

/** The best that this machine has. */
export function createSpeechSource(options: SpeechOptions): SpeechSource {
  for (const name of options.programs ?? (['espeak-ng', 'flite'] as const)) {
    const path = findProgram(name);
    if (path !== null) {
      return new ProgramSpeech(name, path, options);
    }
  }
  return options.rendered;
}

/** Speech by a separate program. */
class ProgramSpeech implements SpeechSource {
  readonly name: ProgramName;
  readonly #path: string;
  readonly #options: SpeechOptions;

  constructor(name: ProgramName, path: string, options: SpeechOptions) {
    this.name = name;
    this.#path = path;
    this.#options = options;
  }

  async speak(text: string, signal: AbortSignal): Promise<Spoken> {
    const { cacheDir, prompts, voice } = this.#options;
    if (!prompts.has(text)) {
      return readWav(await this.#synthesise(text, signal));
    }
    const key = createHash('sha256')
      .update(JSON.stringify([this.name, voice, text]))
      .digest('hex');
    const path = join(cacheDir, `${key.slice(0, 32)}.wav`);
    const kept = await readFile(path).catch(() => null);
    if (kept !== null) {
      return readWav(kept);
    }
    // Another call may interrupt this one, and need the prompt itself.
    const made = await this.#synthesise(text, signal);
    await keep(cacheDir, path, made).catch(() => undefined);
    return readWav(made);
  }

  #synthesise(input: string, signal: AbortSignal): Promise<Buffer> {
    const args = ARGUMENTS[this.name](this.#options.voice);
    return runProgram({ program: this.#path, args, input, signal });
  }
}

async function keep(folder: string, path: string, data: Buffer): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${path}.${String(process.pid)}`;
  await writeFile(draft, data, { mode: 0o600 });
  await rename(draft, path);
}
