import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, runProgram } from './program.ts';

/** Understands phrases that it is told beforehand, and nothing else. */
export interface Recogniser {
  /**
   * @param rate 16000
   * @param expected what may be said, each in JSGF
   * @returns null when it was none of them
   */
  recognise(
    audio: readonly Int16Array[],
    rate: number,
    expected: readonly string[],
    signal: AbortSignal,
  ): Promise<string | null>;
}

const MODEL = '/usr/share/pocketsphinx/model/en-us';

/** pocketsphinx with its model for English, where Debian's packages brought them; else null. */
export function findRecogniser(): Recogniser | null {
  const program = findProgram('pocketsphinx_continuous');
  const dictionary = join(MODEL, 'cmudict-en-us.dict');
  return program !== null && existsSync(dictionary) ? new PocketSphinx(program, dictionary) : null;
}

class PocketSphinx implements Recogniser {
  readonly #program: string;
  readonly #dictionary: string;
  #words: string | null = null;
  /** A grammar with a word that it does not know is no grammar. */
  readonly #known = new Map<string, boolean>();

  constructor(program: string, dictionary: string) {
    this.#program = program;
    this.#dictionary = dictionary;
  }

  async recognise(
    audio: readonly Int16Array[],
    _rate: number,
    expected: readonly string[],
    signal: AbortSignal,
  ): Promise<string | null> {
    const folder = await mkdtemp(join(tmpdir(), 'offhook-speech-'));
    try {
      const [sound, grammar] = [join(folder, 'said.raw'), join(folder, 'phrases.gram')];
      await writeFile(sound, Buffer.concat(audio.map(bytesOf)), { mode: 0o600 });
      await writeFile(grammar, this.#grammar(expected), { mode: 0o600 });
      const args = ['-infile', sound, '-jsgf', grammar, '-dict', this.#dictionary];
      args.push('-hmm', join(MODEL, 'en-us'), '-logfn', '/dev/null');
      const output = await runProgram({ program: this.#program, args, signal });
      const text = output.toString('utf8').replace(/\s+/g, ' ').trim();
      return text === '' ? null : text;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  #grammar(expected: readonly string[]): string {
    const phrases = expected.filter((phrase) =>
      (phrase.match(/[^\s|()[\]]+/g) ?? []).every((word) => this.#knows(word.toLowerCase())),
    );
    const rule = phrases.map((phrase) => phrase.toLowerCase()).join(' | ');
    return `#JSGF V1.0;\ngrammar phrases;\npublic <phrase> = ${rule};\n`;
  }

  #knows(word: string): boolean {
    const known = this.#known.get(word);
    if (known !== undefined) {
      return known;
    }
    this.#words ??= `\n${readFileSync(this.#dictionary, 'latin1')}`;
    const found = this.#words.includes(`\n${word} `);
    this.#known.set(word, found);
    return found;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Int16Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
