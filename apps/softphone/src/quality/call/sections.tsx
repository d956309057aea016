import type { ComponentType, ReactElement } from 'react';
import type { CallView, LegView } from '@offhook/protocol';
import { ConversationSection } from './conversation-section.tsx';
import { useWords, type Words } from '../words.ts';

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
  const words = useWords();
  const given = view.legs.filter(({ feedback }) => feedback !== null);
  return (
    <section className="q-card" aria-labelledby="feedback-title">
      <h2 id="feedback-title">{words.t.feedback.title}</h2>
      <ul className="q-feedback">
        {given.map((leg) => (
          <li key={leg.id}>
            <span className="q-dot" data-color={leg.role} />
            <b dir="auto">{words.person(leg.user, view.names)}</b>
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
  const { t, number } = useWords();
  const full = Math.min(Math.max(Math.round(score), 0), 5);
  return (
    <span
      className="q-stars"
      role="img"
      aria-label={t.feedback.stars(number(score, Number.isInteger(score) ? 0 : 1))}
    >
      {'★'.repeat(full)}
      {'☆'.repeat(5 - full)}
    </span>
  );
}

function RecordingSection({ view }: { readonly view: CallView }): ReactElement {
  const words = useWords();
  const all = view.legs.flatMap((leg) => leg.recordings.map((recording) => ({ leg, recording })));
  return (
    <section className="q-card" aria-labelledby="recordings-title">
      <h2 id="recordings-title">{words.t.recordings.title}</h2>
      <ul className="q-recordings">
        {all.map(({ leg, recording }) => (
          <li key={recording.id}>
            <span className="q-dot" data-color={leg.role} />
            <span>{describe(words.person(leg.user, view.names), recording, words)}</span>
            <audio controls preload="none" src={`/api/recordings/${recording.id}`}>
              <track kind="captions" />
            </audio>
          </li>
        ))}
      </ul>
    </section>
  );
}

function describe(
  who: string,
  { track, seconds }: LegView['recordings'][number],
  { t: { recordings: t }, duration }: Words,
): string {
  return (track === 'local' ? t.said : t.heard)(who, duration(seconds * 1000));
}
