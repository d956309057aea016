import type { ReactElement } from 'react';
import { useCalls, useConnectionState, usePhoneStore } from '@offhook/react';
import { Icon } from '../ui/icon.tsx';

/** What a lost connection means, and the way out where the phone has given up. */
export function ConnectionBanner({
  onSignOut,
}: {
  readonly onSignOut: () => void;
}): ReactElement | null {
  const connection = useConnectionState();
  const store = usePhoneStore();
  const calls = useCalls();
  if (connection === 'ready' || connection === 'idle') {
    return null;
  }
  const trying = connection === 'reconnecting' || connection === 'connecting';
  return (
    <div className="banner" data-tone={trying ? 'warn' : 'danger'}>
      <Icon name="alert" />
      <p>
        {trying ? (
          <>
            <strong>Reconnecting to the gateway.</strong>{' '}
            {calls.length > 0
              ? 'Your calls go on meanwhile.'
              : 'Calls can be made when it is back.'}
          </>
        ) : (
          <strong>The connection to the gateway has ended.</strong>
        )}
      </p>
      {!trying && (
        <div className="banner__actions">
          <button type="button" className="button button--small" onClick={() => store?.connect()}>
            Connect again
          </button>
          <button type="button" className="link-button" onClick={onSignOut}>
            Sign out
          </button>
        </div>
      )}
    </div>
  );
}
