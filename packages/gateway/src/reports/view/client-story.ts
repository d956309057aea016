import type { CallReport, ViewEvent, ViewFact, ViewPath, ViewWarning } from '@offhook/protocol';
import { bagOf, listOf, numberOf, rounded, textOf } from './read.ts';
import type { Bag } from './read.ts';
import { timeOf } from '../digest.ts';

const MAX_EVENTS = 2000;
const MAX_PATHS = 200;
const MAX_DETAIL = 200;
const MAX_FACTS = 40;

const extraOf = (report: CallReport): Bag => bagOf(report.offhook);

/** What a client says happened; its times are moved by `offsetMs`. */
export function clientEvents(
  leg: string,
  reports: readonly CallReport[],
  offsetMs: number,
): ViewEvent[] {
  const events = reports.flatMap((report) => listOf(extraOf(report)['events']));
  return events.slice(0, MAX_EVENTS).flatMap((event) => {
    const t = numberOf(event['t']);
    const type = textOf(event['type']);
    if (t === null || type === null) {
      return [];
    }
    const name = nameOf(event);
    const rest = Object.entries(event).filter(
      ([key, value]) => !['t', 'type'].includes(key) && value !== name && value !== null,
    );
    const detail = rest.map(([key, value]) => `${key}: ${plain(value)}`).join(', ');
    return [
      {
        t: Math.round(t + offsetMs),
        leg,
        source: 'client' as const,
        type,
        name,
        detail: detail.slice(0, MAX_DETAIL),
      },
    ];
  });
}

/** What an event is mainly about. */
function nameOf(event: Bag): string {
  for (const key of ['name', 'state', 'cause', 'kind', 'phase', 'side']) {
    const text = textOf(event[key]);
    if (text !== null) {
      return text;
    }
  }
  if (typeof event['muted'] === 'boolean') {
    return event['muted'] ? 'on' : 'off';
  }
  return '';
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Codes of conditions, which last until they are cleared (docs/client.md). Any other warning tells of a moment, and has no end to be told. */
const LASTING: ReadonlySet<number | null> = new Set([
  ...[31001, 31002, 31003, 31004, 31005, 31006],
  ...[32001, 32002, 37003],
]);

/** Stretches between a warning and its clearing. The reference has none. */
export function clientWarnings(reports: readonly CallReport[], offsetMs: number): ViewWarning[] {
  const open = new Map<string, { from: number; code: number | null; name: string }>();
  const stretches: ViewWarning[] = [];
  const events = reports.flatMap((report) => listOf(extraOf(report)['events']));
  for (const event of events.slice(0, MAX_EVENTS)) {
    const t = numberOf(event['t']);
    if (event['type'] !== 'warning' || t === null) {
      continue;
    }
    const code = numberOf(event['code']);
    const name = textOf(event['name']) ?? 'warning';
    const key = `${String(code)} ${name}`;
    const at = Math.round(t + offsetMs);
    const running = open.get(key);
    if (textOf(event['phase']) !== 'cleared') {
      if (!running) {
        open.set(key, { from: at, code, name });
      }
    } else if (running) {
      stretches.push({ ...running, to: at });
      open.delete(key);
    }
  }
  for (const running of open.values()) {
    stretches.push({ ...running, to: LASTING.has(running.code) ? null : running.from });
  }
  return stretches.sort((a, b) => a.from - b.from);
}

/** How media went: by our client's own record of its candidate pairs, else by what each interval says. */
export function clientPaths(reports: readonly CallReport[], offsetMs: number): ViewPath[] {
  const told = reports.flatMap((report) => listOf(extraOf(report)['paths']));
  const selected = told.filter(({ selected: is }) => is !== false);
  const seen: (Bag & { readonly at: number })[] =
    selected.length > 0
      ? selected.flatMap((path) => {
          const at = numberOf(path['t']);
          return at === null ? [] : [{ ...path, at }];
        })
      : reports.flatMap(({ stats }) =>
          stats.flatMap(({ ice, intervalStartUtc }) => {
            const at = timeOf(intervalStartUtc);
            return ice === undefined || at === null ? [] : [{ ...bagOf(ice), at }];
          }),
        );
  const paths: ViewPath[] = [];
  for (const path of seen) {
    const next = {
      t: Math.round(path.at + offsetMs),
      local: endOf(bagOf(path['local'])),
      remote: endOf(bagOf(path['remote'])),
      state: textOf(path['state']) ?? '',
    };
    const last = paths.at(-1);
    const same =
      last?.local === next.local && last.remote === next.remote && last.state === next.state;
    if (!same) {
      paths.push(next);
    }
  }
  return paths.slice(0, MAX_PATHS);
}

/** `relay udp over tls 203.0.113.7:3478` */
function endOf(end: Bag): string {
  const port = numberOf(end['port']);
  const address = textOf(end['address']);
  const relay = textOf(end['relayProtocol']);
  return [
    textOf(end['candidateType']),
    textOf(end['protocol']),
    relay === null ? null : `over ${relay}`,
    textOf(end['networkType']),
    address === null || port === null ? address : `${address}:${String(port)}`,
  ]
    .filter((part) => part !== null)
    .join(' ');
}

/** Browser, machine, devices, codec and security, as far as the client tells. */
export function clientFacts(reports: readonly CallReport[]): ViewFact[] {
  const facts = new Map<string, string>();
  const add = (name: string, value: unknown): void => {
    const text =
      typeof value === 'number' || typeof value === 'boolean'
        ? String(value)
        : textOf(value, MAX_DETAIL);
    if (text !== null) {
      facts.set(name, text);
    }
  };
  for (const report of reports) {
    const extra = extraOf(report);
    const environment = bagOf(extra['environment']);
    const network = bagOf(environment['network']);
    const devices = bagOf(extra['devices']);
    const connection = report.summary.clientSummary?.connection;
    const last = report.stats.at(-1);
    const codec = last?.audio?.inbound?.codec ?? last?.audio?.outbound?.codec;
    add('Codec', codec?.mimeType);
    add('Codec parameters', codec?.sdpFmtpLine);
    add('Cipher', last?.transport?.srtpCipher);
    add('Platform', environment['platform']);
    add('Browser', environment['userAgent']);
    add('Language', environment['language']);
    add('Time zone', environment['timeZone']);
    add('Processors', environment['cores']);
    add('Network', network['effectiveType'] ?? network['type']);
    add('Microphone permission', devices['permission']);
    add('Microphones', devices['inputs']);
    add('Speakers', devices['outputs']);
    for (const device of listOf(devices['list']).slice(0, 8)) {
      add(`Device (${textOf(device['kind']) ?? '?'})`, device['label']);
    }
    add('Signed in by', report.summary.clientSummary?.authentication?.type);
    add('Host', connection?.host);
    add('Region', connection?.region);
    add('Trickle ICE', report.summary.clientSummary?.media?.trickleIce);
  }
  return [...facts].slice(0, MAX_FACTS).map(([name, value]) => ({ name, value }));
}

/** How long each step of setting up took, by our client. */
export function clientTimings(reports: readonly CallReport[]): { label: string; ms: number }[] {
  const { timings } = reports.map(extraOf).findLast(({ timings: is }) => is !== undefined) ?? {};
  return listOf(bagOf(timings)['steps'])
    .slice(0, 64)
    .flatMap((step) => {
      const label = textOf(step['label']);
      const ms = rounded(numberOf(step['fromStart']), 0);
      return label === null || ms === null ? [] : [{ label, ms }];
    });
}
