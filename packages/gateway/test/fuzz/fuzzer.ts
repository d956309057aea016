import { heapCost, heapLimit, outcomeOf } from './budget.ts';
import { heapOf } from './cost.ts';
import type { BlockCoverage } from './coverage.ts';
import { BYTE_MUTATIONS, words } from './mutate/bytes.ts';
import { Random } from './random.ts';
import type { Finding, FuzzTarget, Mutation } from './target.ts';

export interface Progress {
  readonly runs: number;
  readonly corpus: number;
  readonly blocks: { readonly reached: number; readonly known: number };
}

export interface FuzzerHooks {
  /** Before each input: whoever watches can name it when it never ends. */
  readonly begins: (input: Buffer) => void;
  readonly found: (finding: Finding) => void;
  /** An input that reached something new. */
  readonly kept: (input: Buffer) => void;
}

const BATCH = 64;
/** One batch in so many is looked at input by input, for how often its blocks ran. */
const SINGLE_EVERY = 16;
/** Of one batch in so many, some inputs are weighed. */
const WEIGH_EVERY = 16;
const WEIGHED = 4;
const MAX_CORPUS = 4_000;
/** The most expensive inputs, which a judge measures at the end. */
const SUSPECTS = 6;
const MAX_FINDINGS = 5;

interface Suspect {
  readonly input: Buffer;
  /** Nanoseconds a byte, as far as a clock tells. */
  readonly cost: number;
}

/**
 * Looks for inputs that break a target's promises: damages what it knows, keeps what reaches code that nothing reached before or runs it
 * a number of times that nothing did, and what costs most.
 */
export class Fuzzer {
  readonly #target: FuzzTarget;
  readonly #coverage: BlockCoverage;
  readonly #hooks: FuzzerHooks;
  readonly #random: Random;
  readonly #mutations: readonly Mutation[];
  readonly #corpus: Buffer[] = [];
  readonly #details = new Set<string>();
  #suspects: Suspect[] = [];
  #runs = 0;

  constructor(target: FuzzTarget, coverage: BlockCoverage, seed: number, hooks: FuzzerHooks) {
    this.#target = target;
    this.#coverage = coverage;
    this.#hooks = hooks;
    this.#random = new Random(seed);
    const own = target.mutations;
    // As many chances for the format's own damages as for those of any bytes.
    const weighted =
      own.length > 0 ? Array.from({ length: 12 }, (_, at) => own[at % own.length]!) : [];
    const dictionary = target.dictionary.length > 0 ? [words(target.dictionary)] : [];
    this.#mutations = [...BYTE_MUTATIONS, ...dictionary, ...weighted];
  }

  get progress(): Progress {
    return { runs: this.#runs, corpus: this.#corpus.length, blocks: this.#coverage.blocks };
  }

  /** What may cost too much, the worst first. */
  get suspects(): readonly Buffer[] {
    return this.#suspects.map(({ input }) => input);
  }

  /** Runs the inputs that are there to begin with; all of them stay. */
  async seed(inputs: readonly Buffer[]): Promise<void> {
    for (const input of inputs) {
      if (input.length > this.#target.maxLength) {
        continue;
      }
      this.#corpus.push(input);
      await this.#run(input);
    }
    if (this.#corpus.length === 0) {
      this.#corpus.push(Buffer.alloc(1));
    }
    this.#coverage.take(false);
  }

  /** One round of damaged inputs. @returns false when there are findings enough */
  async step(round: number): Promise<boolean> {
    const inputs = Array.from({ length: BATCH }, () => this.#next());
    if (round % SINGLE_EVERY === 0) {
      for (const input of inputs) {
        await this.#run(input);
        this.#consider(input);
      }
    } else {
      for (const input of inputs) {
        await this.#run(input);
      }
      if (this.#coverage.take(false).reached > 0) {
        await this.#attribute(inputs);
      }
    }
    if (round % WEIGH_EVERY === 0) {
      for (const input of inputs.slice(0, WEIGHED)) {
        await this.#weigh(input);
      }
    }
    return this.#details.size < MAX_FINDINGS;
  }

  /** Something in this batch reached something new: each input is asked alone which one it was. */
  async #attribute(inputs: readonly Buffer[]): Promise<void> {
    for (const input of inputs) {
      await this.#run(input);
      // What the batch reached first counts as reached, so here the count of a single run tells.
      this.#consider(input);
    }
  }

  #consider(input: Buffer): void {
    const { reached, counted } = this.#coverage.take(true);
    if (reached + counted > 0) {
      this.#keep(input);
    }
  }

  #keep(input: Buffer): void {
    if (this.#corpus.length >= MAX_CORPUS) {
      this.#corpus.splice(this.#random.below(MAX_CORPUS), 1);
    }
    this.#corpus.push(input);
    this.#hooks.kept(input);
  }

  #next(): Buffer {
    const corpus = this.#corpus;
    const random = this.#random;
    // What came last is nearest to new ground.
    const recent = Math.max(1, corpus.length >> 2);
    const at = random.oneIn(2)
      ? corpus.length - 1 - random.below(recent)
      : random.below(corpus.length);
    let input =
      random.oneIn(16) && this.#suspects.length > 0
        ? random.pick(this.#suspects).input
        : (corpus[at] ?? Buffer.alloc(0));
    for (let left = random.size(6); left > 0; left -= 1) {
      input = random.pick(this.#mutations)(input, random, corpus);
      if (input.length > this.#target.maxLength) {
        input = input.subarray(0, this.#target.maxLength);
      }
    }
    return input;
  }

  async #run(input: Buffer): Promise<void> {
    this.#runs += 1;
    this.#hooks.begins(input);
    const start = process.hrtime.bigint();
    try {
      await outcomeOf(this.#target, input);
    } catch (error) {
      this.#report('throw', describe(error), input);
    }
    const nanoseconds = Number(process.hrtime.bigint() - start);
    const cost = nanoseconds / Math.max(input.length, this.#target.budget.floor);
    if (this.#isSuspect(cost)) {
      await this.#suspect(input, cost);
    }
  }

  #isSuspect(cost: number): boolean {
    return this.#suspects.length < SUSPECTS || cost > (this.#suspects.at(-1)?.cost ?? 0);
  }

  /** The clock of a busy machine shows too much: the least of three counts. */
  async #suspect(input: Buffer, first: number): Promise<void> {
    let cost = first;
    for (let left = 3; left > 0; left -= 1) {
      const start = process.hrtime.bigint();
      await outcomeOf(this.#target, input).catch(() => undefined);
      const nanoseconds = Number(process.hrtime.bigint() - start);
      cost = Math.min(cost, nanoseconds / Math.max(input.length, this.#target.budget.floor));
      if (!this.#isSuspect(cost)) {
        return;
      }
    }
    this.#suspects = [...this.#suspects, { input: Buffer.from(input), cost }]
      .sort((a, b) => b.cost - a.cost)
      .slice(0, SUSPECTS);
  }

  /** What an input keeps. Collecting garbage takes long, so only few are weighed, and again only what seems too heavy. */
  async #weigh(input: Buffer): Promise<void> {
    const target = this.#target;
    const allowed = heapLimit(target, input.length);
    this.#hooks.begins(input);
    const quick = await heapOf(() => outcomeOf(target, input).catch(() => undefined));
    if (quick <= allowed) {
      return;
    }
    const heap = await heapCost(target, input).catch(() => 0);
    if (heap <= allowed) {
      return;
    }
    this.#report('heap', `keeps ${String(heap)} bytes; ${String(allowed)} are allowed`, input);
  }

  #report(kind: Finding['kind'], detail: string, input: Buffer): void {
    // The same fault comes again and again; where it was thrown tells it apart from others.
    const key = kind === 'throw' ? detail : kind;
    if (this.#details.has(key)) {
      return;
    }
    this.#details.add(key);
    this.#hooks.found({ target: this.#target.name, kind, detail, input: Buffer.from(input) });
  }
}

/** What was thrown and where, without what differs from input to input. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) {
    return `threw ${typeof error}`;
  }
  const place = /\(?(?:file:\/\/)?(\/[^\s()]+:\d+):\d+\)?/.exec(
    error.stack?.split('\n').find((line) => line.includes('/src/')) ?? '',
  );
  const file = place?.[1]?.split('/packages/')[1] ?? '';
  return `${error.name}: ${error.message.slice(0, 200)} at ${file}`;
}
