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
 * @param again how many milliseconds later to ask again, while the page is visible; null for not at all. What did not change stays the
 * same object.
 * @param version another one asks at once
 */
export function useLoad<T>(
  path: string,
  again?: (data: T | null) => number | null,
  version = 0,
): Loaded<T> {
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
    let last: { readonly text: string; readonly data: T } | null = null;
    const ask = async (): Promise<void> => {
      try {
        const data = await load<T>(path, signal);
        if (signal.aborted) {
          return;
        }
        const text = JSON.stringify(data);
        if (last?.text !== text) {
          last = { text, data };
        }
        setState({ path, data: last.data, error: null });
      } catch (error) {
        if (signal.aborted) {
          return;
        }
        if (error instanceof ApiError && error.status === 401) {
          onSignedOut();
          return;
        }
        const message = error instanceof Error ? error.message : String(error);
        setState((old) => ({ path, data: old.data, error: message }));
      }
      const wait = again?.(last?.data ?? null) ?? null;
      if (wait !== null) {
        timer = setTimeout(() => void askVisible(), wait);
      }
    };
    /** A page that nobody sees asks when it is seen again. */
    const askVisible = async (): Promise<void> => {
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
  }, [path, again, version, onSignedOut]);

  return { data: state.data, error: state.error, pending: state.path !== path };
}
