import type { Random } from './random.ts';

/** Makes another input from one; `others` are inputs to take parts from. */
export type Mutation = (input: Buffer, random: Random, others: readonly Buffer[]) => Buffer;

/** A parser of bytes from outside, and what it promises. */
export interface FuzzTarget {
  readonly name: string;
  /** Longest input, in bytes. */
  readonly maxLength: number;
  /** Tried beside those of any bytes (`mutate/bytes.ts`). */
  readonly mutations: readonly Mutation[];
  /** What the format is made of; put into inputs now and then. */
  readonly dictionary: readonly string[];
  /** Inputs beside those in `corpus/<name>/`: what cannot lie in a file, such as certificates and signatures made at start. */
  readonly seeds?: () => readonly Buffer[];
  /**
   * Gives the input to the parser, and returns what would be kept of it, or a promise of
   * that. Throws only what {@link isExpected} knows: anything else
   * is a finding.
   */
  readonly run: (input: Buffer) => unknown;
  readonly isExpected: (error: unknown) => boolean;
  readonly budget: Budget;
}

/** Bounds on what an input may cost, so that they hold on any machine. */
export interface Budget {
  /** CPU time as a multiple of a plain scan (`cost.ts`) over the same bytes, or over `floor` bytes where there are fewer. */
  readonly cpuRatio: number;
  /** Bytes; what any input costs at least, keys and ciphers among it, is paid from this. */
  readonly floor: number;
  /** Bytes of memory kept: this many, and so many for each byte of the input. */
  readonly heapBase: number;
  readonly heapPerByte: number;
}

/** An outcome that broke a promise. */
export interface Finding {
  readonly target: string;
  readonly kind: 'throw' | 'slow' | 'heap' | 'hang' | 'memory';
  readonly detail: string;
  readonly input: Buffer;
}
