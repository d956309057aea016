import type { CSSProperties, ReactElement } from 'react';
import type { CallView, LegView, ViewEvent } from '@offhook/protocol';
import { testIds } from '../../testids.ts';
import { causeText, sinceText } from '../words.ts';

const MAX_LANES = 5;
const MAX_STEPS = 120;

interface Step {
  readonly t: number;
  /** Lanes; equal for something that happened at one of them. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly tone: 'plain' | 'note' | 'end';
  readonly says: string;
}

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
): Omit<Step, 't'> | null {
  const { type, name, detail } = event;
  const text = detail === '' ? name : `${name} (${detail})`;
  if (event.source === 'client') {
    return null;
  }
  switch (type) {
    case 'started':
      return leg.role === 'caller'
        ? { from: lane, to: gateway, text: 'invite', tone: 'plain', says: 'to the gateway' }
        : null;
    case 'asked':
      return { from: lane, to: gateway, text, tone: 'plain', says: 'to the gateway' };
    case 'told':
      return { from: gateway, to: lane, text, tone: 'plain', says: 'from the gateway' };
    case 'media':
      return { from: lane, to: lane, text: `media ${name}`, tone: 'note', says: '' };
    case 'away':
      return { from: lane, to: lane, text: 'connection lost', tone: 'end', says: '' };
    case 'back':
      return { from: lane, to: lane, text: 'connected again', tone: 'note', says: '' };
    case 'ended':
      return { from: lane, to: lane, text: causeText(name), tone: 'end', says: '' };
    default:
      return null;
  }
}

/** The signalling as messages between lifelines. */
export function Ladder({ view }: { readonly view: CallView }): ReactElement | null {
  const lanes = lanesOf(view.legs);
  const gateway = lanes.indexOf(null);
  const steps = view.events.flatMap((event): Step[] => {
    const lane = lanes.findIndex((leg) => leg?.id === event.leg);
    const leg = lanes[lane];
    const step = leg ? stepOf(event, lane, gateway, leg) : null;
    return step ? [{ t: event.t, ...step }] : [];
  });
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
      <h2 id="ladder-title">Signalling</h2>
      <div className="q-ladder" data-testid={testIds.qualityLadder}>
        <div className="q-ladder__row q-ladder__head" style={columns}>
          {lanes.map((leg, index) => (
            <span
              key={leg?.id ?? 'gateway'}
              className="q-ladder__lane"
              data-color={leg?.role ?? 'middle'}
              style={{ gridColumn: `${2 + index * 2} / span 2` }}
            >
              {leg?.user ?? 'Gateway'}
            </span>
          ))}
        </div>
        <ol className="q-ladder__steps">
          {shown.map((step, index) => (
            <li key={index} className="q-ladder__row" style={columns}>
              <span className="q-ladder__time">{sinceText(step.t - view.call.startedAt)}</span>
              {lanes.map((leg, lane) => (
                <span
                  key={leg?.id ?? 'gateway'}
                  className="q-ladder__line"
                  aria-hidden="true"
                  style={{ gridColumn: `${2 + lane * 2} / span 2` }}
                />
              ))}
              <Arrow step={step} lanes={lanes} />
            </li>
          ))}
        </ol>
      </div>
      {steps.length > MAX_STEPS && (
        <p className="q-hint">{steps.length - MAX_STEPS} more are among the events below.</p>
      )}
    </section>
  );
}

function Arrow({
  step,
  lanes,
}: {
  readonly step: Step;
  readonly lanes: readonly (LegView | null)[];
}): ReactElement {
  const { from, to, text, tone, says } = step;
  const left = Math.min(from, to);
  const right = Math.max(from, to);
  const who = lanes[lanes[from] === null ? to : from]?.user ?? '';
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
      <span className="q-ladder__text">{text}</span>
    </span>
  );
}
