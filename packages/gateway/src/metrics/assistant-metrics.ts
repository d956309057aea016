import { Counter, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

/** What is counted of a call with an assistant, when it ended. */
export interface EndedConversation {
  readonly assistant: string;
  readonly turns: readonly { readonly answerMs: number | null }[];
  readonly interruptions: number;
  readonly usage?: { readonly input: number; readonly output: number };
  readonly failure?: string;
}

/** Calls with assistants, and what their engines cost. The names of assistants are the operator's, so there are few. */
export class AssistantMetrics {
  readonly #calls: Counter<'assistant' | 'outcome'>;
  readonly #answers: Histogram<'assistant'>;
  readonly #interruptions: Counter<'assistant'>;
  readonly #tokens: Counter<'assistant' | 'direction'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#calls = new Counter({
      name: 'offhook_assistant_calls_total',
      help: 'Calls with assistants that ended, by whether the engine failed',
      labelNames: ['assistant', 'outcome'],
      registers,
    });
    this.#answers = new Histogram({
      name: 'offhook_assistant_answer_seconds',
      help: "From a caller's last voiced moment to the assistant's first packet",
      labelNames: ['assistant'],
      buckets: [0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10],
      registers,
    });
    this.#interruptions = new Counter({
      name: 'offhook_assistant_interruptions_total',
      help: 'Answers that callers cut off',
      labelNames: ['assistant'],
      registers,
    });
    this.#tokens = new Counter({
      name: 'offhook_assistant_tokens_total',
      help: 'Tokens that engines read and wrote, as their servers count them',
      labelNames: ['assistant', 'direction'],
      registers,
    });
  }

  ended({ assistant, turns, interruptions, usage, failure }: EndedConversation): void {
    this.#calls.inc({ assistant, outcome: failure === undefined ? 'ok' : 'engine_failed' });
    this.#interruptions.inc({ assistant }, interruptions);
    for (const { answerMs } of turns) {
      if (answerMs !== null) {
        this.#answers.observe({ assistant }, answerMs / 1000);
      }
    }
    if (usage === undefined) {
      return;
    }
    this.#tokens.inc({ assistant, direction: 'input' }, usage.input);
    this.#tokens.inc({ assistant, direction: 'output' }, usage.output);
  }
}
