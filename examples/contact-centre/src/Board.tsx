import { useState } from 'react';
import {
  useCalls,
  useClient,
  useConnectionState,
  useLastEnded,
  useProblems,
  type CallSnapshot,
} from '@offhook/react';
import { CallCard } from './CallCard.tsx';
import { SignIn, type Credential } from './SignIn.tsx';
import { CONNECTION, wordsForEnd, wordsForProblem } from './words.ts';

interface Props {
  readonly user: string;
  readonly onSignIn: (credential: Credential) => void;
  readonly onSignOut: () => void;
}

const isWaiting = ({ state, direction }: CallSnapshot) =>
  state === 'ringing' && direction === 'inbound';

/** The columns, and which calls stand in each. */
const COLUMNS = [
  ['Waiting', isWaiting],
  ['Talking', (call: CallSnapshot) => !isWaiting(call) && !call.held],
  ['On hold', (call: CallSnapshot) => call.held],
] as const;

export function Board({ user, onSignIn, onSignOut }: Props) {
  const client = useClient(); // null in the first render
  const connection = useConnectionState();
  const calls = useCalls();
  const lastEnded = useLastEnded();
  const problem = useProblems().findLast(({ level }) => level === 'error');
  const [refusal, setRefusal] = useState('');

  /** One call is talked to at a time: the others wait on hold. */
  const holdOthers = (than?: CallSnapshot) =>
    Promise.all(
      calls
        .filter((call) => call !== than && call.state === 'active')
        .map((call) => call.call.hold()),
    );
  const talkTo = async (call: CallSnapshot) => {
    setRefusal('');
    await holdOthers(call);
    await (call.held ? call.call.unhold() : call.call.answer());
  };
  const dial = async (fields: FormData) => {
    setRefusal('');
    await holdOthers();
    client?.newCall({ destinationNumber: String(fields.get('number')).trim() });
  };

  if (connection === 'failed') {
    return <SignIn problem={problem && wordsForProblem(problem)} onSubmit={onSignIn} />;
  }
  return (
    <main className="board">
      <header className="bar">
        <h1>Contact centre</h1>
        <p className="status" role="status" data-state={connection}>
          {CONNECTION[connection]}
        </p>
        <p className="agent">
          {user}
          <button className="quiet" onClick={onSignOut}>
            Sign out
          </button>
        </p>
        <form className="row" action={(fields) => void dial(fields)}>
          <label className="field">
            Number
            <input name="number" placeholder="1002, or echo" autoComplete="off" required />
          </label>
          <button className="go" disabled={connection !== 'ready'}>
            Call
          </button>
        </form>
      </header>
      {/* Here for screen readers also when there is nothing to say. */}
      <p className="problem" role="alert">
        {refusal || (problem && wordsForProblem(problem))}
      </p>
      <div className="columns">
        {COLUMNS.map(([title, belongs]) => {
          const inColumn = calls.filter(belongs);
          return (
            <section key={title} aria-label={title}>
              <h2>
                {title} <span>{inColumn.length}</span>
              </h2>
              {inColumn.map((call) => (
                <CallCard
                  key={call.createdAt}
                  call={call}
                  others={calls.filter((other) => other !== call && other.startedAt !== null)}
                  onTalk={() => void talkTo(call)}
                  onRefused={setRefusal}
                />
              ))}
            </section>
          );
        })}
      </div>
      <p className="notice" role="status">
        {calls.length === 0 && (lastEnded ? wordsForEnd(lastEnded.cause) : 'No calls')}
      </p>
    </main>
  );
}
