import { useState } from 'react';
import { TelnyxRTCProvider } from '@offhook/react';
import { Board } from './Board.tsx';
import { SignIn, type Credential } from './SignIn.tsx';

/** Where the gateway is: `VITE_GATEWAY=wss://phone.example.com npm run build` */
const OPTIONS = { host: (import.meta.env['VITE_GATEWAY'] as string) ?? 'ws://localhost:8080' };

export function App() {
  const [credential, setCredential] = useState<Credential | null>(null);
  if (!credential) {
    return <SignIn onSubmit={setCredential} />;
  }
  // The provider makes a client, connects it, and disconnects it when it goes away: that is how one signs out.
  return (
    <TelnyxRTCProvider credential={credential} options={OPTIONS}>
      <Board
        user={credential.login}
        onSignIn={setCredential}
        onSignOut={() => setCredential(null)}
      />
    </TelnyxRTCProvider>
  );
}
