import { useCalls, useClient, useConnectionState, useLastEnded, useProblems } from '@offhook/react';
import { CallCard } from './CallCard.tsx';
import { SignIn, type Credential } from './SignIn.tsx';
import { wordsForEnd, wordsForProblem } from './words.ts';

const CONNECTION = {
  idle: 'Connecting',
  connecting: 'Connecting',
  ready: 'Ready',
  reconnecting: 'Connection lost, reconnecting',
  failed: 'Signed out',
  closed: 'Signed out',
};

interface Props {
  readonly onSignIn: (credential: Credential) => void;
  readonly onSignOut: () => void;
}

export function Phone({ onSignIn, onSignOut }: Props) {
  const client = useClient(); // null in the first render
  const connection = useConnectionState();
  const calls = useCalls();
  const lastEnded = useLastEnded();
  const problem = useProblems().findLast(({ level }) => level === 'error');

  const dial = (fields: FormData) =>
    void client?.newCall({ destinationNumber: String(fields.get('number')).trim() });

  // The sign-in was refused. The same user with another password signs in on the client that is there.
  if (connection === 'failed') {
    return <SignIn problem={problem && wordsForProblem(problem)} onSubmit={onSignIn} />;
  }
  return (
    <main className="card">
      <header className="head">
        <h1>Phone</h1>
        <p className="status" role="status" data-state={connection}>
          {CONNECTION[connection]}
        </p>
      </header>
      <section className="stack">
        {calls.length === 0 && (
          <form className="row" action={dial}>
            <label className="field">
              Number
              <input name="number" placeholder="1002, or echo" autoComplete="off" required />
            </label>
            <button className="go" disabled={connection !== 'ready'}>
              Call
            </button>
          </form>
        )}
        {calls.map((call) => (
          <CallCard key={call.createdAt} call={call} />
        ))}
        {calls.length === 0 && lastEnded && (
          <p className="notice" role="status">
            {wordsForEnd(lastEnded.cause)}
          </p>
        )}
        {problem && (
          <p className="problem" role="alert">
            {wordsForProblem(problem)}
          </p>
        )}
        <button className="quiet" onClick={onSignOut}>
          Sign out
        </button>
      </section>
    </main>
  );
}
