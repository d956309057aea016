import { useEffect, useState } from 'react';

/** Milliseconds since the epoch, renewed while `running`: each second unless told otherwise. */
export function useNow(running = true, everyMs = 1000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!running) {
      return undefined;
    }
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [running, everyMs]);
  return now;
}
