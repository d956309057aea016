import { StrictMode } from 'react';
import { render } from '@testing-library/react';
import { TelnyxRTCProvider } from '@offhook/react';
import { FakeClient } from '@offhook/react/testing';
import { vi } from 'vitest';
import { Announcer } from '../lib/announcer.tsx';
import { PreferencesProvider } from '../lib/preferences-provider.tsx';
import { Phone } from '../screens/phone.tsx';

/** The phone of `1001` over a fake client that is signed in. */
export function renderPhone() {
  const client = new FakeClient();
  const onSignOut = vi.fn();
  const view = render(
    <StrictMode>
      <TelnyxRTCProvider client={client.asClient}>
        <PreferencesProvider>
          <Announcer>
            <Phone identity="1001" onSignOut={onSignOut} />
          </Announcer>
        </PreferencesProvider>
      </TelnyxRTCProvider>
    </StrictMode>,
  );
  return { client, onSignOut, ...view };
}
