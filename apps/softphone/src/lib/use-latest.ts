import { useLayoutEffect, useRef, type RefObject } from 'react';

/** The value of the last committed render, for listeners that outlive one. */
export function useLatest<T>(value: T): RefObject<T> {
  const ref = useRef(value);
  useLayoutEffect(() => {
    ref.current = value;
  });
  return ref;
}
