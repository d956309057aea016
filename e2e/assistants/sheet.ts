import type { Gateway } from '../lib/gateway.ts';
import { percentile } from './figures.ts';

export interface EngineResult {
  readonly engine: string;
  /** Silence at the caller's ear after its voice began, in milliseconds. */
  readonly silentMs: number | null;
  /** Answers as the page heard them. */
  readonly atTheEar: readonly number[];
  readonly turns: readonly Turn[];
  readonly cpuPercent: number;
  readonly memoryBytes: number;
}

interface Turn {
  readonly answerMs: number | null;
  readonly gatewayInMs: number;
  readonly gatewayOutMs: number;
}

/** What the report of each engine's call says, and what was seen from outside. */
export async function report(gateway: Gateway, results: readonly EngineResult[]): Promise<string> {
  const turns = await turnsOf(gateway);
  const rows = results.map((result) => {
    const own = turns.get(result.engine) ?? [];
    const answers = own.flatMap(({ answerMs }) => (answerMs === null ? [] : [answerMs]));
    const ms = (value: number): string => (Number.isNaN(value) ? '-' : String(Math.round(value)));
    return [
      result.engine,
      String(answers.length),
      ms(percentile(answers, 0.5)),
      ms(percentile(answers, 0.95)),
      ms(percentile(result.atTheEar, 0.5)),
      percentile(
        own.map(({ gatewayInMs }) => gatewayInMs),
        0.5,
      ).toFixed(1),
      percentile(
        own.map(({ gatewayOutMs }) => gatewayOutMs),
        0.5,
      ).toFixed(1),
      ms(result.silentMs ?? Number.NaN),
      `${result.cpuPercent.toFixed(0)} %`,
      `${(result.memoryBytes / 1_048_576).toFixed(0)} MiB`,
    ];
  });
  const head = [
    'engine',
    'turns',
    'answer p50 ms',
    'p95',
    'at the ear p50',
    'gateway in ms',
    'out',
    'silent after ms',
    'CPU of a core',
    'memory',
  ];
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Rows without a single answer: nothing was measured. */
export function isOutOfTime(results: readonly EngineResult[]): string[] {
  return results
    .filter(({ atTheEar }) => atTheEar.length === 0)
    .map(({ engine }) => `${engine} answered no spoken sentence`);
}

async function turnsOf(gateway: Gateway): Promise<Map<string, Turn[]>> {
  const { calls } = JSON.parse(await gateway.offhook('reports', 'list', '--json')) as {
    readonly calls: readonly { readonly id: string }[];
  };
  const byAssistant = new Map<string, Turn[]>();
  for (const { id } of calls) {
    const detail = JSON.parse(await gateway.offhook('reports', 'show', id, '--json')) as {
      readonly conversation?: {
        readonly assistant: string;
        readonly turns: readonly Turn[];
      } | null;
    };
    const { conversation } = detail;
    if (!conversation) {
      continue;
    }
    const known = byAssistant.get(conversation.assistant) ?? [];
    byAssistant.set(conversation.assistant, [...known, ...conversation.turns]);
  }
  return byAssistant;
}
