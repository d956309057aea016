import type { ReactElement } from 'react';
import { useCalls, useConnectionState, usePhoneStore } from '@offhook/react';
import { Icon } from '../ui/icon.tsx';
import { commonTexts } from '../texts/common.ts';
import { phoneTexts } from '../texts/phone.ts';
import { useTexts } from '../texts/use-texts.ts';

/** What a lost connection means, and the way out where the phone has given up. */
export function ConnectionBanner({
  onSignOut,
}: {
  readonly onSignOut: () => void;
}): ReactElement | null {
  const connection = useConnectionState();
  const store = usePhoneStore();
  const calls = useCalls();
  const { banner } = useTexts(phoneTexts);
  const { signOut } = useTexts(commonTexts);
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
            <strong>{banner.reconnecting}</strong>{' '}
            {calls.length > 0 ? banner.callsGoOn : banner.callsWait}
          </>
        ) : (
          <strong>{banner.ended}</strong>
        )}
      </p>
      {!trying && (
        <div className="banner__actions">
          <button type="button" className="button button--small" onClick={() => store?.connect()}>
            {banner.again}
          </button>
          <button type="button" className="link-button" onClick={onSignOut}>
            {signOut}
          </button>
        </div>
      )}
    </div>
  );
}
