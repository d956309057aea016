import type { ReactElement } from 'react';
import type { CallView, ConversationView } from '@offhook/protocol';
import { useWords, type Words } from '../words.ts';

/** What was said between the caller and an assistant, and how long the caller waited for answers. */
export function ConversationSection({ view }: { readonly view: CallView }): ReactElement | null {
  const words = useWords();
  const { conversation: t } = words.t;
  const { count } = words.format;
  const { conversation, call, names } = view;
  if (conversation === null) {
    return null;
  }
  const { assistant, version, items, interruptions, usage, failure, withheld } = conversation;
  return (
    <section className="q-card" aria-labelledby="conversation-title">
      <h2 id="conversation-title">
        {t.title(words.callee({ ...call, service: `assistant:${assistant}` }, names))}
      </h2>
      <p className="q-hint">
        {[
          t.version(version),
          ...waited(conversation, words),
          t.interrupted(interruptions),
          ...(usage === null ? [] : [t.tokens(count(usage.input), count(usage.output))]),
        ].join(', ')}
      </p>
      {failure !== null && <p className="q-talk__failure">{t.engineFailed(failure)}</p>}
      {items.length === 0 ? (
        <p className="q-hint">{withheld ? t.keepsNone : t.nothing}</p>
      ) : (
        <ol className="q-talk">
          {items.map((item, index) => (
            <li key={index} className="q-talk__line" data-role={item.role}>
              <span className="q-event__time">{words.since(item.at - call.startedAt)}</span>
              <span className="q-talk__text">
                <span className="visually-hidden">{`${t.roles[item.role]}: `}</span>
                {item.role === 'tool' ? (
                  <code>{`${item.name}(${item.arguments}) → ${item.output}`}</code>
                ) : (
                  item.text
                )}
                {item.role !== 'tool' && item.cut && <span className="q-hint"> {t.cut}</span>}
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function waited(
  { turns }: ConversationView,
  { t: { conversation: t }, ms }: Words,
): readonly string[] {
  const times = turns
    .flatMap(({ answerMs }) => (answerMs === null ? [] : [answerMs]))
    .sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)];
  const told = t.turns(turns.length);
  return median === undefined ? [told] : [told, t.answers(ms(median), ms(times.at(-1) ?? null))];
}
