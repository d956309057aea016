import type { ComponentType, ReactElement } from 'react';
import type { CallView, LegView } from '@offhook/protocol';
import { ConversationSection } from './conversation-section.tsx';
import { durationText } from '../words.ts';

/**
 * What a call may have beside its measurements: the place for more of it. A section is shown where its call has something for it, between
 * the measurements and the messages.
 */
interface ExtraSection {
  readonly key: string;
  readonly has: (view: CallView) => boolean;
  readonly Section: ComponentType<{ readonly view: CallView }>;
}

export const SECTIONS: readonly ExtraSection[] = [
  {
    key: 'feedback',
    has: ({ legs }) => legs.some(({ feedback }) => feedback !== null),
    Section: FeedbackSection,
  },
  {
    key: 'conversation',
    has: ({ conversation }) => conversation !== null,
    Section: ConversationSection,
  },
  {
    key: 'recordings',
    has: ({ legs }) => legs.some(({ recordings }) => recordings.length > 0),
    Section: RecordingSection,
  },
];

function FeedbackSection({ view }: { readonly view: CallView }): ReactElement {
  const given = view.legs.filter(({ feedback }) => feedback !== null);
  return (
    <section className="q-card" aria-labelledby="feedback-title">
      <h2 id="feedback-title">What they said</h2>
      <ul className="q-feedback">
        {given.map((leg) => (
          <li key={leg.id}>
            <span className="q-dot" data-color={leg.role} />
            <b>{leg.user}</b>
            {leg.feedback?.score != null && <Stars score={leg.feedback.score} />}
            {leg.feedback?.tags.map((tag, index) => (
              <span key={`${index}-${tag}`} className="q-tag">
                {tag}
              </span>
            ))}
            {leg.feedback?.note != null && <q className="q-feedback__note">{leg.feedback.note}</q>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Stars({ score }: { readonly score: number }): ReactElement {
  const full = Math.min(Math.max(Math.round(score), 0), 5);
  return (
    <span className="q-stars" role="img" aria-label={`${score} of 5`}>
      {'★'.repeat(full)}
      {'☆'.repeat(5 - full)}
    </span>
  );
}

function RecordingSection({ view }: { readonly view: CallView }): ReactElement {
  const all = view.legs.flatMap((leg) => leg.recordings.map((recording) => ({ leg, recording })));
  return (
    <section className="q-card" aria-labelledby="recordings-title">
      <h2 id="recordings-title">Recordings</h2>
      <ul className="q-recordings">
        {all.map(({ leg, recording }) => (
          <li key={recording.id}>
            <span className="q-dot" data-color={leg.role} />
            <span>{describe(leg, recording)}</span>
            <audio controls preload="none" src={`/api/recordings/${recording.id}`}>
              <track kind="captions" />
            </audio>
          </li>
        ))}
      </ul>
    </section>
  );
}

function describe(leg: LegView, { track, seconds }: LegView['recordings'][number]): string {
  const what = track === 'local' ? `said by ${leg.user}` : `heard by ${leg.user}`;
  return `${what}, ${durationText(seconds * 1000)}`;
}
