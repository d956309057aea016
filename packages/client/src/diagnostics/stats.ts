/** An entry of an `RTCStatsReport`; its members depend on `type` (W3C webrtc-stats). */
export type Stat = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly type: string;
};

export function entries(report: RTCStatsReport | undefined): Stat[] {
  const list: Stat[] = [];
  report?.forEach((entry: Stat) => list.push(entry));
  return list;
}

export function ofType(report: RTCStatsReport | undefined, type: string): Stat[] {
  return entries(report).filter((entry) => entry.type === type);
}

export function audio(report: RTCStatsReport | undefined, type: string): Stat | undefined {
  return ofType(report, type).find((entry) => entry['kind'] === 'audio');
}

export function number(entry: Stat | undefined, name: string): number | undefined {
  const value = entry?.[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function text(entry: Stat | undefined, name: string): string | undefined {
  const value = entry?.[name];
  return typeof value === 'string' ? value : undefined;
}

/** The pair that media takes: the transport's selected one, else (Firefox) the nominated one that succeeded. */
export function selectedPair(report: RTCStatsReport | undefined): Stat | undefined {
  const pairs = ofType(report, 'candidate-pair');
  const id = ofType(report, 'transport')
    .map((entry) => text(entry, 'selectedCandidatePairId'))
    .find((value) => value !== undefined);
  return (
    pairs.find((pair) => pair.id === id) ??
    pairs.find((pair) => pair['nominated'] === true && pair['state'] === 'succeeded')
  );
}

export function minMaxAverage(values: readonly number[]): {
  min?: number;
  max?: number;
  average?: number;
} {
  if (values.length === 0) {
    return {};
  }
  const sum = values.reduce((total, value) => total + value, 0);
  return { min: Math.min(...values), max: Math.max(...values), average: sum / values.length };
}

/** When a report was taken, in milliseconds; undefined for an empty one. */
export function timeOf(report: RTCStatsReport): number | undefined {
  const times = entries(report).map((entry) => number(entry, 'timestamp') ?? 0);
  return times.length === 0 ? undefined : Math.max(...times);
}
