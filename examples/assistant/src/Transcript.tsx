import { useEffect, useRef } from 'react';
import type { TranscriptEntry } from '@offhook/client/ai';

function wordsFor(entry: TranscriptEntry): string {
  if (entry.role === 'tool') {
    return { running: 'Filling in', done: 'Filled in', failed: 'Could not fill in' }[entry.status];
  }
  // A caller's line begins when a voice is heard, before its words are known.
  return entry.text || (entry.failed ? '(not understood)' : '…');
}

/** It was interrupted before anything of it was heard. */
const isUnheard = (entry: TranscriptEntry) =>
  entry.role === 'assistant' && entry.interrupted && !entry.text;

/** What was said, typed and done. A line grows while it is spoken. */
export function Transcript({ entries }: { entries: readonly TranscriptEntry[] }) {
  const end = useRef<HTMLLIElement>(null);
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'nearest' });
  }, [entries]);
  if (entries.length === 0) {
    return (
      <p className="notice">
        Speak or type, as you like. Your browser asks for the microphone. You may interrupt.
      </p>
    );
  }
  return (
    <ol className="lines" role="log" aria-label="Transcript" tabIndex={0}>
      {entries
        .filter((entry) => !isUnheard(entry))
        .map((entry) => (
          <li key={entry.id} className={entry.role}>
            {wordsFor(entry)}
            {entry.role === 'assistant' && entry.interrupted && (
              <span className="cut"> (interrupted)</span>
            )}
          </li>
        ))}
      <li ref={end} aria-hidden="true" />
    </ol>
  );
}
