'use client';

import { useMemo, useState } from 'react';
import { TelnyxRTCProvider } from '@offhook/react';
import { Phone } from './Phone.tsx';
import { SignIn, type Credential } from './SignIn.tsx';

/**
 * From here on components are of the client: rendered on the server too, and alive in the browser. The SDK may be imported here: on a
 * server it does nothing.
 */
export function App({ gateway }: { gateway: string }) {
  const [credential, setCredential] = useState<Credential | null>(null);
  const options = useMemo(() => ({ host: gateway }), [gateway]);
  if (!credential) {
    return <SignIn onSubmit={setCredential} />;
  }
  // The provider makes a client, connects it, and disconnects it when it goes away: that is how one signs out.
  return (
    <TelnyxRTCProvider credential={credential} options={options}>
      <Phone onSignIn={setCredential} onSignOut={() => setCredential(null)} />
    </TelnyxRTCProvider>
  );
}
