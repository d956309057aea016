import { BASE_STYLES } from '../element-kit/base-styles.ts';

/** The assistant's own rules, after those that our elements have in common. */
export const STYLES = `${BASE_STYLES}
.card {
  display: flex;
  flex-direction: column;
  height: 100%;
  min-height: 420px;
  overflow: clip;
  border: 1px solid var(--_line);
  border-radius: var(--_radius);
  background: var(--_surface);
  box-shadow: 0 1px 2px rgb(24 32 28 / 6%), 0 8px 24px -6px light-dark(rgb(24 32 28 / 10%), rgb(0 0 0 / 50%));
}
.head {
  display: flex;
  align-items: center;
  gap: 12px;
  min-height: 64px;
  padding: 12px 16px 12px 18px;
  border-bottom: 1px solid var(--_line);
}
.orb {
  position: relative;
  flex: none;
  width: 38px;
  height: 38px;
  border-radius: 50%;
  background: radial-gradient(circle at 35% 30%, color-mix(in oklab, var(--_accent), white 45%), var(--_accent) 62%);
}
.orb::after {
  position: absolute;
  inset: -4px;
  border: 2px solid var(--_accent);
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
.state { margin: 0; color: var(--_ink-2); font-size: 13.5px; }
.welcome {
  display: grid;
  flex: 1;
  place-content: center;
  justify-items: center;
  gap: 14px;
  padding: 32px 24px;
  text-align: center;
}
.welcome p { max-width: 34ch; margin: 0; color: var(--_ink-2); }
.welcome .orb { width: 84px; height: 84px; margin-bottom: 6px; }
.welcome.after {
  flex: none;
  order: 1;
  gap: 10px;
  padding: 14px 18px 18px;
  border-top: 1px solid var(--_line);
}
.welcome.after .orb { display: none; }
.problem {
  padding: 10px 14px;
  border-radius: 12px;
  background: var(--_danger-soft);
  color: var(--_danger-ink) !important;
}
.note {
  margin: 0;
  padding: 8px 18px;
  background: var(--_warn);
  color: var(--_warn-ink);
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
.entry.assistant { align-self: flex-start; border-bottom-left-radius: 5px; background: var(--_sunken); }
.entry.user { align-self: flex-end; border-bottom-right-radius: 5px; background: var(--_accent); color: var(--_on-accent); }
.entry.tool {
  align-self: center;
  padding: 3px 12px;
  border-radius: 99px;
  background: color-mix(in oklab, var(--_accent), transparent 86%);
  font-size: 13px;
}
.entry.tool[data-status='failed'] { background: var(--_danger-soft); color: var(--_danger-ink); }
.entry.failed { background: none; border: 1px dashed var(--_field-line); color: var(--_ink-2); }
.cut { display: block; opacity: 0.75; font-size: 12.5px; font-style: italic; }
.entry img { display: block; max-width: 100%; max-height: 200px; margin-top: 6px; border-radius: 10px; }
.dots { letter-spacing: 2px; animation: breathe 1.1s ease-in-out infinite; }
.foot { display: grid; flex: none; grid-template-columns: minmax(0, 1fr); gap: 10px; padding: 12px 14px 14px; border-top: 1px solid var(--_line); }
form { display: flex; gap: 8px; margin: 0; }
input {
  flex: 1;
  min-width: 0;
  min-height: 44px;
  padding: 0 14px;
  border: 1px solid var(--_field-line);
  border-radius: 12px;
  background: var(--_surface);
  color: inherit;
  font: inherit;
  font-size: 16px;
}
input:focus-visible { border-color: transparent; outline-offset: -1px; }
.controls { display: flex; flex-wrap: wrap; gap: 8px; }
.controls button { flex: 1 1 0; min-width: min-content; }
@container (width < 340px) {
  .controls button, .foot button { padding: 0 10px; }
}
@media (forced-colors: active) {
  .card, .entry, button { border: 1px solid; }
  .orb { background: Highlight; }
}
`;
