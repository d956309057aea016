import { useId, useState, type CSSProperties, type ReactElement } from 'react';
import type { CallView, LegView, ShownNames, ViewEvent, ViewMessage } from '@offhook/protocol';
import { testIds } from '../../testids.ts';
import { useWords, type Words } from '../words.ts';

const MAX_LANES = 5;
const MAX_STEPS = 200;

interface Step {
  readonly t: number;
  /** Lanes; equal for something that happened at one of them. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly tone: 'plain' | 'note' | 'end';
  readonly says: string;
  /** What went over the wire; null where that is not kept. */
  readonly message: ViewMessage | null;
}

/** Of a leg whose messages are kept these events say the same, but for candidates, which are too many to keep. */
const SAID_BY_MESSAGES: ReadonlySet<string> = new Set(['started', 'told', 'asked']);

/** The lanes from left to right: the caller, the gateway, then who was called. */
function lanesOf(legs: readonly LegView[]): readonly (LegView | null)[] {
  const caller = legs.filter(({ role }) => role === 'caller').slice(0, 1);
  const others = legs.filter((leg) => !caller.includes(leg));
  return [...caller, null, ...others].slice(0, MAX_LANES);
}

function stepOf(
  event: ViewEvent,
  lane: number,
  gateway: number,
  leg: LegView,
  words: Words,
): Omit<Step, 't' | 'message'> | null {
  const { ladder: t } = words.t;
  const { type, name, detail } = event;
  const text = detail === '' ? name : `${name} (${detail})`;
  if (event.source === 'client') {
    return null;
  }
  switch (type) {
    case 'started':
      return leg.role === 'caller'
        ? { from: lane, to: gateway, text: 'invite', tone: 'plain', says: t.toGateway }
        : null;
    case 'asked':
      return { from: lane, to: gateway, text, tone: 'plain', says: t.toGateway };
    case 'told':
      return { from: gateway, to: lane, text, tone: 'plain', says: t.fromGateway };
    case 'media':
      return { from: lane, to: lane, text: t.media(name), tone: 'note', says: '' };
    case 'away':
      return { from: lane, to: lane, text: t.lost, tone: 'end', says: '' };
    case 'back':
      return { from: lane, to: lane, text: t.again, tone: 'note', says: '' };
    case 'ended':
      return { from: lane, to: lane, text: words.cause(name), tone: 'end', says: '' };
    default:
      return null;
  }
}

/** `INVITE`, `180 Ringing`; of a frame what it is called. */
function titleOf({ protocol, first }: ViewMessage): string {
  if (protocol === 'Verto') {
    return first;
  }
  return first.startsWith('SIP/2.0 ')
    ? first.slice('SIP/2.0 '.length)
    : (first.split(' ', 1)[0] ?? '');
}

function stepsOf(
  view: CallView,
  lanes: readonly (LegView | null)[],
  words: Words,
): readonly Step[] {
  const { ladder: t } = words.t;
  const gateway = lanes.indexOf(null);
  const laneOf = (id: string): number => lanes.findIndex((leg) => leg?.id === id);
  const messages = view.messages.flatMap((message): Step[] => {
    const lane = laneOf(message.leg);
    if (lane === -1) {
      return [];
    }
    const [from, to] = message.sent ? [gateway, lane] : [lane, gateway];
    const says = message.sent ? t.fromGateway : t.toGateway;
    return [{ t: message.t, from, to, text: titleOf(message), tone: 'plain', says, message }];
  });
  const kept = new Set(view.messages.map(({ leg }) => leg));
  const events = view.events.flatMap((event): Step[] => {
    const lane = laneOf(event.leg);
    const leg = lanes[lane];
    const isSaid =
      kept.has(event.leg) && SAID_BY_MESSAGES.has(event.type) && event.name !== 'candidate';
    const step = leg && !isSaid ? stepOf(event, lane, gateway, leg, words) : null;
    return step ? [{ t: event.t, ...step, message: null }] : [];
  });
  return [...messages, ...events].sort((a, b) => a.t - b.t);
}

/** The signalling as messages between lifelines. */
export function Ladder({ view }: { readonly view: CallView }): ReactElement | null {
  const words = useWords();
  const { ladder: t } = words.t;
  const { count } = words.format;
  const lanes = lanesOf(view.legs);
  const nameOf = (leg: LegView): string => laneName(leg, words, view.names);
  const steps = stepsOf(view, lanes, words);
  if (steps.length === 0) {
    return null;
  }
  const shown = steps.slice(0, MAX_STEPS);
  const columns: CSSProperties & { readonly '--lanes': number } = {
    '--lanes': lanes.length,
    gridTemplateColumns: `var(--ladder-time) repeat(${lanes.length * 2}, minmax(0, 1fr))`,
  };
  return (
    <section className="q-card" aria-labelledby="ladder-title">
      <h2 id="ladder-title">{t.title}</h2>
      {view.messages.length > 0 && <p className="q-hint q-ladder__hint">{t.opens}</p>}
      <div className="q-ladder" data-testid={testIds.qualityLadder}>
        <div className="q-ladder__row q-ladder__head" style={columns}>
          {lanes.map((leg, index) => (
            <span
              key={leg?.id ?? 'gateway'}
              className="q-ladder__lane"
              data-color={leg?.role ?? 'middle'}
              style={{ gridColumn: `${2 + index * 2} / span 2` }}
            >
              {leg ? nameOf(leg) : t.gateway}
            </span>
          ))}
        </div>
        <ol className="q-ladder__steps">
          {shown.map((step, index) => (
            <Row
              key={index}
              step={step}
              lanes={lanes}
              columns={columns}
              since={words.since(step.t - view.call.startedAt)}
              nameOf={nameOf}
            />
          ))}
        </ol>
      </div>
      {steps.length > MAX_STEPS && (
        <p className="q-hint">{t.more(count(steps.length - MAX_STEPS))}</p>
      )}
      {view.droppedMessages > 0 && (
        <p className="q-hint">{t.dropped(count(view.droppedMessages))}</p>
      )}
    </section>
  );
}

function laneName({ user, via }: LegView, { person }: Words, names?: ShownNames): string {
  return via === 'sip' ? `${user.replace(/^trunk:/, '')} (SIP)` : person(user, names);
}

/** One step; a message opens below its arrow. */
function Row({
  step,
  lanes,
  columns,
  since,
  nameOf,
}: {
  readonly step: Step;
  readonly lanes: readonly (LegView | null)[];
  readonly columns: CSSProperties;
  readonly since: string;
  readonly nameOf: (leg: LegView) => string;
}): ReactElement {
  const [open, setOpen] = useState(false);
  const id = useId();
  const { message } = step;
  return (
    <li>
      <div className="q-ladder__row" style={columns}>
        <span className="q-ladder__time">{since}</span>
        {lanes.map((leg, lane) => (
          <span
            key={leg?.id ?? 'gateway'}
            className="q-ladder__line"
            aria-hidden="true"
            style={{ gridColumn: `${2 + lane * 2} / span 2` }}
          />
        ))}
        <Arrow
          step={step}
          lanes={lanes}
          nameOf={nameOf}
          more={message === null ? null : { open, id, toggle: () => setOpen(!open) }}
        />
      </div>
      {message !== null && open && (
        <pre className="q-ladder__message" id={id} data-testid={testIds.qualityMessage}>
          {`${message.protocol === 'SIP' ? `${message.first}\n` : ''}${message.text}${message.cut ? '\n…' : ''}`}
        </pre>
      )}
    </li>
  );
}

function Arrow({
  step,
  lanes,
  nameOf,
  more,
}: {
  readonly step: Step;
  readonly lanes: readonly (LegView | null)[];
  readonly nameOf: (leg: LegView) => string;
  readonly more: {
    readonly open: boolean;
    readonly id: string;
    readonly toggle: () => void;
  } | null;
}): ReactElement {
  const { from, to, text, tone, says } = step;
  const left = Math.min(from, to);
  const right = Math.max(from, to);
  const leg = lanes[lanes[from] === null ? to : from];
  const who = leg ? nameOf(leg) : '';
  // Lifelines stand in the middle of their lanes, each of which has two columns.
  const column = from === to ? `${2 + from * 2} / span 2` : `${3 + left * 2} / ${3 + right * 2}`;
  return (
    <span
      className={from === to ? 'q-ladder__note' : 'q-ladder__arrow'}
      data-tone={tone}
      data-to={from === to ? undefined : to > from ? 'right' : 'left'}
      style={{ gridColumn: column }}
    >
      <span className="visually-hidden">{`${who} ${says} `}</span>
      {more === null ? (
        <span className="q-ladder__text">{text}</span>
      ) : (
        <button
          type="button"
          className="q-ladder__text q-ladder__button"
          aria-expanded={more.open}
          aria-controls={more.open ? more.id : undefined}
          onClick={more.toggle}
        >
          {text}
        </button>
      )}
    </span>
  );
}
