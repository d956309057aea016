/**
 * The element's own style sheet, set by `adoptedStyleSheets`: no style element and no style attribute, so that a content security
 * policy without `unsafe-inline` lets it through. A page changes it by the custom properties on top, and by `::part()`.
 */
export const STYLES = `
:host {
  color-scheme: light dark;
  --accent: var(--offhook-accent, light-dark(#0b6b4b, #3ecf97));
  --on-accent: var(--offhook-on-accent, light-dark(#fff, #04231a));
  --surface: var(--offhook-surface, light-dark(#fff, #161b19));
  --sunken: var(--offhook-sunken, light-dark(#f4f3ef, #1f2623));
  --line: var(--offhook-line, light-dark(#e4e2da, #2c3430));
  --field-line: light-dark(#8a8f88, #6a756f);
  --ink: var(--offhook-ink, light-dark(#15201b, #eef3f0));
  --ink-2: var(--offhook-ink-2, light-dark(#4d5a54, #a9b5af));
  --warn: light-dark(#fdf2dc, #33270f);
  --warn-ink: light-dark(#7a4b00, #f3c267);
  --danger: light-dark(#c4292f, #f4696b);
  --danger-soft: light-dark(#fcebea, #3a181a);
  --danger-ink: light-dark(#a81f25, #ff9c9c);
  --focus: light-dark(#0b5cd6, #86b7ff);
  --radius: var(--offhook-radius, 20px);
  display: block;
  container-type: inline-size;
  color: var(--ink);
  font: 400 15px/1.45 var(--offhook-font, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif);
}
:host([hidden]) { display: none; }
:host([theme='light']) { color-scheme: light; }
:host([theme='dark']) { color-scheme: dark; }
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.card {
  display: flex;
  flex-direction: column;
  height: 100%;
  min-height: 420px;
  overflow: clip;
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: var(--surface);
  box-shadow: 0 1px 2px rgb(24 32 28 / 6%), 0 8px 24px -6px light-dark(rgb(24 32 28 / 10%), rgb(0 0 0 / 50%));
}
.head {
  display: flex;
  align-items: center;
  gap: 12px;
  min-height: 64px;
  padding: 12px 16px 12px 18px;
  border-bottom: 1px solid var(--line);
}
.orb {
  position: relative;
  flex: none;
  width: 38px;
  height: 38px;
  border-radius: 50%;
  background: radial-gradient(circle at 35% 30%, color-mix(in oklab, var(--accent), white 45%), var(--accent) 62%);
}
.orb::after {
  position: absolute;
  inset: -4px;
  border: 2px solid var(--accent);
  border-radius: 50%;
  opacity: 0;
  content: '';
}
.orb[data-state='listening']::after { opacity: 0.45; }
.orb[data-state='speaking']::after { animation: ring 1.1s ease-out infinite; }
.orb[data-state='thinking'] { animation: breathe 1.1s ease-in-out infinite; }
.orb[data-state='ended'], .orb[data-state='connecting'] { filter: saturate(0.35); }
@keyframes ring { from { transform: scale(0.9); opacity: 0.8; } to { transform: scale(1.3); opacity: 0; } }
@keyframes breathe { 50% { opacity: 0.45; } }
.title { flex: 1; min-width: 0; }
h2 {
  margin: 0;
  overflow: hidden;
  font-weight: 650;
  font-size: 16px;
  line-height: 1.3;
  text-overflow: ellipsis;
  white-space: nowrap;
}
.state { margin: 0; color: var(--ink-2); font-size: 13.5px; }
button {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  gap: 8px;
  min-height: 40px;
  padding: 0 16px;
  border: 0;
  border-radius: 12px;
  background: var(--sunken);
  color: inherit;
  font: inherit;
  font-weight: 600;
  white-space: nowrap;
  cursor: pointer;
}
button:hover:not(:disabled) { background: color-mix(in oklab, var(--sunken), var(--ink) 7%); }
button:disabled { opacity: 0.5; cursor: default; }
button.primary { background: var(--accent); color: var(--on-accent); }
button.primary:hover:not(:disabled) { background: color-mix(in oklab, var(--accent), var(--ink) 14%); }
button.danger { background: var(--danger-soft); color: var(--danger-ink); }
button.big { min-height: 52px; padding: 0 26px; border-radius: 26px; font-size: 16px; }
:focus-visible { outline: 2.5px solid var(--focus); outline-offset: 2px; }
.welcome {
  display: grid;
  flex: 1;
  place-content: center;
  justify-items: center;
  gap: 14px;
  padding: 32px 24px;
  text-align: center;
}
.welcome p { max-width: 34ch; margin: 0; color: var(--ink-2); }
.welcome .orb { width: 84px; height: 84px; margin-bottom: 6px; }
.problem {
  padding: 10px 14px;
  border-radius: 12px;
  background: var(--danger-soft);
  color: var(--danger-ink) !important;
}
.note {
  margin: 0;
  padding: 8px 18px;
  background: var(--warn);
  color: var(--warn-ink);
  font-size: 13px;
}
.log {
  display: flex;
  flex: 1;
  flex-direction: column;
  gap: 8px;
  min-height: 160px;
  margin: 0;
  padding: 18px;
  overflow-y: auto;
  overscroll-behavior: contain;
  list-style: none;
}
.log > :first-child { margin-top: auto; }
.log:focus-visible { outline-offset: -3px; }
.entry {
  max-width: 86%;
  padding: 9px 14px;
  border-radius: 16px;
  overflow-wrap: anywhere;
  white-space: pre-wrap;
}
.entry.assistant { align-self: flex-start; border-bottom-left-radius: 5px; background: var(--sunken); }
.entry.user { align-self: flex-end; border-bottom-right-radius: 5px; background: var(--accent); color: var(--on-accent); }
.entry.tool {
  align-self: center;
  padding: 3px 12px;
  border-radius: 99px;
  background: color-mix(in oklab, var(--accent), transparent 86%);
  font-size: 13px;
}
.entry.tool[data-status='failed'] { background: var(--danger-soft); color: var(--danger-ink); }
.entry.failed { background: none; border: 1px dashed var(--field-line); color: var(--ink-2); }
.cut { display: block; opacity: 0.75; font-size: 12.5px; font-style: italic; }
.entry img { display: block; max-width: 100%; max-height: 200px; margin-top: 6px; border-radius: 10px; }
.dots { letter-spacing: 2px; animation: breathe 1.1s ease-in-out infinite; }
.foot { display: grid; gap: 10px; padding: 12px 14px 14px; border-top: 1px solid var(--line); }
form { display: flex; gap: 8px; margin: 0; }
input {
  flex: 1;
  min-width: 0;
  min-height: 44px;
  padding: 0 14px;
  border: 1px solid var(--field-line);
  border-radius: 12px;
  background: var(--surface);
  color: inherit;
  font: inherit;
  font-size: 16px;
}
input:focus-visible { border-color: transparent; outline-offset: -1px; }
.controls { display: flex; flex-wrap: wrap; gap: 8px; }
.controls button { flex: 1; }
.quiet {
  position: absolute;
  width: 1px;
  height: 1px;
  margin: -1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
@container (width < 340px) {
  .controls button, .foot button { padding: 0 10px; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; }
}
@media (forced-colors: active) {
  .card, .entry, button { border: 1px solid; }
  .orb { background: Highlight; }
}
`;
