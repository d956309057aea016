import { useEffect, useRef, useState } from 'react';
import type { CallSnapshot } from '@offhook/react';
import { clock, wordsFor, wordsForRefusal } from './words.ts';

interface Props {
  readonly call: CallSnapshot;
  /** The other calls that were answered: this one can be joined to each. */
  readonly others: readonly CallSnapshot[];
  /** To answer it, or to take it from hold; the other calls are held then. */
  readonly onTalk: () => void;
  /** Nobody took over: why not. The call is as it was. */
  readonly onRefused: (why: string) => void;
}

const nameOf = ({ name, number }: CallSnapshot) => name || number;

/** `call` is a snapshot, which React may compare; `call.call` is the object that acts. */
export function CallCard({ call, others, onTalk, onRefused }: Props) {
  const { state, direction, muted, held, remoteHeld, startedAt } = call;
  const [isOpen, setOpen] = useState(false);
  const [target, setTarget] = useState('');
  const order = useRef<AbortController>(null);
  const isIncoming = state === 'ringing' && direction === 'inbound';
  const isAnswered = state === 'active' || state === 'held';

  /** To a number, whom the caller hears ring; or to another call of ours: then the two talk, and both calls are over for us. */
  const handOver = async (to: string | CallSnapshot) => {
    setOpen(false);
    setTarget(typeof to === 'string' ? to : nameOf(to));
    onRefused('');
    order.current = new AbortController();
    try {
      const { signal } = order.current;
      await call.call.transfer(typeof to === 'string' ? to : to.call, { signal });
    } catch (error) {
      onRefused(wordsForRefusal(error));
    }
    setTarget('');
  };

  return (
    <article className="call" aria-label={`Call with ${nameOf(call)}`} data-state={state}>
      <p className="who">{nameOf(call)}</p>
      <p className="what" aria-live="polite">
        {target ? (
          `Handing over to ${target}`
        ) : startedAt !== null && state !== 'recovering' ? (
          <>
            <Clock since={startedAt} />
            {remoteHeld && ' · the other side holds'}
          </>
        ) : (
          wordsFor(call)
        )}
      </p>
      <div className="actions">
        {isIncoming && (
          <>
            <button className="go" onClick={onTalk}>
              Answer
            </button>
            <button className="end" onClick={() => void call.call.reject()}>
              Decline
            </button>
          </>
        )}
        {target && <button onClick={() => order.current?.abort()}>Take back</button>}
        {isAnswered && !target && (
          <>
            {held ? (
              <button className="go" onClick={onTalk}>
                Resume
              </button>
            ) : (
              <>
                <button onClick={() => void call.call.hold()}>Hold</button>
                <button onClick={() => call.call.toggleAudioMute()}>
                  {muted ? 'Unmute' : 'Mute'}
                </button>
              </>
            )}
            <button aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
              Transfer
            </button>
          </>
        )}
        {!isIncoming && (
          <button className="end" onClick={() => void call.call.hangup()}>
            Hang up
          </button>
        )}
      </div>
      {isOpen && isAnswered && (
        <form
          className="transfer"
          action={(fields) => void handOver(String(fields.get('target')).trim())}
        >
          {others.map((other) => (
            <button type="button" key={other.createdAt} onClick={() => void handOver(other)}>
              Join with {nameOf(other)}
            </button>
          ))}
          <div className="row">
            <label className="field">
              To another number
              <input name="target" autoComplete="off" required />
            </label>
            <button>Hand over</button>
          </div>
        </form>
      )}
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
