export interface Spoken {
  readonly pcm: Int16Array;
  readonly rate: number;
}

/** Makes speech of text. */
export interface SpeechSource {
  /** What it is, for the log and the report. */
  readonly name: string;
  /** Rejects when it cannot, or when aborted. */
  speak(text: string, signal: AbortSignal): Promise<Spoken>;
}
