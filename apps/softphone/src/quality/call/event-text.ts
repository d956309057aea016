import type { ViewEvent } from '@offhook/protocol';

const VERBS: Readonly<Record<string, string>> = {
  started: 'began as',
  told: 'was told',
  asked: 'asked',
  moved: 'is now',
  media: 'media',
  away: 'lost its connection',
  back: 'is back',
  ended: 'ended:',
};

/** `was told ringing`, `warning HIGH_JITTER (code: 31002)` */
export function eventText({ source, type, name, detail }: ViewEvent): string {
  const verb = source === 'gateway' ? (VERBS[type] ?? type) : type;
  const more = detail === '' ? '' : ` (${detail})`;
  return `${verb} ${name}`.trim() + more;
}
