import type { ReactElement } from 'react';
import type { CallView, ConversationView } from '@offhook/protocol';
import { countText, msText, sinceText } from '../words.ts';

/** What was said between the caller and an assistant, and how long the caller waited for answers. */
export function ConversationSection({ view }: { readonly view: CallView }): ReactElement | null {
  const { conversation, call } = view;
  if (conversation === null) {
    return null;
  }
  const { assistant, version, items, interruptions, usage, failure, withheld } = conversation;
  return (
    <section className="q-card" aria-labelledby="conversation-title">
      <h2 id="conversation-title">Conversation with {assistant}</h2>
      <p className="q-hint">
        Version {version}, {waited(conversation)}, interrupted {interruptions} times
        {usage !== null &&
          `, ${countText(usage.input)} tokens read, ${countText(usage.output)} written`}
      </p>
      {failure !== null && <p className="q-talk__failure">The engine failed: {failure}</p>}
      {items.length === 0 ? (
        <p className="q-hint">
          {withheld ? 'This assistant keeps no transcripts.' : 'Nothing was said.'}
        </p>
      ) : (
        <ol className="q-talk">
          {items.map((item, index) => (
            <li key={index} className="q-talk__line" data-role={item.role}>
              <span className="q-event__time">{sinceText(item.at - call.startedAt)}</span>
              <span className="q-talk__text">
                <span className="visually-hidden">{`${item.role}: `}</span>
                {item.role === 'tool' ? (
                  <code>{`${item.name}(${item.arguments}) → ${item.output}`}</code>
                ) : (
                  item.text
                )}
                {item.role !== 'tool' && item.cut && <span className="q-hint"> (cut off)</span>}
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function waited({ turns }: ConversationView): string {
  const times = turns
    .flatMap(({ answerMs }) => (answerMs === null ? [] : [answerMs]))
    .sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)];
  if (median === undefined) {
    return `${turns.length} turns`;
  }
  return `${turns.length} turns, answers after ${msText(median)} (median), ${msText(times.at(-1) ?? null)} at most`;
}
