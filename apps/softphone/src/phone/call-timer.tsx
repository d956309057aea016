import type { ReactElement } from 'react';
import { formatDuration } from '../lib/format.ts';
import { useNow } from '../lib/use-now.ts';

/** How long a call has been up. Not read out each second. */
export function CallTimer({ since }: { readonly since: number }): ReactElement {
  const now = useNow();
  return (
    <span className="timer" role="timer" aria-live="off">
      {formatDuration(now - since)}
    </span>
  );
}
