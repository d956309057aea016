import { useState, type ReactElement, type SubmitEvent } from 'react';
import type { NewUser, UserPage } from '@offhook/protocol';
import { testIds } from '../../testids.ts';
import { manageTexts } from '../../texts/manage.ts';
import { useFormats, useTexts } from '../../texts/use-texts.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { send } from '../api.ts';
import { useLoad } from '../use-load.ts';
import { PAGE_SIZE, Pages, Part, Row, Rows, Search, Secret } from './parts.tsx';
import { UserDialog } from './user-dialog.tsx';
import { useSend } from './use-send.ts';

const refresh = (): number => 10_000;

/** Who may sign in here. */
export function UsersPage(): ReactElement {
  const t = useTexts(manageTexts);
  const { count } = useFormats();
  const [search, setSearch] = useState('');
  const [page, setPage] = useState(0);
  const [version, setVersion] = useState(0);
  const [open, setOpen] = useState<{ readonly user: string } | 'new' | null>(null);
  const query = new URLSearchParams({
    limit: String(PAGE_SIZE),
    offset: String(page * PAGE_SIZE),
    ...(search === '' ? {} : { search }),
  });
  const { data, error } = useLoad<UserPage>(`/users?${query.toString()}`, refresh, version);
  const changed = (): void => setVersion((now) => now + 1);
  const total = data?.total ?? 0;
  return (
    <Part
      part="users"
      count={data && t.users.count(count(total), total === 1)}
      error={error}
      tools={
        <button
          type="button"
          className="button button--soft"
          data-testid={testIds.manageAdd}
          onClick={() => setOpen('new')}
        >
          {t.users.add}
        </button>
      }
    >
      <Search
        label={t.users.find}
        onSearch={(text) => {
          setSearch(text);
          setPage(0);
        }}
      />
      {data && (
        <Rows label={t.parts.users} empty={data.users.length === 0}>
          {data.users.map((user) => (
            <Row
              key={user.name}
              id={user.name}
              title={user.displayName}
              marks={[
                ...(user.admin ? [t.users.admin] : []),
                ...(user.disabled ? [t.users.disabled] : []),
              ]}
              tools={
                <button
                  type="button"
                  className="button button--small"
                  aria-label={`${t.users.open}: ${user.displayName}`}
                  data-testid={testIds.manageOpen}
                  onClick={() => setOpen({ user: user.name })}
                >
                  {t.users.open}
                </button>
              }
            >
              {[
                ...(user.displayName === user.name ? [] : [user.name]),
                t.users.signedIn(user.sessions, user.calls),
              ].join(' · ')}
            </Row>
          ))}
        </Rows>
      )}
      <Pages page={page} total={total} onPage={setPage} />
      {open === 'new' && <AddUser onAdded={changed} onClose={() => setOpen(null)} />}
      {open !== null && open !== 'new' && (
        <UserDialog name={open.user} onChanged={changed} onClose={() => setOpen(null)} />
      )}
    </Part>
  );
}

function AddUser({
  onAdded,
  onClose,
}: {
  readonly onAdded: () => void;
  readonly onClose: () => void;
}): ReactElement {
  const t = useTexts(manageTexts);
  const { run, busy, error } = useSend();
  const [made, setMade] = useState<NewUser | null>(null);
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    const text = (name: string): string => {
      const value = values.get(name);
      return typeof value === 'string' ? value.trim() : '';
    };
    const displayName = text('displayName');
    const wish = {
      name: text('name'),
      ...(displayName === '' ? {} : { displayName }),
      admin: values.has('admin'),
    };
    run(async (session) => {
      setMade(await send<NewUser>('POST', '/users', wish, session));
      onAdded();
    });
  };
  if (made !== null) {
    return (
      <Dialog title={t.users.add} onClose={onClose}>
        <div className="form">
          <Secret says={t.users.added(made.name)} secret={made.password} />
          <button type="button" className="button button--primary" onClick={onClose}>
            {t.done}
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={t.users.add} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        {error !== null && <ErrorNotice title={error} />}
        <label className="field">
          <span className="field__label">{t.users.name}</span>
          <input
            name="name"
            required
            maxLength={64}
            autoCapitalize="none"
            autoComplete="off"
            spellCheck={false}
            data-testid={testIds.manageName}
          />
        </label>
        <label className="field">
          <span className="field__label">{t.users.displayName}</span>
          <input name="displayName" maxLength={64} autoComplete="off" />
        </label>
        <label className="q-check">
          <input name="admin" type="checkbox" />
          {t.users.admin}
        </label>
        <button
          type="submit"
          className="button button--primary"
          disabled={busy}
          data-testid={testIds.manageSubmit}
        >
          {t.users.add}
        </button>
      </form>
    </Dialog>
  );
}
