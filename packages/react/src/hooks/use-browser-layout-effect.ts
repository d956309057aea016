import { useEffect, useLayoutEffect } from 'react';

/** `useLayoutEffect`, of which React 18 warns on a server, where no effect runs anyway. */
export const useBrowserLayoutEffect = typeof document === 'undefined' ? useEffect : useLayoutEffect;
