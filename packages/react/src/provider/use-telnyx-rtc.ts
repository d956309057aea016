import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { TelnyxRTC } from '@offhook/client';
import { useLatest } from '../hooks/use-latest.ts';
import { ClientHolder } from './client-holder.ts';
import { identityOf, type Credential } from './identity.ts';

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
 * the old one is disconnected. A token function is an identity by its reference, so keep it from render to render. `options` are read when a client is made. Errors never disconnect it: look at them with
 * `useProblems()` or `useCallbacks()`.
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

  useEffect(() => {
    if (!complete) {
      return;
    }
    const { autoConnect = true, createClient, ...clientOptions } = latest.current.options;
    const all: ClientOptions = { ...clientOptions, ...latest.current.credential };
    const made = createClient ? createClient(all) : new TelnyxRTC(all);
    holder.set(made);
    // Not before the effect has survived: StrictMode mounts twice, and one connection is enough.
    const connecting = autoConnect ? setTimeout(() => void made.connect()) : undefined;
    return () => {
      clearTimeout(connecting);
      holder.set(undefined);
      void made.disconnect();
    };
  }, [identity, complete, latest, holder]);

  useRenewedSignIn(client, credential);
  useStableSourceWarning(credential.login_token);
  return client;
}

/** Says once what is wrong when each render brings another token function, and with it another client. */
function useStableSourceWarning(token: Credential['login_token']): void {
  const seen = useRef<Credential['login_token']>(undefined);
  useEffect(() => {
    const before = seen.current;
    seen.current = token;
    if (warned || typeof token !== 'function' || typeof before !== 'function') {
      return;
    }
    if (before === token) {
      return;
    }
    warned = true;
    // eslint-disable-next-line no-console -- for the developer of the page: there may be no client whose log could tell it
    console.warn(
      '@offhook/react: login_token is another function than in the render before, so the client was replaced. ' +
        'Keep the function (useCallback, or outside the component) while the user is the same.',
    );
  }, [token]);
}
let warned = false;

/** Signs in again when the same identity brings a new password or token. */
function useRenewedSignIn(client: TelnyxRTC | undefined, credential: Credential): void {
  const { login, password, login_token: given } = credential;
  const token = typeof given === 'string' ? given : undefined;
  const used = useRef<{ client: TelnyxRTC | undefined; secret: string | undefined }>({
    client: undefined,
    secret: undefined,
  });
  useEffect(() => {
    const secret = login ? password : token;
    const before = used.current;
    used.current = { client, secret };
    if (!client || before.client !== client || before.secret === secret) {
      return;
    }
    void client.login({
      creds: login ? { login, password } : { login_token: token },
    });
  }, [client, login, password, token]);
}
