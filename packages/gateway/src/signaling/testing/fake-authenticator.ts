import type {
  Authenticator,
  Credentials,
  Identity,
  LoginContext,
} from '../../auth/authenticator.ts';

type LoginOutcome = Awaited<ReturnType<Authenticator['login']>>;

/** Users whose password, and whose token, is `secret-<name>`. */
export class FakeAuthenticator implements Authenticator {
  readonly users = new Map<string, Identity>();
  readonly attempts: { credentials: Credentials; context: LoginContext }[] = [];
  /** What the next login is answered with, instead of looking. */
  nextOutcome: LoginOutcome | Error | null = null;
  /** While set, logins wait for it. */
  gate: Promise<void> | null = null;

  constructor(...names: string[]) {
    for (const user of names) {
      this.users.set(user, { user, displayName: `User ${user}`, generateRingback: false });
    }
  }

  async login(credentials: Credentials, context: LoginContext): Promise<LoginOutcome> {
    this.attempts.push({ credentials, context });
    if (this.gate) {
      await this.gate;
    }
    const forced = this.nextOutcome;
    this.nextOutcome = null;
    if (forced instanceof Error) {
      throw forced;
    }
    if (forced) {
      return forced;
    }
    const { login, passwd, loginToken } = credentials;
    const name = login ?? loginToken?.replace('secret-', '');
    const identity = name === undefined ? undefined : this.users.get(name);
    if (identity && (passwd ?? loginToken) === `secret-${identity.user}`) {
      return { ok: true, identity };
    }
    return {
      ok: false,
      failure: { reason: 'bad_credentials', message: 'Login Incorrect', code: -32001 },
    };
  }

  /** Whatever a test says. */
  version = 0;

  changes(): number {
    return this.version;
  }

  exists(user: string): boolean {
    return this.users.has(user);
  }

  user(user: string): Identity | null {
    return this.users.get(user) ?? null;
  }
}
