import { useRef, type RefObject } from 'react';
import { useBrowserLayoutEffect } from './use-browser-layout-effect.ts';

/** The value of the last committed render, for callbacks that outlive one. */
export function useLatest<T>(value: T): RefObject<T> {
  const ref = useRef(value);
  useBrowserLayoutEffect(() => {
    ref.current = value;
  });
  return ref;
}
