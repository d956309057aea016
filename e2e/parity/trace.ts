import type { Frame } from '../lib/frames.ts';
import type { LogEntry } from '../pages/driver.ts';

/**
 * What one SDK did in a scenario, in a form that can be compared: everything that an application or a gateway can see, without
 * what differs by nature (ids, times, SDP, the number of candidates).
 */
export interface Trace {
  /** State notifications, per call in the order the calls appeared: `outbound: new → requesting → …`. */
  readonly calls: readonly string[];
  /** Client events in order, states aside: `ready`, `error 46001`, `socket.close` … */
  readonly events: readonly string[];
  /** Warning codes, once each: when they come depends on timers. */
  readonly warnings: readonly string[];
  /** Members of each payload: `callUpdate: type`. */
  readonly payloads: readonly string[];
  /** Requests that the page sent, in order: `telnyx_rtc.bye NORMAL_CLEARING/16`. */
  readonly sent: readonly string[];
  /** Members of each request's `params`. */
  readonly members: readonly string[];
  /** Methods of the gateway that the page acknowledged. */
  readonly acknowledged: readonly string[];
  /** What the scenario itself observed: return values, thrown messages, audio. */
  readonly observed: readonly string[];
}

export const CATEGORIES = [
  'calls',
  'events',
  'warnings',
  'payloads',
  'sent',
  'members',
  'acknowledged',
  'observed',
] as const satisfies readonly (keyof Trace)[];

/** Sent when a timer says so, or as often as there are candidates: neither order nor number can be compared. */
const UNORDERED = new Set([
  'telnyx_rtc.ping',
  'telnyx_rtc.candidate',
  'telnyx_rtc.endOfCandidates',
  'telnyx_rtc.gatewayState',
]);

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: { readonly method?: string };
}

export function trace(
  log: readonly LogEntry[],
  frames: readonly Frame[],
  observed: readonly string[],
): Trace {
  const messages = frames
    .filter(({ from, text }) => from === 'page' && text.startsWith('{'))
    .map(({ text }) => JSON.parse(text) as Message);
  const requests = messages.filter(({ method }) => method !== undefined);
  return {
    calls: calls(log),
    events: log.flatMap(({ event, code }) =>
      event === 'callUpdate' || event === 'warning'
        ? []
        : [code === undefined ? event : `${event} ${String(code)}`],
    ),
    warnings: unique(
      log.filter(({ event }) => event === 'warning').map(({ code }) => String(code)),
    ),
    payloads: unique(
      log.map(({ event, code, detail, callId }) => {
        const own = typeof detail === 'object' && detail !== null ? Object.keys(detail) : [];
        const members = callId !== undefined && !own.includes('callId') ? [...own, 'call'] : own;
        const name = code === undefined ? event : `${event} ${String(code)}`;
        return `${name}: ${members.sort().join(' ')}`;
      }),
    ),
    sent: [
      ...requests.filter(({ method }) => !UNORDERED.has(method ?? '')).map(describe),
      ...unique(requests.filter(({ method }) => UNORDERED.has(method ?? '')).map(describe)),
    ],
    members: unique(
      requests.map(
        ({ method, params }) =>
          `${method ?? ''}: ${Object.keys(params ?? {})
            .sort()
            .join(' ')}`,
      ),
    ),
    acknowledged: unique(
      messages.flatMap(({ result }) => (result?.method === undefined ? [] : [result.method])),
    ),
    observed,
  };
}

function calls(log: readonly LogEntry[]): string[] {
  const states = new Map<string, string[]>();
  for (const { event, callId, state } of log) {
    if (event !== 'callUpdate' || callId === undefined || state === undefined) {
      continue;
    }
    const list = states.get(callId) ?? [];
    list.push(state);
    states.set(callId, list);
  }
  return [...states.values()].map((list) => list.join(' → '));
}

/** A request with what gives it its meaning. */
function describe({ method, params = {} }: Message): string {
  const parts = [method];
  if (method === 'telnyx_rtc.modify') {
    parts.push(String(params['action']));
  }
  if (method === 'telnyx_rtc.bye') {
    parts.push(`${String(params['cause'])}/${String(params['causeCode'])}`);
  }
  if (typeof params['dtmf'] === 'string') {
    parts.push(`dtmf ${params['dtmf']}`);
  }
  if (params['trickle'] === true) {
    parts.push('trickle');
  }
  if (method === 'login') {
    const named = ['login', 'passwd', 'login_token'].filter((name) => params[name] !== undefined);
    parts.push(named.join('+'), params['reconnection'] === true ? 'reconnection' : 'first');
  }
  return parts.join(' ');
}

const unique = (list: readonly string[]): string[] => [...new Set(list)].sort();

/** One line a difference: `sent: - telnyx_rtc.bye USER_BUSY/17` (only the reference), `+ …` (only ours). */
export function differences(reference: Trace, ours: Trace): string[] {
  return CATEGORIES.flatMap((category) => {
    const [theirs, mine] = [reference[category], ours[category]];
    return [
      ...theirs.filter((line) => !mine.includes(line)).map((line) => `${category}: - ${line}`),
      ...mine.filter((line) => !theirs.includes(line)).map((line) => `${category}: + ${line}`),
      ...reordered(category, theirs, mine),
    ];
  });
}

/** The same lines, but not in the same order or number. */
function reordered(category: string, theirs: readonly string[], mine: readonly string[]): string[] {
  const common = theirs.filter((line) => mine.includes(line));
  const other = mine.filter((line) => theirs.includes(line));
  return common.join('\n') === other.join('\n')
    ? []
    : [`${category}: order: ${common.join(' | ')} ≠ ${other.join(' | ')}`];
}
