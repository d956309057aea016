import { oidcProvider } from '../admin/oidc/provider.ts';
import type { Config } from '../config.ts';
import { fail, ok, reasonOf } from './finding.ts';
import type { Finding } from './finding.ts';

/** Whether administrators can sign in by the OpenID provider; null when there is none. */
export async function checkOidc(config: Config): Promise<Finding | null> {
  const provider = oidcProvider(config, () => performance.now());
  if (provider === null) {
    return null;
  }
  const subject = 'OpenID provider';
  try {
    await provider.discover();
    return ok(subject, `${provider.issuer} answers, and is what it says`);
  } catch (error) {
    return fail(
      subject,
      reasonOf(error),
      'look whether admin.oidc.issuer is right and can be reached from this machine',
    );
  }
}
