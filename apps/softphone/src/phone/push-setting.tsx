import { use, useEffect, useState, type ReactElement } from 'react';
import {
  disablePush,
  enablePush,
  PushError,
  pushState,
  type PushState,
} from '@offhook/client/push';
import { PushSession } from '../session/push.ts';
import { testIds } from '../testids.ts';
import { phoneTexts } from '../texts/phone.ts';
import { useTexts } from '../texts/use-texts.ts';
import { ErrorNotice } from '../ui/notice.tsx';

/** Has the browser woken for calls while the phone is closed. The browser asks for permission here, and nowhere else. */
export function PushSetting(): ReactElement | null {
  const woken = use(PushSession);
  const { settings: t } = useTexts(phoneTexts);
  const [state, setState] = useState<PushState | null>(null);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);

  const user = woken?.user;
  useEffect(() => {
    const shown = new AbortController();
    void pushState(user).then(
      (found) => {
        if (!shown.signal.aborted) {
          setState(found);
        }
      },
      () => undefined,
    );
    return () => shown.abort();
  }, [user]);

  if (!woken || state === null) {
    return null;
  }
  const change = async (on: boolean) => {
    setBusy(true);
    setFailure(null);
    try {
      await (on ? enablePush(await woken.options()) : disablePush());
    } catch (error) {
      setFailure(error instanceof PushError ? t.pushFailures[error.code] : String(error));
    } finally {
      setState(await pushState(user).catch(() => 'off' as const));
      setBusy(false);
    }
  };
  return (
    <>
      <h3>{t.closedPages}</h3>
      {failure !== null && <ErrorNotice title={t.pushFailed} advice={failure} />}
      <label className="switch">
        <span>
          {t.push}
          <span className="switch__hint">{t.pushHints[state]}</span>
        </span>
        <input
          type="checkbox"
          role="switch"
          data-testid={testIds.push}
          checked={state === 'on'}
          disabled={busy || state === 'unsupported' || state === 'denied'}
          onChange={(event) => void change(event.target.checked)}
        />
      </label>
    </>
  );
}
