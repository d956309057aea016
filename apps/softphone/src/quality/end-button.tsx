import { createContext, useContext, useState, type ReactElement } from 'react';
import type { AdminSessionView } from '@offhook/protocol';
import { testIds } from '../testids.ts';
import { ApiError, remove } from './api.ts';
import { SignedOutContext } from './use-load.ts';
import { useWords } from './words.ts';

/** Who is signed in at these pages; what ends something needs it. */
export const AdminContext = createContext<AdminSessionView | null>(null);

type State = 'idle' | 'asks' | 'ends' | 'ended' | { readonly failed: string };

/** Ends what is at a path, when it was pressed twice: what it ends is somebody's call. */
export function EndButton({
  path,
  label,
  question,
}: {
  readonly path: string;
  readonly label: string;
  /** Said by the second press, for example `End the call of Ann?` */
  readonly question: string;
}): ReactElement {
  const {
    t: { end: t },
  } = useWords();
  const session = useContext(AdminContext);
  const onSignedOut = useContext(SignedOutContext);
  const [state, setState] = useState<State>('idle');
  const end = (): void => {
    if (session === null) {
      return;
    }
    setState('ends');
    remove(path, session).then(
      () => setState('ended'),
      (error: unknown) => {
        if (error instanceof ApiError && error.status === 401) {
          onSignedOut();
          return;
        }
        setState({ failed: error instanceof Error ? error.message : String(error) });
      },
    );
  };
  if (state === 'asks') {
    return (
      <span className="q-end" role="group" aria-label={question}>
        <button
          type="button"
          className="button button--small button--danger"
          data-testid={testIds.qualityEndConfirm}
          autoFocus
          onClick={end}
        >
          {t.yes(label)}
        </button>
        <button type="button" className="button button--small" onClick={() => setState('idle')}>
          {t.no}
        </button>
      </span>
    );
  }
  return (
    <span className="q-end">
      {typeof state === 'object' && (
        <span className="q-end__failed" role="alert">
          {state.failed}
        </span>
      )}
      <button
        type="button"
        className="button button--small"
        data-testid={testIds.qualityEnd}
        disabled={state === 'ends' || state === 'ended'}
        title={question}
        onClick={() => setState('asks')}
      >
        {state === 'ended' ? t.ended : label}
      </button>
    </span>
  );
}
