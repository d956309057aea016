export interface Credential {
  readonly login: string;
  readonly password: string;
}

interface Props {
  /** Why the last try was refused. */
  readonly problem?: string | undefined;
  readonly onSubmit: (credential: Credential) => void;
}

export function SignIn({ problem, onSubmit }: Props) {
  const submit = (fields: FormData) =>
    onSubmit({
      login: String(fields.get('user')),
      password: String(fields.get('password')),
    });
  return (
    <main className="card">
      <header className="head">
        <h1>Phone</h1>
        <p className="status">Signed out</p>
      </header>
      <form className="stack" action={submit}>
        <label className="field">
          User
          <input name="user" autoComplete="username" required />
        </label>
        <label className="field">
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        <button className="go">Sign in</button>
        {problem && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
      </form>
    </main>
  );
}
