import type { CallPage, CallSummary, LiveCalls, LiveSessions } from '@offhook/protocol';
import type { ConversationRecord } from '../assistants/conversation.ts';
import type { SignedOut } from '../control/operations.ts';
import type { CallEvent } from '../reports/records.ts';
import type { CallDetail, LegDetail } from '../reports/store.ts';
import type { RegistrationView } from '../sip/devices/devices.ts';

/** Calls for people at a terminal. What clients sent is shown without anything that a terminal would obey. */
export function describeCalls({ calls, total }: CallPage): string {
  const rows = calls.map((call) => [
    time(call.startedAt),
    `${call.caller} → ${call.destination}`,
    call.durationMs === null ? 'live' : `${(call.durationMs / 1000).toFixed(0)} s`,
    call.cause ?? '',
    ...measurements(call),
    String(call.reports),
    call.browsers.join(', '),
    call.sdks.join(', '),
    call.id,
  ]);
  const head = ['started', 'from → to', 'length', 'cause', ...MEASURED, 'reports'];
  return [
    ...table([[...head, 'browser', 'sdk', 'call'], ...rows]),
    countLine(calls.length, total),
  ].join('\n');
}

/** Calls that are on. */
export function describeLive({ calls, now }: LiveCalls): string {
  const rows = calls.map((call) => [
    time(call.startedAt),
    `${call.legs.find(({ role }) => role === 'caller')?.user ?? '?'} → ${call.destination}`,
    call.answeredAt === null ? 'rings' : lasting(now - call.answeredAt),
    call.id,
  ]);
  const head = ['started', 'from → to', 'talks since', 'call'];
  return [...table([head, ...rows]), countLine(calls.length, calls.length)].join('\n');
}

/** Who is signed in: browsers, then phones. */
export function describeSessions({
  sessions,
  phones,
  now,
}: LiveSessions & { readonly phones: readonly RegistrationView[] }): string {
  const rows = sessions.map((session) => [
    session.user,
    session.displayName,
    session.address,
    lasting(now - session.since),
    [session.browser, session.client].filter((part) => part !== null).join(', '),
    String(session.calls),
    session.online ? '' : 'without a connection',
  ]);
  const ofPhones = phones.map((phone) => [
    phone.user,
    phone.device,
    phone.address,
    lasting(now - Date.parse(phone.since)),
    [phone.userAgent, phone.transport].filter((part) => part !== '').join(', '),
    '',
    phone.reachable === false ? 'does not answer' : 'phone',
  ]);
  const head = ['user', 'name', 'address', 'since', 'client', 'calls', ''];
  const counts = [`${String(sessions.length)} session(s)`];
  if (phones.length > 0) {
    counts.push(`${String(phones.length)} phone(s)`);
  }
  return [...table([head, ...rows, ...ofPhones]), counts.join(', ')].join('\n');
}

export function describeSignedOut(user: string, { sessions, phones, calls }: SignedOut): string {
  const ended = [`${String(sessions)} session(s)`];
  if (phones > 0) {
    ended.push(`${String(phones)} phone(s)`);
  }
  if (calls > 0) {
    ended.push(`${String(calls)} call(s) of phones or by trunk`);
  }
  return `Ended ${ended.join(', ')} of ${user}`;
}

/** @param devices those whose `registrations` are null are of a gateway that does not run */
export function describeDevices(
  devices: readonly {
    readonly login: string;
    readonly realm: string;
    readonly registrations: readonly RegistrationView[] | null;
  }[],
): string {
  const rows = devices.flatMap(({ login, realm, registrations }) => {
    if (registrations === null) {
      return [[login, realm, 'the gateway does not run']];
    }
    if (registrations.length === 0) {
      return [[login, realm, 'not registered']];
    }
    return registrations.map((each) => [
      login,
      realm,
      each.reachable === false ? 'does not answer' : 'registered',
      each.transport,
      each.address,
      each.since,
      `${String(each.expiresSeconds)} s`,
      each.userAgent,
    ]);
  });
  const head = ['sign in', 'realm', '', 'transport', 'address', 'since', 'expires in', 'phone'];
  return [...table([head, ...rows]), `${String(devices.length)} device(s)`].join('\n');
}

/** `2 h 05 min`, `14 min`, `9 s` */
function lasting(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) {
    return `${String(seconds)} s`;
  }
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return `${String(minutes)} min`;
  }
  return `${String(Math.floor(minutes / 60))} h ${String(minutes % 60).padStart(2, '0')} min`;
}

function countLine(shown: number, total: number): string {
  return shown === total
    ? `${String(total)} call(s)`
    : `${String(shown)} of ${String(total)} calls`;
}

export function describeCall(detail: CallDetail): string {
  const { call, legs, events, droppedEvents, conversation } = detail;
  const names = new Map(legs.map((leg) => [leg.id, `${leg.role} ${leg.user}`]));
  const lines = [
    `call ${call.id}`,
    `${call.caller} → ${call.destination}, ${new Date(call.startedAt).toISOString()}, ${call.cause ?? 'live'}`,
    '',
    ...table([
      ['end', 'user', 'ended by', ...MEASURED, 'reports', 'intervals', 'browser', 'sdk'],
      ...legs.map((leg) => [
        leg.role,
        leg.user,
        leg.endedBy ?? '',
        ...measurements(leg),
        String(leg.reports.length),
        String(intervals(leg)),
        leg.browser ?? '',
        leg.sdk === null ? '' : `${leg.sdk} ${leg.sdkVersion ?? ''}`,
      ]),
    ]),
    ...legs.flatMap(extras),
    ...(conversation === null ? [] : ['', ...describeConversation(conversation)]),
    '',
    ...events.map((event) => eventLine(event, call, names)),
    ...(droppedEvents > 0 ? [`… and ${String(droppedEvents)} more`] : []),
  ];
  return lines.map(plain).join('\n');
}

/** What was said to an assistant, and how long the caller waited. */
function describeConversation(record: ConversationRecord): string[] {
  const { assistant, version, turns, interruptions, items, usage, failure } = record;
  const waits = turns.flatMap(({ answerMs }) => (answerMs === null ? [] : [answerMs]));
  waits.sort((a, b) => a - b);
  const middle = waits[Math.floor((waits.length - 1) / 2)];
  const wait = middle === undefined ? '' : `, answers after ${String(middle)} ms in the middle`;
  return [
    `assistant ${assistant}, version ${version}: ${String(turns.length)} turns${wait}, ${String(interruptions)} interruptions`,
    ...(usage === undefined
      ? []
      : [`  ${String(usage.input)} tokens read, ${String(usage.output)} written`]),
    ...(failure === undefined ? [] : [`  ended by the engine: ${failure}`]),
    ...items.map((item) =>
      item.role === 'tool'
        ? `  tool ${item.name}(${item.arguments}) → ${item.output}`
        : `  ${item.role}: ${item.text}${item.cut === true ? ' …' : ''}`,
    ),
  ];
}

const MEASURED = ['MOS', 'min', 'loss %', 'jitter ms', 'RTT ms'] as const;

function measurements(of: CallSummary | LegDetail): string[] {
  const show = (value: number | null, digits: number): string =>
    value === null ? '-' : value.toFixed(digits);
  const { mos, mosMin, lossPercent, jitterMs, rttMs } = of;
  return [show(mos, 2), show(mosMin, 2), show(lossPercent, 2), show(jitterMs, 1), show(rttMs, 0)];
}

function intervals({ reports }: LegDetail): number {
  return reports.reduce<number>((sum, report) => {
    const { stats } = report as { readonly stats?: readonly unknown[] };
    return sum + (stats?.length ?? 0);
  }, 0);
}

function extras(leg: LegDetail): string[] {
  const of = `${leg.role} ${leg.user}`;
  const { media, feedback } = leg;
  return [
    ...(media === null
      ? []
      : [
          `${of}: ${media.codec ?? 'no codec'}, ${String(media.packetsReceived)} packets came (${String(media.packetsLost)} lost, jitter ${media.jitterMs.toFixed(1)} ms), ${String(media.packetsSent)} went`,
        ]),
    ...(feedback === null
      ? []
      : [
          `${of} says ${String(feedback.score ?? '-')}: ${[...feedback.tags, feedback.note ?? ''].join(', ')}`,
        ]),
    ...(leg.debug.length > 0 ? [`${of}: ${String(leg.debug.length)} debug frames`] : []),
    ...leg.recordings.map(({ track, file }) => `${of}: ${track} audio in ${file}`),
  ];
}

const ARROWS = { told: '→', asked: '←' } as const;

function eventLine(
  { t, leg, type, name = '', detail = '' }: CallEvent,
  { startedAt }: CallSummary,
  names: ReadonlyMap<string, string>,
): string {
  const at = `${((t - startedAt) / 1000).toFixed(3)} s`.padStart(11);
  const what = type === 'told' || type === 'asked' ? ARROWS[type] : type;
  return `${at}  ${(names.get(leg) ?? leg).padEnd(16)} ${[what, name, detail].join(' ').trimEnd()}`;
}

function time(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}

function table(rows: readonly (readonly string[])[]): string[] {
  const clean = rows.map((row) => row.map(plain));
  const widths = clean.reduce<number[]>(
    (sofar, row) => row.map((text, index) => Math.max(sofar[index] ?? 0, text.length)),
    [],
  );
  return clean.map((row) =>
    row
      .map((text, index) => text.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** A number dialled could hold escape sequences. */
function plain(text: string): string {
  return text.replaceAll(/\p{C}/gu, '?');
}
