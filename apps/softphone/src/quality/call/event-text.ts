import type { ViewEvent } from '@offhook/protocol';
import type { Words } from '../words.ts';

/** `was told ringing`, `warning HIGH_JITTER (code: 31002)` */
export function eventText({ source, type, name, detail }: ViewEvent, { t }: Words): string {
  const verbs: Readonly<Record<string, string>> = t.events.verbs;
  const verb = source === 'gateway' ? (verbs[type] ?? type) : type;
  const more = detail === '' ? '' : ` (${detail})`;
  return `${verb} ${name}`.trim() + more;
}
