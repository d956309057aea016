import { useLayoutEffect, useRef, type RefObject } from 'react';

/** When the element goes away with the focus inside, the focus goes to the first of `next` that is there. */
export function useFocusReturn<E extends HTMLElement>(
  ...next: readonly string[]
): RefObject<E | null> {
  const ref = useRef<E>(null);
  const selectors = next.join('\n');
  useLayoutEffect(() => {
    const element = ref.current;
    return () => {
      if (!element?.contains(document.activeElement)) {
        return;
      }
      queueMicrotask(() => {
        // StrictMode only pretends to take it away.
        if (element.isConnected) {
          return;
        }
        const target = selectors
          .split('\n')
          .map((selector) => document.querySelector<HTMLElement>(selector))
          .find((candidate) => candidate?.checkVisibility());
        target?.focus();
      });
    };
  }, [selectors]);
  return ref;
}
