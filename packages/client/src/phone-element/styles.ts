import { BASE_STYLES } from '../element-kit/base-styles.ts';

/** The phone's own rules, after those that our elements have in common. */
export const STYLES = `${BASE_STYLES}
:host { min-width: 240px; }
.card {
  display: flex;
  flex-direction: column;
  gap: 12px;
  padding: 16px;
  border: 1px solid var(--_line);
  border-radius: var(--_radius);
  background: var(--_surface);
  box-shadow: 0 1px 2px rgb(24 32 28 / 6%), 0 8px 24px -6px light-dark(rgb(24 32 28 / 10%), rgb(0 0 0 / 50%));
}
p, ul { margin: 0; padding: 0; }
svg { flex: none; width: 22px; height: 22px; fill: none; stroke: currentColor; stroke-width: 1.7; stroke-linecap: round; stroke-linejoin: round; }
.toggle-keypad svg { stroke-width: 3; }
.head { display: flex; align-items: center; gap: 10px; min-height: 44px; }
.title { flex: 1; min-width: 0; }
.state { color: var(--_ink-2); font-size: 13.5px; }
.state:empty { display: none; }
.dot { flex: none; width: 10px; height: 10px; border-radius: 50%; background: var(--_field-line); }
.card[data-status='ready'] .dot { background: var(--_accent); }
.card[data-status='connecting'] .dot, .card[data-status='reconnecting'] .dot { background: var(--_warn-ink); animation: breathe 1.1s ease-in-out infinite; }
.card[data-status='failed'] .dot { background: var(--_danger); }
@keyframes breathe { 50% { opacity: 0.35; } }
.icon { flex: none; width: 44px; min-height: 44px; padding: 0; background: none; }
.icon[aria-expanded='true'] { background: var(--_sunken); }
.icon .label {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
.problem {
  display: flex;
  align-items: center;
  gap: 4px;
  padding: 4px 4px 4px 14px;
  border-radius: 12px;
  background: var(--_danger-soft);
  color: var(--_danger-ink);
}
.problem p { flex: 1; min-width: 0; padding: 6px 0; overflow-wrap: anywhere; }
form { display: flex; gap: 8px; margin: 0; }
.field { position: relative; display: flex; flex: 1; min-width: 0; }
input, select {
  flex: 1;
  width: 100%;
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
::placeholder { color: var(--_ink-2); opacity: 1; }
.field input:not(:placeholder-shown) { padding-right: 44px; }
.backspace { position: absolute; inset: 0 0 0 auto; color: var(--_ink-2); }
.dial { min-width: 44px; min-height: 44px; padding: 0 16px; }
.only { min-height: 52px; border-radius: 26px; font-size: 16px; }
.pad { display: grid; grid-template-columns: repeat(3, 1fr); gap: 8px; width: 100%; max-width: 320px; margin: 0 auto; }
.key { min-height: 48px; font-size: 20px; font-weight: 500; }
.calls { display: grid; gap: 10px; list-style: none; }
.call {
  display: grid;
  grid-template-columns: minmax(0, 1fr);
  align-content: start;
  gap: 8px;
  padding: 14px;
  border: 1px solid var(--_line);
  border-radius: 16px;
  background: color-mix(in oklab, var(--_sunken), transparent 40%);
}
.call[data-status='incoming'] { border-color: var(--_accent); box-shadow: inset 0 0 0 1px var(--_accent); }
.who { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 10px; min-width: 0; }
.name { max-width: 100%; font-size: 18px; line-height: 1.3; overflow-wrap: anywhere; }
.number { color: var(--_ink-2); overflow-wrap: anywhere; }
.number:empty { display: none; }
.line { display: flex; justify-content: space-between; gap: 12px; color: var(--_ink-2); font-size: 14px; }
.time { font-variant-numeric: tabular-nums; }
.hint { width: fit-content; padding: 3px 10px; border-radius: 8px; background: var(--_warn); color: var(--_warn-ink); font-size: 13px; }
.digits { font-size: 18px; letter-spacing: 2px; text-align: center; overflow-wrap: anywhere; }
.controls { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 4px; }
.controls button { flex: 1 1 84px; flex-direction: column; gap: 2px; min-height: 56px; padding: 6px 8px; border: 1px solid transparent; background: var(--_surface); font-size: 13px; }
.controls button[aria-pressed='true'], .controls button[aria-expanded='true'] { border-color: var(--_accent); background: color-mix(in oklab, var(--_surface), var(--_accent) 16%); }
.controls button[aria-pressed='true']:hover, .controls button[aria-expanded='true']:hover { background: color-mix(in oklab, var(--_surface), var(--_accent) 24%); }
.controls .answer { background: var(--_accent); color: var(--_on-accent); }
.controls .answer:hover:not([aria-disabled='true']) { background: color-mix(in oklab, var(--_accent), var(--_ink) 14%); }
.controls .end, .controls .decline { background: var(--_danger-soft); color: var(--_danger-ink); }
.controls .end:hover:not([aria-disabled='true']), .controls .decline:hover { background: color-mix(in oklab, var(--_danger-soft), var(--_danger-ink) 10%); }
.hand-over, .others { display: grid; gap: 8px; }
.hand-over form { flex-wrap: wrap; }
.hand-over input { flex: 1 1 150px; }
.hand-over .primary { flex: 1 0 auto; min-height: 44px; }
.others:empty { display: none; }
.settings { display: grid; grid-template-columns: auto minmax(0, 1fr); align-items: center; gap: 8px 12px; padding-top: 12px; border-top: 1px solid var(--_line); }
.ask { grid-column: 1 / -1; }
@container (width < 400px) {
  .dial .label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  .dial { padding: 0; }
  .settings { grid-template-columns: minmax(0, 1fr); gap: 4px; }
}
@container (width < 320px) {
  .card { padding: 10px; }
  .call { padding: 10px; }
}
@container (width >= 620px) {
  .calls { grid-template-columns: repeat(auto-fit, minmax(280px, 520px)); align-items: start; }
  .dialler, .settings { width: 100%; max-width: 520px; }
  .card > .pad { margin: 0; }
}
@media (forced-colors: active) {
  .card, .call, button { border: 1px solid; }
  .dot { background: Highlight !important; }
}
`;
