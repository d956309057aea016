import { useEffect, useRef, useState, useSyncExternalStore, type RefObject } from 'react';
import { TelnyxRTC, type TokenSource } from '@offhook/client';
import { useLatest } from '../hooks/use-latest.ts';
import { ClientHolder } from './client-holder.ts';
import { identityOf, subjectOf, type Credential } from './identity.ts';

/** What `new TelnyxRTC(options)` takes. */
type ClientOptions = ConstructorParameters<typeof TelnyxRTC>[0];

export type UseTelnyxRTCOptions = ClientOptions & {
  /** False: the application calls `client.connect()` itself. Default true. */
  readonly autoConnect?: boolean | undefined;
  /** Makes the client. Default: `new TelnyxRTC(options)`. For tests. */
  readonly createClient?: ((options: ClientOptions) => TelnyxRTC) | undefined;
};

/**
 * A client that lives as long as the component, connected. Undefined in the first render, on a server, and while the
 * credential is incomplete.
 *
 * A new password or token of the same identity signs in again on the same client; another identity is another client, and
 * the old one is disconnected. A token function may be made anew in each render: the newest is asked when a token is needed. Where
 * the user can change while the component stays, tell by `credential.user` (or by a `key` on the component). `options` are read when
 * a client is made. Errors never disconnect it: look at them with `useProblems()` or `useCallbacks()`.
 */
export function useTelnyxRTC(
  credential: Credential,
  options: UseTelnyxRTCOptions = {},
): TelnyxRTC | undefined {
  const [holder] = useState(() => new ClientHolder());
  const client = useSyncExternalStore(holder.subscribe, holder.get, () => undefined);
  const latest = useLatest({ credential, options });
  const identity = identityOf(credential);
  const complete = identity !== '' && (!credential.login || Boolean(credential.password));

  // Counts the users that showed only by the tokens of a function.
  const [round, setRound] = useState(0);

  useEffect(() => {
    if (!complete) {
      return;
    }
    const { autoConnect = true, createClient, ...clientOptions } = latest.current.options;
    const { user: _, ...given } = latest.current.credential;
    const source = newestSource(latest, identity, () => {
      setRound(round + 1);
    });
    const fetches = typeof given.login_token === 'function';
    const all = { ...clientOptions, ...given, ...(fetches && { login_token: source }) };
    const made = createClient ? createClient(all) : new TelnyxRTC(all);
    holder.set(made, source);
    // Not before the effect has survived: StrictMode mounts twice, and one connection is enough.
    const connecting = autoConnect ? setTimeout(() => void made.connect()) : undefined;
    return () => {
      clearTimeout(connecting);
      holder.set(undefined, undefined);
      void made.disconnect();
    };
  }, [identity, complete, latest, holder, round]);

  useRenewedSignIn(client, credential, holder);
  useUserWarning(credential);
  return client;
}

/**
 * What the client asks for tokens: the function of the latest render, while the identity is still that of the client. A token of
 * somebody else than the first one's user is not handed out: `changed` is called, for another client.
 */
function newestSource(
  latest: RefObject<{ readonly credential: Credential }>,
  identity: string,
  changed: () => void,
): TokenSource {
  let subject: string | null = null;
  return async () => {
    const { credential } = latest.current;
    const { login_token: given } = credential;
    if (identityOf(credential) !== identity || !given) {
      throw new Error('The credential is another user’s now');
    }
    const token = typeof given === 'function' ? await given() : given;
    const whose = subjectOf(token);
    if (!credential.user && subject !== null && whose !== subject) {
      changed();
      throw new Error('The token is another user’s');
    }
    subject = whose;
    return token;
  };
}

/** Says once that a function does not tell whose tokens it fetches. */
function useUserWarning({ login, login_token: token, user }: Credential): void {
  const seen = useRef<Credential['login_token']>(undefined);
  useEffect(() => {
    const before = seen.current;
    seen.current = token;
    const changed = typeof token === 'function' && typeof before === 'function' && before !== token;
    if (warned || !changed || login || user) {
      return;
    }
    warned = true;
    // eslint-disable-next-line no-console -- for the developer of the page: there may be no client whose log could tell it
    console.warn(
      '@offhook/react: login_token is another function than in the render before. The client is kept and asks the newest one. ' +
        'If users can change here, give credential.user, so that another user gets another client.',
    );
  }, [login, token, user]);
}
let warned = false;

/** Signs in again when the same identity brings a new password or token. */
function useRenewedSignIn(
  client: TelnyxRTC | undefined,
  { login, password, login_token: given }: Credential,
  holder: ClientHolder,
): void {
  const isSource = typeof given === 'function';
  const token = isSource ? undefined : given;
  const used = useRef<{ client: TelnyxRTC | undefined; secret: unknown }>({
    client: undefined,
    secret: undefined,
  });
  useEffect(() => {
    const fetched = isSource ? holder.source : token;
    const secret = login ? `${login} ${password ?? ''}` : fetched;
    const before = used.current;
    used.current = { client, secret };
    if (!client || before.client !== client || before.secret === secret) {
      return;
    }
    void client.login({
      creds: login ? { login, password } : { login_token: fetched },
    });
  }, [client, login, password, token, isSource, holder]);
}
