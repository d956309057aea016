import { createContext, useContext, useEffect, useState } from 'react';
import { ApiError, load } from './api.ts';

/** What to do when the session is over. */
export const SignedOutContext = createContext<() => void>(() => undefined);

export interface Loaded<T> {
  /** What was told last, also while something newer is asked for. */
  readonly data: T | null;
  readonly error: string | null;
  /** The data is not yet that of the path. */
  readonly pending: boolean;
}

/**
 * What the gateway tells at this path.
 * @param everyMs asks again after so long, while the page is visible
 */
export function useLoad<T>(path: string, everyMs?: number): Loaded<T> {
  const [state, setState] = useState<{
    readonly path: string | null;
    readonly data: T | null;
    readonly error: string | null;
  }>({ path: null, data: null, error: null });
  const onSignedOut = useContext(SignedOutContext);

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (): Promise<void> => {
      try {
        const data = await load<T>(path, signal);
        if (!signal.aborted) setState({ path, data, error: null });
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ApiError && error.status === 401) {
          onSignedOut();
          return;
        }
        const message = error instanceof Error ? error.message : String(error);
        setState((old) => ({ path, data: old.data, error: message }));
      }
      if (everyMs !== undefined && !signal.aborted) {
        timer = setTimeout(() => void again(), everyMs);
      }
    };
    /** A page that nobody sees asks when it is seen again. */
    const again = async (): Promise<void> => {
      if (document.visibilityState === 'hidden') {
        await new Promise<void>((resolve) => {
          document.addEventListener('visibilitychange', () => resolve(), { once: true, signal });
        });
      }
      await ask();
    };
    void ask();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [path, everyMs, onSignedOut]);

  return { data: state.data, error: state.error, pending: state.path !== path };
}
