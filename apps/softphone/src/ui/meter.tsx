import type { ReactElement } from 'react';

/** The quietest level that shows, in decibels below full scale. */
const FLOOR_DB = 60;

/** Ears hear ratios, so the bar does too. */
export function levelToWidth(level: number): number {
  if (!(level > 0)) {
    return 0;
  }
  return Math.min(1, Math.max(0, (20 * Math.log10(level) + FLOOR_DB) / FLOOR_DB));
}

/** A level from 0 to 1 as a bar. For the eye only: it changes too often to be read out. */
export function Meter({
  label,
  level,
}: {
  readonly label: string;
  readonly level: number;
}): ReactElement {
  return (
    <div className="meter" aria-hidden="true">
      <span className="meter__label">{label}</span>
      <span className="meter__track">
        <span
          className="meter__fill"
          style={{ '--level': levelToWidth(level).toFixed(3) } as React.CSSProperties}
        />
      </span>
    </div>
  );
}
