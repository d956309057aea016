import { useEffect, useState } from 'react';
import type { CallSnapshot } from '@offhook/react';
import { clock, wordsFor } from './words.ts';

/** `call` is a snapshot, which React may compare; `call.call` is the object that acts. */
export function CallCard({ call }: { call: CallSnapshot }) {
  const { state, direction, number, name, muted, held, startedAt } = call;
  const isIncoming = state === 'ringing' && direction === 'inbound';
  const isAnswered = state === 'active' || state === 'held';
  return (
    <article className="call" aria-live="polite" data-state={state}>
      <p className="who">{name || number}</p>
      <p className="what">
        {state === 'active' && startedAt !== null ? <Clock since={startedAt} /> : wordsFor(call)}
      </p>
      <div className="actions">
        {isIncoming && (
          <>
            <button className="go" onClick={() => void call.call.answer()}>
              Answer
            </button>
            <button className="end" onClick={() => void call.call.reject()}>
              Decline
            </button>
          </>
        )}
        {isAnswered && (
          <>
            <button onClick={() => call.call.toggleAudioMute()}>{muted ? 'Unmute' : 'Mute'}</button>
            <button onClick={() => void call.call.toggleHold()}>{held ? 'Resume' : 'Hold'}</button>
          </>
        )}
        {!isIncoming && (
          <button className="end" onClick={() => void call.call.hangup()}>
            Hang up
          </button>
        )}
      </div>
    </article>
  );
}

function Clock({ since }: { since: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return <time>{clock(now - since)}</time>;
}
