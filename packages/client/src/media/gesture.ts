import type { Platform } from '../platform.ts';

const GESTURES = ['pointerdown', 'keydown', 'touchend'] as const;

/** Runs once, at the next click, key or touch: what a browser's autoplay policy waits for. Returns its undo. */
export function onGesture({ document }: Platform, run: () => void): () => void {
  let waiting = true;
  const undo = (): void => {
    if (!waiting) {
      return;
    }
    waiting = false;
    for (const gesture of GESTURES) {
      document?.removeEventListener(gesture, listener, { capture: true });
    }
  };
  const listener = (): void => {
    undo();
    run();
  };
  for (const gesture of GESTURES) {
    document?.addEventListener(gesture, listener, { capture: true });
  }
  return undo;
}

/** The browser refused to play because the page was not touched yet. */
export const needsGesture = (error: unknown): boolean =>
  error instanceof Error && error.name === 'NotAllowedError';
