/**
 * What the style sheets of our elements have in common. They are set by `adoptedStyleSheets`: no style element and no style attribute, so that
 * a content security policy without `unsafe-inline` lets them through. A page changes them by the custom properties on top (`--offhook-…`), and
 * by `::part()`. Their own begin with `--_`: with a name of the page's, `--offhook-accent: var(--accent)` would go round in a circle.
 */
export const BASE_STYLES = `
:host {
  color-scheme: light dark;
  --_accent: var(--offhook-accent, light-dark(#0b6b4b, #3ecf97));
  --_on-accent: var(--offhook-on-accent, light-dark(#fff, #04231a));
  --_surface: var(--offhook-surface, light-dark(#fff, #161b19));
  --_sunken: var(--offhook-sunken, light-dark(#f4f3ef, #1f2623));
  --_line: var(--offhook-line, light-dark(#e4e2da, #2c3430));
  --_field-line: light-dark(#8a8f88, #6a756f);
  --_ink: var(--offhook-ink, light-dark(#15201b, #eef3f0));
  --_ink-2: var(--offhook-ink-2, light-dark(#4d5a54, #a9b5af));
  --_warn: light-dark(#fdf2dc, #33270f);
  --_warn-ink: light-dark(#7a4b00, #f3c267);
  --_danger: light-dark(#c4292f, #f4696b);
  --_danger-soft: light-dark(#fcebea, #3a181a);
  --_danger-ink: light-dark(#a81f25, #ff9c9c);
  --_focus: light-dark(#0b5cd6, #86b7ff);
  --_radius: var(--offhook-radius, 20px);
  display: block;
  container-type: inline-size;
  color: var(--_ink);
  font: 400 15px/1.45 var(--offhook-font, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif);
}
:host([hidden]) { display: none; }
:host([theme='light']) { color-scheme: light; }
:host([theme='dark']) { color-scheme: dark; }
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
h2 {
  margin: 0;
  overflow: hidden;
  font-weight: 650;
  font-size: 16px;
  line-height: 1.3;
  text-overflow: ellipsis;
  white-space: nowrap;
}
button {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  gap: 8px;
  min-height: 40px;
  padding: 0 16px;
  border: 0;
  border-radius: 12px;
  background: var(--_sunken);
  color: inherit;
  font: inherit;
  font-weight: 600;
  white-space: nowrap;
  cursor: pointer;
}
button:hover:not(:disabled) { background: color-mix(in oklab, var(--_sunken), var(--_ink) 7%); }
button:disabled, button[aria-disabled='true'] { opacity: 0.5; cursor: default; }
button.primary { background: var(--_accent); color: var(--_on-accent); }
button.primary:hover:not(:disabled) { background: color-mix(in oklab, var(--_accent), var(--_ink) 14%); }
button.danger { background: var(--_danger-soft); color: var(--_danger-ink); }
button.big { min-height: 52px; padding: 0 26px; border-radius: 26px; font-size: 16px; }
:focus-visible { outline: 2.5px solid var(--_focus); outline-offset: 2px; }
.quiet {
  position: absolute;
  width: 1px;
  height: 1px;
  margin: -1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; }
}
`;
