import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import { CAUSES } from '@offhook/protocol';
import type { CallObserver } from '../calls/call-observer.ts';
import type { Ending } from '../calls/hangup.ts';
import type { Leg } from '../calls/leg.ts';
import type { Clock } from '../clock.ts';
import type { MediaEvent } from '../media/media-plane.ts';
import { traceParent } from './trace-parent.ts';

interface LegTrace {
  readonly role: Leg['role'];
  readonly attributes: Attributes;
  /** Epoch milliseconds, as all times here. */
  readonly startedAt: number;
  readonly events: { readonly name: string; readonly at: number }[];
  answeredAt: number | null;
  mediaAt: number | null;
  endedAt: number | null;
  ending: Ending | null;
}

interface CallTrace {
  readonly parent: SpanContext | null;
  readonly destination: string;
  readonly startedAt: number;
  readonly legs: Map<string, LegTrace>;
  service: string | null;
}

/** Of one leg: a call of hours is held and comes back many times. */
const MAX_EVENTS = 100;
/** Of one call: each of many transfers brings some. */
const MAX_LEGS = 64;

/**
 * Makes spans of calls: one of the call, one of each leg in it, and in those how long it rang and how long media took. All of them are made
 * when the call is over, so that a call that stands costs nothing but what is noted of it.
 */
export class CallTraces implements CallObserver {
  readonly #tracer: Tracer;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #calls = new Map<string, CallTrace>();

  constructor(tracer: Tracer, clock: Pick<Clock, 'now'>) {
    this.#tracer = tracer;
    this.#clock = clock;
  }

  legStarted(leg: Leg): void {
    const now = this.#clock.now();
    const { id, call, role, party, remote } = leg;
    let known = this.#calls.get(call.id);
    if (!known) {
      known = {
        parent: traceParent(call.headers),
        destination: remote.number,
        startedAt: now,
        legs: new Map(),
        service: null,
      };
      this.#calls.set(call.id, known);
    }
    if (known.legs.size >= MAX_LEGS) {
      return;
    }
    known.legs.set(id, {
      role,
      attributes: {
        'offhook.leg.id': id,
        'offhook.leg.role': role,
        'offhook.leg.via': party.via,
        'enduser.id': party.user,
      },
      startedAt: now,
      events: [],
      answeredAt: null,
      mediaAt: null,
      endedAt: null,
      ending: null,
    });
  }

  legMoved(leg: Leg, event: string): void {
    const known = this.#legOf(leg.call.id, leg.id);
    this.#note(known, event);
    if (known && event === 'answered') {
      known.answeredAt ??= this.#clock.now();
    }
  }

  legEnded(leg: Leg, ending: Ending): void {
    const known = this.#legOf(leg.call.id, leg.id);
    if (known) {
      known.endedAt = this.#clock.now();
      known.ending = ending;
    }
  }

  legAsked(leg: Leg, method: string, detail?: string): void {
    const name = detail === undefined ? method : `${method} ${detail}`;
    this.#note(this.#legOf(leg.call.id, leg.id), name);
  }

  legAway(leg: Leg, away: boolean): void {
    this.#note(this.#legOf(leg.call.id, leg.id), away ? 'away' : 'back');
  }

  legTold(): void {
    // What was asked and where it led to is enough of a trace.
  }

  legMessage(): void {
    // Messages are kept by reports.
  }

  callServed(call: string, service: string): void {
    const known = this.#calls.get(call);
    if (known) {
      known.service = service;
    }
  }

  onMedia(event: MediaEvent): void {
    if (event.type !== 'state') {
      return;
    }
    const leg = this.#legOf(event.call, event.leg);
    this.#note(leg, `media ${event.state}`);
    if (leg && event.state === 'connected') {
      leg.mediaAt ??= this.#clock.now();
    }
  }

  callEnded(id: string, ending: Ending): void {
    const call = this.#calls.get(id);
    if (!call) {
      return;
    }
    this.#calls.delete(id);
    const now = this.#clock.now();
    const from = call.parent ? trace.setSpanContext(ROOT_CONTEXT, call.parent) : ROOT_CONTEXT;
    const attributes = {
      'offhook.call.id': id,
      'offhook.call.destination': call.destination,
      ...(call.service === null ? {} : { 'offhook.call.service': call.service }),
    };
    const span = this.#tracer.startSpan(
      'call',
      { kind: SpanKind.SERVER, startTime: call.startedAt, attributes },
      from,
    );
    tellEnd(span, 'call', ending);
    const inCall = trace.setSpan(from, span);
    for (const leg of call.legs.values()) {
      this.#spansOf(leg, inCall, now);
    }
    span.end(now);
  }

  #spansOf(leg: LegTrace, inCall: Context, now: number): void {
    const { role, attributes, startedAt, answeredAt, mediaAt } = leg;
    const endedAt = leg.endedAt ?? now;
    const span = this.#tracer.startSpan(role, { startTime: startedAt, attributes }, inCall);
    for (const { name, at } of leg.events) {
      span.addEvent(name, at);
    }
    if (leg.ending) {
      tellEnd(span, 'leg', leg.ending);
    }
    const inLeg = trace.setSpan(inCall, span);
    const part = (name: string, from: number, to: number): void => {
      this.#tracer.startSpan(name, { startTime: from }, inLeg).end(to);
    };
    part('set-up', startedAt, answeredAt ?? endedAt);
    if (answeredAt !== null && mediaAt !== null && mediaAt > answeredAt) {
      part('media', answeredAt, mediaAt);
    }
    span.end(endedAt);
  }

  #legOf(call: string, leg: string): LegTrace | undefined {
    return this.#calls.get(call)?.legs.get(leg);
  }

  #note(leg: LegTrace | undefined, name: string): void {
    if (leg && leg.events.length < MAX_EVENTS) {
      leg.events.push({ name, at: this.#clock.now() });
    }
  }
}

/** From "no circuit available" on, up to the end of Q.850's: what failed was no person's decision. */
const FAILURES = { from: 34, to: 127 } as const;

function tellEnd(span: Span, of: 'call' | 'leg', { cause }: Ending): void {
  const code = CAUSES[cause];
  span.setAttributes({ [`offhook.${of}.cause`]: cause, [`offhook.${of}.cause_code`]: code });
  if (code >= FAILURES.from && code <= FAILURES.to) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: cause });
  }
}
