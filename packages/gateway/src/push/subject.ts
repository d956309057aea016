import type { Config } from '../config.ts';

/** Whom push services turn to when our messages trouble them (RFC 8292, 2.1); null: nobody was named. */
export function pushSubject({
  push,
  publicUrl,
  demo,
}: Pick<Config, 'push' | 'publicUrl' | 'demo'>): string | null {
  if (push.subject !== undefined) {
    return push.subject;
  }
  if (publicUrl?.startsWith('https:') === true) {
    return new URL(publicUrl).origin;
  }
  return demo.enabled ? 'mailto:demo@localhost' : null;
}
