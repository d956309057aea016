import { useSyncExternalStore } from 'react';

/** Colours that a canvas needs as values: names of custom properties in styles/tokens.css and styles/quality.css. */
const NAMES = ['ink-3', 'line', 'surface', 'caller', 'callee', 'middle', 'warn-band'] as const;

export type ColorName = (typeof NAMES)[number];
export type Colors = Readonly<Record<ColorName, string>>;

let current: { readonly key: string; readonly colors: Colors } | null = null;

/** A custom property holds `light-dark(...)` as it was written; the colour of an element is what came of it. */
function read(): Colors {
  const scheme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  const key = `${scheme} ${document.documentElement.dataset['theme'] ?? ''}`;
  if (current?.key === key) {
    return current.colors;
  }
  const probe = document.createElement('span');
  document.body.append(probe);
  const entries = NAMES.map((name): [ColorName, string] => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  const colors = Object.fromEntries(entries) as Record<ColorName, string>;
  current = { key, colors };
  return colors;
}

function subscribe(listener: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const theme = new MutationObserver(listener);
  theme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  system.addEventListener('change', listener);
  return () => {
    theme.disconnect();
    system.removeEventListener('change', listener);
  };
}

export function useColors(): Colors {
  return useSyncExternalStore(subscribe, read);
}
