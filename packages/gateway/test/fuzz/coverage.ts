import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import type { Profiler } from 'node:inspector';
import { fileURLToPath } from 'node:url';

interface Script {
  /** For each character of the source: which classes of counts were seen there, one bit each, and {@link IN_BATCH}. */
  seen: Uint16Array;
  /** The counts of the last run. */
  counts: Uint32Array;
  /** Where a block begins or ends, as far as runs have shown it. */
  readonly edges: Set<number>;
}

/** Reached by several inputs together, so that nothing is known of how often by one. */
const IN_BATCH = 0x100;

/** Classes of counts, as fuzzers have them: 1, 2, 3, 4-7, 8-15, 16-31, 32-127, more. */
function classOf(count: number): number {
  if (count <= 3) {
    return 1 << (count - 1);
  }
  if (count < 8) {
    return 8;
  }
  if (count < 16) {
    return 16;
  }
  if (count < 32) {
    return 32;
  }
  return count < 128 ? 64 : 128;
}

/**
 * V8's own block coverage of some sources. Only what was compiled after {@link start} is counted, so sources are imported after it.
 * V8 reports a block by itself only where its count differs from that of the block around it, so blocks have no names that stay the same;
 * what is kept is kept for each character of the source.
 */
export class BlockCoverage {
  readonly #session = new Session();
  readonly #sources: readonly string[];
  readonly #scripts = new Map<string, Script>();

  /** @param sources parts of URLs */
  constructor(sources: readonly string[]) {
    this.#sources = sources;
  }

  start(): void {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /**
   * What ran since the last call. @returns how many characters were reached for the first time (`reached`), and how many of them more or
   * fewer times than ever before (`counted`; only asked for where a single input ran)
   */
  take(isSingle: boolean): { reached: number; counted: number } {
    const news = { reached: 0, counted: 0 };
    for (const script of this.#report()) {
      if (!this.#sources.some((part) => script.url.includes(part))) {
        continue;
      }
      this.#add(script, isSingle, news);
    }
    return news;
  }

  #report(): Profiler.ScriptCoverage[] {
    let scripts: Profiler.ScriptCoverage[] = [];
    // The callback runs before `post` returns.
    this.#session.post('Profiler.takePreciseCoverage', (error, report) => {
      if (error) {
        throw error;
      }
      scripts = report.result;
    });
    return scripts;
  }

  #add(
    { url, functions }: Profiler.ScriptCoverage,
    isSingle: boolean,
    news: { reached: number; counted: number },
  ): void {
    let end = 0;
    for (const { ranges } of functions) {
      end = Math.max(end, ranges[0]?.endOffset ?? 0);
    }
    let script = this.#scripts.get(url);
    if (!script || script.counts.length < end) {
      const seen = new Uint16Array(end);
      seen.set(script?.seen ?? []);
      script = { seen, counts: new Uint32Array(end), edges: script?.edges ?? new Set() };
      this.#scripts.set(url, script);
    }
    const { seen, counts, edges } = script;
    counts.fill(0);
    // Outer ranges come before inner ones, which paint over them.
    for (const { ranges } of functions) {
      for (const { startOffset, endOffset, count } of ranges) {
        counts.fill(count, startOffset, endOffset);
        edges.add(startOffset).add(endOffset);
      }
    }
    for (const { ranges } of functions) {
      const [whole] = ranges;
      if (!whole || whole.count === 0) {
        continue;
      }
      for (let at = whole.startOffset; at < whole.endOffset; at += 1) {
        const count = counts[at] ?? 0;
        if (count === 0) {
          continue;
        }
        const before = seen[at] ?? 0;
        const now = before | (isSingle ? classOf(count) : IN_BATCH);
        if (before === 0) {
          news.reached += 1;
        } else if (isSingle && now !== before) {
          news.counted += 1;
        }
        seen[at] = now;
      }
    }
  }

  /** Blocks that some input reached, and all that are known. */
  get blocks(): { reached: number; known: number } {
    let reached = 0;
    let known = 0;
    for (const { seen, edges } of this.#scripts.values()) {
      const sorted = [...edges].sort((a, b) => a - b);
      known += Math.max(0, sorted.length - 1);
      for (const edge of sorted.slice(0, -1)) {
        if ((seen[edge] ?? 0) !== 0) {
          reached += 1;
        }
      }
    }
    return { reached, known };
  }

  /** The blocks that no input reached, as `file:line: first words`. */
  get unreached(): string[] {
    const lines: string[] = [];
    for (const [url, { seen, edges }] of this.#scripts) {
      const source = readFileSync(fileURLToPath(url), 'utf8');
      const sorted = [...edges].sort((a, b) => a - b);
      for (const [at, edge] of sorted.slice(0, -1).entries()) {
        if ((seen[edge] ?? 0) !== 0) {
          continue;
        }
        const line = source.slice(0, edge).split('\n').length;
        const words = source
          .slice(edge, sorted[at + 1])
          .replace(/\s+/g, ' ')
          .slice(0, 80);
        lines.push(`${url.split('/packages/')[1] ?? url}:${String(line)}: ${words}`);
      }
    }
    return lines;
  }

  stop(): void {
    this.#session.disconnect();
  }
}
