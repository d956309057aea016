import { useState, type ReactElement } from 'react';
import type { NewDevice, NewPassword, UserDetail } from '@offhook/protocol';
import { testIds } from '../../testids.ts';
import { manageTexts } from '../../texts/manage.ts';
import { useTexts } from '../../texts/use-texts.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { send } from '../api.ts';
import { EndButton } from '../end-button.tsx';
import { useLoad } from '../use-load.ts';
import { Secret } from './parts.tsx';
import { useSend } from './use-send.ts';

/** One user: what may be changed, and the desk phones. */
export function UserDialog({
  name,
  onChanged,
  onClose,
}: {
  readonly name: string;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}): ReactElement {
  const { users: t, failed } = useTexts(manageTexts);
  const path = `/users/${encodeURIComponent(name)}`;
  const [version, setVersion] = useState(0);
  const [secret, setSecret] = useState<{ readonly says: string; readonly secret: string } | null>(
    null,
  );
  const { data: user, error } = useLoad<UserDetail>(path, undefined, version);
  const sending = useSend();
  const changed = (): void => {
    setVersion((now) => now + 1);
    onChanged();
  };
  const change = (wish: object): void => {
    sending.run(async (session) => {
      await send('PATCH', path, wish, session);
      changed();
    });
  };
  const shown = user?.displayName ?? name;
  return (
    <Dialog
      title={t.manage(shown)}
      onClose={() => {
        onChanged();
        onClose();
      }}
    >
      <div className="form" data-testid={testIds.manageUser}>
        {error !== null && <ErrorNotice title={failed} advice={error} />}
        {sending.error !== null && <ErrorNotice title={sending.error} />}
        {secret !== null && <Secret {...secret} />}
        {user && (
          <>
            <p className="q-rows__more">{t.signedIn(user.sessions, user.calls)}</p>
            <div className="q-actions">
              <button
                type="button"
                className="button button--small"
                disabled={sending.busy}
                title={user.disabled ? undefined : t.disableWhy}
                data-testid={testIds.manageDisable}
                onClick={() => change({ disabled: !user.disabled })}
              >
                {user.disabled ? t.enable : t.disable}
              </button>
              <button
                type="button"
                className="button button--small"
                disabled={sending.busy}
                onClick={() => change({ admin: !user.admin })}
              >
                {user.admin ? t.takeAdmin : t.makeAdmin}
              </button>
              <button
                type="button"
                className="button button--small"
                disabled={sending.busy}
                data-testid={testIds.manageReset}
                onClick={() =>
                  sending.run(async (session) => {
                    const to = `${path}/password`;
                    const { password } = await send<NewPassword>('POST', to, {}, session);
                    setSecret({ says: t.resetDone, secret: password });
                  })
                }
              >
                {t.reset}
              </button>
              {user.sessions > 0 && (
                <EndButton
                  path={`/sessions/${encodeURIComponent(name)}`}
                  label={t.signOut}
                  question={t.signOutAsk(shown)}
                />
              )}
            </div>
            <h3>{t.devices}</h3>
            {user.takesDevices ? (
              <Devices
                user={user}
                path={path}
                onAdd={() =>
                  sending.run(async (session) => {
                    const made = await send<NewDevice>('POST', `${path}/devices`, {}, session);
                    setSecret({ says: t.deviceAdded(made.login), secret: made.password });
                    changed();
                  })
                }
              />
            ) : (
              <p className="q-rows__more">{t.takesNone}</p>
            )}
            <RemoveUser path={path} shown={shown} />
          </>
        )}
      </div>
    </Dialog>
  );
}

function RemoveUser({
  path,
  shown,
}: {
  readonly path: string;
  readonly shown: string;
}): ReactElement {
  const { remove, users } = useTexts(manageTexts);
  return (
    <div className="q-actions q-actions--last">
      <EndButton path={path} label={remove} question={users.removeAsk(shown)} />
    </div>
  );
}

function Devices({
  user,
  path,
  onAdd,
}: {
  readonly user: UserDetail;
  readonly path: string;
  readonly onAdd: () => void;
}): ReactElement {
  const { remove, users: t } = useTexts(manageTexts);
  return (
    <>
      {user.devices.length === 0 && <p className="q-rows__more">{t.noDevices}</p>}
      {user.devices.map(({ name, login, registeredFrom }) => (
        <div key={name} className="q-rows__row q-rows__row--plain">
          <div className="q-rows__text">
            <p className="q-rows__title">{login}</p>
            <p className="q-rows__more">
              {registeredFrom.length === 0
                ? t.unregistered
                : t.registered(registeredFrom.join(', '))}
            </p>
          </div>
          <EndButton
            path={`${path}/devices/${encodeURIComponent(name)}`}
            label={remove}
            question={t.removeDeviceAsk(name)}
          />
        </div>
      ))}
      <div className="q-actions">
        <button type="button" className="button button--small" onClick={onAdd}>
          {t.addDevice}
        </button>
      </div>
    </>
  );
}
