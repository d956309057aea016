import type { Config } from '../config.ts';
import { pushSubject } from '../push/subject.ts';
import { ok, warn } from './finding.ts';
import type { Finding } from './finding.ts';

/** Whether browsers whose pages are closed can be woken. */
export function checkPush(config: Config): Finding {
  const subject = 'push';
  if (!config.push.enabled) {
    return ok(subject, 'off: a closed page does not ring');
  }
  const { publicUrl, tls } = config;
  if (publicUrl?.startsWith('https:') !== true && tls === undefined) {
    return warn(
      subject,
      'browsers allow it on https only: a closed page does not ring',
      'set publicUrl to the https address that browsers use, or tls; or set push.enabled to false',
    );
  }
  const who = pushSubject(config);
  if (who === null) {
    return warn(
      subject,
      'push services want to know whom to turn to: a closed page does not ring',
      'set push.subject, such as mailto:phones@example.com, or publicUrl',
    );
  }
  return ok(
    subject,
    `a browser whose page is closed can be woken; push services know us as ${who}`,
  );
}
