// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import type { CallView, LegView, ViewEvent, ViewMessage } from '@offhook/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { testIds } from '../../testids.ts';
import { EventList } from './event-list.tsx';
import { Ladder } from './ladder.tsx';
import { SECTIONS } from './sections.tsx';

const T = 1_700_000_000_000;

function leg(id: string, more: Partial<LegView> = {}): LegView {
  return {
    id,
    session: id,
    via: 'browser',
    callId: id,
    user: id,
    number: id,
    role: 'callee',
    startedAt: T,
    answeredAt: T,
    endedAt: T + 1000,
    cause: null,
    endedBy: null,
    mos: null,
    mosMin: null,
    lossPercent: null,
    jitterMs: null,
    rttMs: null,
    media: null,
    browser: null,
    sdk: null,
    sdkVersion: null,
    feedback: null,
    clock: { offsetMs: 0, withinMs: null },
    reports: 0,
    debugFrames: 0,
    client: null,
    gateway: null,
    paths: [],
    warnings: [],
    facts: [],
    timings: [],
    recordings: [],
    ...more,
  };
}

function view(legs: readonly LegView[], events: readonly Partial<ViewEvent>[]): CallView {
  return {
    call: {
      id: 'c',
      sipCallId: null,
      startedAt: T,
      rangAt: null,
      answeredAt: T,
      endedAt: T + 1000,
      durationMs: 1000,
      talkedMs: 1000,
      cause: 'NORMAL_CLEARING',
      destination: 'bob',
      service: null,
      caller: 'ann',
      callerNumber: 'ann',
      callee: 'bob',
      mos: null,
      mosMin: null,
      lossPercent: null,
      jitterMs: null,
      rttMs: null,
      reports: 0,
      feedback: null,
      browsers: [],
      sdks: [],
    },
    legs,
    events: events.map((event) => ({
      t: T,
      leg: 'ann',
      source: 'gateway',
      type: 'told',
      name: '',
      detail: '',
      ...event,
    })),
    droppedEvents: 0,
    messages: [],
    droppedMessages: 0,
    conversation: null,
  };
}

const two = [leg('ann', { role: 'caller' }), leg('bob')];
afterEach(cleanup);

describe('the ladder', () => {
  it('says in words who sent what to whom, and when', () => {
    const events = [
      { type: 'started', name: 'caller' },
      { t: T + 61, leg: 'bob', name: 'invite' },
      { t: T + 900, leg: 'bob', type: 'asked', name: 'modify', detail: 'hold' },
    ];
    render(<Ladder view={view(two, events)} />);
    const rows = screen.getAllByRole('listitem').map(({ textContent }) => textContent);
    expect(rows).toEqual([
      '0.000 sann to the gateway invite',
      '0.061 sbob from the gateway invite',
      '0.900 sbob to the gateway modify (hold)',
    ]);
  });

  it('has what went over the wire where that is kept, and opens each message', () => {
    const wire = (t: number, of: string, sent: boolean, first: string, text = ''): ViewMessage => ({
      t: T + t,
      leg: of,
      protocol: of === 'ann' ? 'Verto' : 'SIP',
      sent,
      first,
      text,
      cut: of === 'bob' && sent,
    });
    const events = [
      { type: 'started', name: 'caller' },
      { t: T + 3, type: 'asked', name: 'candidate' },
      { t: T + 5, leg: 'bob', name: 'INVITE' },
      { t: T + 90, leg: 'bob', type: 'media', name: 'connected' },
    ];
    const shown = {
      ...view(
        [leg('ann', { role: 'caller' }), leg('bob', { via: 'sip', user: 'trunk:net' })],
        events,
      ),
      messages: [
        wire(0, 'ann', false, 'invite'),
        wire(5, 'bob', true, 'INVITE sip:1@net SIP/2.0', 'To: <b>'),
        wire(80, 'bob', false, 'SIP/2.0 180 Ringing'),
        wire(81, 'another', false, 'SIP/2.0 180 Ringing'),
      ],
      droppedMessages: 3,
    };
    render(<Ladder view={shown} />);
    expect(screen.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([
      '0.000 sann to the gateway invite',
      '0.003 sann to the gateway candidate',
      '0.005 snet (SIP) from the gateway INVITE',
      '0.080 snet (SIP) to the gateway 180 Ringing',
      '0.090 snet (SIP)  media connected',
    ]);
    expect(screen.getByTestId(testIds.qualityLadder).firstElementChild?.textContent).toBe(
      'annGatewaynet (SIP)',
    );
    expect(screen.getByText('3 messages were not kept.')).toBeDefined();
    const invite = screen.getByRole('button', { name: 'INVITE' });
    expect(invite.getAttribute('aria-expanded')).toBe('false');
    fireEvent.click(invite);
    expect(screen.getByTestId(testIds.qualityMessage).textContent).toBe(
      'INVITE sip:1@net SIP/2.0\nTo: <b>\n…',
    );
    fireEvent.click(invite);
    expect(screen.queryByTestId(testIds.qualityMessage)).toBeNull();
  });

  it('is not there for a call without messages, and bounded for one with many', () => {
    const { container } = render(<Ladder view={view(two, [{ type: 'moved', name: 'up' }])} />);
    expect(container.textContent).toBe('');
    render(
      <Ladder
        view={view(
          two,
          Array.from({ length: 500 }, () => ({ name: 'info' })),
        )}
      />,
    );
    expect(screen.getAllByRole('listitem')).toHaveLength(200);
  });

  it('has lanes for devices that rang too, and none for what is not of this call', () => {
    const many = [...two, ...['b2', 'b3', 'b4', 'b5'].map((id) => leg(id))];
    render(<Ladder view={view(many, [{ leg: 'bob', name: 'invite' }, { leg: 'nobody' }])} />);
    const head = screen.getByTestId(testIds.qualityLadder).firstElementChild;
    expect(head?.textContent).toBe('annGatewaybobb2b3');
    expect(screen.getAllByRole('listitem')).toHaveLength(1);
  });
});

describe('what a client says', () => {
  it('is text, however it looks', () => {
    const html = '<img src=x onerror=alert(1)>';
    const events = [{ source: 'client' as const, type: html, name: html, detail: html }];
    const said = leg('ann', { feedback: { score: 2, tags: [html], note: html } });
    const conversation = {
      assistant: html,
      version: '1',
      items: [
        { role: 'user' as const, text: html, at: T },
        { role: 'tool' as const, name: 'look', arguments: html, output: html, at: T },
      ],
      turns: [{ at: T, answerMs: 640 }],
      interruptions: 0,
      withheld: false,
      usage: null,
      failure: null,
    };
    const shown = { ...view([said], events), conversation };
    const { container } = render(
      <>
        <EventList view={shown} />
        {SECTIONS.filter(({ has }) => has(shown)).map(({ key, Section }) => (
          <Section key={key} view={shown} />
        ))}
      </>,
    );
    expect(container.querySelector('img')).toBeNull();
    expect(container.textContent.split(html)).toHaveLength(10);
  });
});
