/** The page of docs/client.md, React: a provider, a list of calls. `window.options` says where to sign in. */
import { TelnyxRTCProvider, useCalls, useClient, useConnectionState } from '@offhook/react';
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';

const { options } = window as unknown as { options: { host: string; token: string } };

function Calls() {
  const client = useClient();
  const connection = useConnectionState();
  const calls = useCalls();
  return (
    <>
      <button
        disabled={connection !== 'ready'}
        onClick={() => client?.newCall({ destinationNumber: 'echo' })}
      >
        Call echo
      </button>
      <ul>
        {calls.map(({ id, number, state, call }) => (
          <li key={id}>
            {number}: {state}
            <button onClick={() => void call.hangup()}>Hang up</button>
          </li>
        ))}
      </ul>
    </>
  );
}

function App() {
  const [here, setHere] = useState(true);
  return here ? (
    <TelnyxRTCProvider credential={{ login_token: options.token }} options={{ host: options.host }}>
      <Calls />
      <button onClick={() => setHere(false)}>Leave</button>
    </TelnyxRTCProvider>
  ) : (
    <p>gone</p>
  );
}

const root = document.querySelector('#root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
