import { useEffect, useMemo, type ReactElement, type ReactNode } from 'react';
import type { TelnyxRTC } from '@offhook/client';
import { createPhoneStore } from '../store/phone-store.ts';
import { PhoneStoreContext, TelnyxRTCContext } from './contexts.ts';
import type { Credential } from './identity.ts';
import { useTelnyxRTC, type UseTelnyxRTCOptions } from './use-telnyx-rtc.ts';

interface Common {
  readonly children?: ReactNode;
}

export type TelnyxRTCProviderProps = Common &
  (
    | {
        /** A client is made from it, connected, and disconnected at unmount: see `useTelnyxRTC`. */
        readonly credential: Credential;
        /** Read when the client is made. */
        readonly options?: UseTelnyxRTCOptions | undefined;
        readonly client?: undefined;
      }
    | {
        /** A client of the application's own, which stays its owner: it is neither connected nor disconnected here. */
        readonly client: TelnyxRTC;
        readonly credential?: undefined;
        readonly options?: undefined;
      }
  );

/** Gives a client, and the store over it, to the hooks below. */
export function TelnyxRTCProvider(props: TelnyxRTCProviderProps): ReactElement {
  return props.client ? (
    <Provide client={props.client}>{props.children}</Provide>
  ) : (
    <OwnClient {...props} />
  );
}

function OwnClient({
  credential,
  options,
  children,
}: Extract<TelnyxRTCProviderProps, { credential: Credential }>): ReactElement {
  const client = useTelnyxRTC(credential, options);
  return <Provide client={client ?? null}>{children}</Provide>;
}

function Provide({
  client,
  children,
}: Common & { readonly client: TelnyxRTC | null }): ReactElement {
  const store = useMemo(() => client && createPhoneStore(client), [client]);
  // Listening all along, so that nothing is missed while no component happens to look.
  useEffect(() => store?.subscribe(() => undefined), [store]);
  return (
    <TelnyxRTCContext.Provider value={client}>
      <PhoneStoreContext.Provider value={store}>{children}</PhoneStoreContext.Provider>
    </TelnyxRTCContext.Provider>
  );
}
