import type { ReactElement } from 'react';

/** Drawn on a grid of 24, one line weight. */
const PATHS = {
  phone:
    'M6.6 3.5h2.2c.5 0 .9.3 1 .8l.8 3a1 1 0 0 1-.3 1L8.6 10a13 13 0 0 0 5.4 5.4l1.7-1.7a1 1 0 0 1 1-.3l3 .8c.5.1.8.5.8 1v2.2a2.1 2.1 0 0 1-2.3 2.1A16.5 16.5 0 0 1 4.5 5.8a2.1 2.1 0 0 1 2.1-2.3Z',
  hangup:
    'M3.4 15.2c-.5-.5-.6-1.3-.2-1.9C5 10.7 8.3 9 12 9s7 1.7 8.8 4.3c.4.6.3 1.4-.2 1.9l-1.3 1.2c-.4.4-1 .5-1.5.2l-2.3-1.2a1.2 1.2 0 0 1-.6-1.3l.3-1.4a10.6 10.6 0 0 0-6.4 0l.3 1.4c.1.5-.1 1-.6 1.3l-2.3 1.2c-.5.3-1.1.2-1.5-.2Z',
  mic: 'M12 3.5a2.8 2.8 0 0 1 2.8 2.8v5.4a2.8 2.8 0 0 1-5.6 0V6.3A2.8 2.8 0 0 1 12 3.5ZM5.8 11.5a6.2 6.2 0 0 0 12.4 0M12 17.7v2.8',
  micOff:
    'M9.2 9.2v2.5a2.8 2.8 0 0 0 4.5 2.2M14.8 10.5V6.3a2.8 2.8 0 0 0-5.4-1M5.8 11.5a6.2 6.2 0 0 0 10.2 4.7M18.1 12.5l.1-1M12 17.7v2.8M4 4l16 16',
  pause: 'M8.5 5.5v13M15.5 5.5v13',
  play: 'M8 5.5v13l10.5-6.5L8 5.5Z',
  keypad: 'M6 6h.01M12 6h.01M18 6h.01M6 12h.01M12 12h.01M18 12h.01M6 18h.01M12 18h.01M18 18h.01',
  backspace: 'M20.5 6v12h-11L3.5 12l6-6h11ZM12 9.7l4.6 4.6M16.6 9.7 12 14.3',
  settings: 'M4 7.5h9M17.5 7.5H20M4 16.5h2.5M11 16.5h9M15.2 5.3v4.4M8.8 14.3v4.4',
  keyboard:
    'M4.5 6.5h15a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1ZM7 10h.01M10.3 10h.01M13.7 10h.01M17 10h.01M8.5 14h7',
  signOut: 'M14 4.5H6.5a1 1 0 0 0-1 1v13a1 1 0 0 0 1 1H14M10.5 12h9.5M16.5 8.5 20 12l-3.5 3.5',
  sun: 'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM12 2.8v1.7M12 19.5v1.7M4.2 12H2.5M21.5 12h-1.7M6.5 6.5 5.3 5.3M18.7 18.7l-1.2-1.2M6.5 17.5l-1.2 1.2M18.7 5.3l-1.2 1.2',
  moon: 'M19.5 14.3A8 8 0 0 1 9.7 4.5a8 8 0 1 0 9.8 9.8Z',
  clock: 'M12 3.8a8.2 8.2 0 1 1 0 16.4 8.2 8.2 0 0 1 0-16.4ZM12 7.8V12l2.8 1.7',
  incoming: 'M17.5 6.5l-11 11M6.5 9.5v8h8',
  outgoing: 'M6.5 17.5l11-11M9.5 6.5h8v8',
  missed: 'M4.5 6.5 11 13l8-8M13.5 5H19v5.5M5 19h14',
  transfer: 'M4 12h12M12.5 8l4 4-4 4M19.5 5v14',
  close: 'M6.5 6.5l11 11M17.5 6.5l-11 11',
  alert: 'M12 4 3 19.5h18L12 4ZM12 10v4.5M12 17h.01',
  person: 'M12 4.2a3.9 3.9 0 1 1 0 7.8 3.9 3.9 0 0 1 0-7.8ZM4.8 20a7.3 7.3 0 0 1 14.4 0',
  speaker: 'M4.5 9.5h3l4.5-4v13l-4.5-4h-3v-5ZM15.5 9a4 4 0 0 1 0 6M18 6.5a7.6 7.6 0 0 1 0 11',
  chevron: 'M8 10l4 4 4-4',
  chart: 'M4.5 4.5v15h15M8.5 15.5v-4M12.5 15.5v-8M16.5 15.5v-6',
  download: 'M12 4.5v10M7.8 10.8 12 15l4.2-4.2M5 19.5h14',
  wave: 'M4 12h.01M7.5 9v6M11 6v12M14.5 9.5v5M18 7.5v9M21 12h.01',
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration: the text beside it, or the button's label, says what it means. */
export function Icon({ name }: { readonly name: IconName }): ReactElement {
  return (
    <svg className={`icon icon--${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Logo(): ReactElement {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect className="logo__plate" width="32" height="32" rx="9" />
      <path className="logo__handset" d="M8.6 12.4c.2 6 4.9 10.8 11 11" />
      <path
        className="logo__waves"
        d="M16.6 12.9a3.2 3.2 0 0 1 2.5 2.5M17.1 8.2a8 8 0 0 1 6.7 6.7"
      />
    </svg>
  );
}
