import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { TelnyxRTC, type IClientOptions } from '@offhook/client';
import { useLatest } from '../hooks/use-latest.ts';
import { ClientHolder } from './client-holder.ts';
import { identityOf, type Credential } from './identity.ts';

export type UseTelnyxRTCOptions = IClientOptions & {
  /** False: the application calls `client.connect()` itself. Default true. */
  readonly autoConnect?: boolean | undefined;
  /** Makes the client. Default: `new TelnyxRTC(options)`. For tests. */
  readonly createClient?: ((options: IClientOptions) => TelnyxRTC) | undefined;
};

/**
 * A client that lives as long as the component, connected. Undefined in the first render, on a server, and while the
 * credential is incomplete.
 *
 * A new password or token of the same identity signs in again on the same client; another identity is another client, and
 * the old one is disconnected. `options` are read when a client is made. Errors never disconnect it: look at them with
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
    if (!complete) return;
    const { autoConnect = true, createClient, ...clientOptions } = latest.current.options;
    const all = withTokenSource({ ...clientOptions, ...latest.current.credential }, () => {
      const source = latest.current.credential.login_token;
      return typeof source === 'function' ? source() : (source ?? '');
    });
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
  return client;
}

/** A token function of an earlier render must not be asked years later: asks the one of the last render. */
function withTokenSource(
  options: IClientOptions,
  source: () => string | Promise<string>,
): IClientOptions {
  return typeof options.login_token === 'function' ? { ...options, login_token: source } : options;
}

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
    if (!client || before.client !== client || before.secret === secret) return;
    void client.login({
      creds: login ? { login, password } : { login_token: token },
    });
  }, [client, login, password, token]);
}
