import { useState, type ReactElement, type SubmitEvent } from 'react';
import type { ApiKeyList, ApiKeyView, ApiScope, NewApiKey } from '@offhook/protocol';
import { testIds } from '../../testids.ts';
import { manageTexts } from '../../texts/manage.ts';
import { useFormats, useTexts } from '../../texts/use-texts.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Icon } from '../../ui/icon.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { send } from '../api.ts';
import { EndButton } from '../end-button.tsx';
import { useLoad } from '../use-load.ts';
import { Part, Row, Rows, Secret } from './parts.tsx';
import { useSend } from './use-send.ts';

const DAY_MS = 86_400_000;
const LIVES = [30, 90, 365] as const;

/** The keys by which programs use `/api`. */
export function KeysPage(): ReactElement {
  const t = useTexts(manageTexts);
  const { count } = useFormats();
  const [version, setVersion] = useState(0);
  const [adds, setAdds] = useState(false);
  const { data, error } = useLoad<ApiKeyList>('/keys', undefined, version);
  const total = data?.keys.length ?? 0;
  return (
    <Part
      part="keys"
      count={data && t.keys.count(count(total), total === 1)}
      error={error}
      tools={
        <button
          type="button"
          className="button button--soft"
          data-testid={testIds.manageAdd}
          onClick={() => setAdds(true)}
        >
          {t.keys.add}
        </button>
      }
    >
      {data && (
        <Rows label={t.parts.keys} empty={total === 0}>
          {data.keys.map((key) => (
            <KeyRow key={key.id} of={key} now={data.now} />
          ))}
        </Rows>
      )}
      {adds && data && (
        <AddKey
          now={data.now}
          onAdded={() => setVersion((before) => before + 1)}
          onClose={() => setAdds(false)}
        />
      )}
    </Part>
  );
}

function KeyRow({ of: key, now }: { readonly of: ApiKeyView; readonly now: number }): ReactElement {
  const t = useTexts(manageTexts);
  const { dateTime, when } = useFormats();
  const { id, prefix, name, scopes, createdBy, expiresAt, usedAt } = key;
  const ended = expiresAt !== null && expiresAt <= now;
  const life =
    expiresAt === null
      ? t.keys.never
      : (ended ? t.keys.expired : t.keys.expires)(dateTime(expiresAt));
  return (
    <Row
      id={id}
      title={name}
      marks={[prefix]}
      tools={<EndButton path={`/keys/${id}`} label={t.remove} question={t.keys.removeAsk(name)} />}
    >
      {[
        scopes.map((scope) => t.scopes[scope]).join(', '),
        life,
        usedAt === null ? t.keys.unused : t.keys.used(when(usedAt, now)),
        t.keys.by(createdBy),
      ].join(' · ')}
    </Row>
  );
}

function AddKey({
  now,
  onAdded,
  onClose,
}: {
  readonly now: number;
  readonly onAdded: () => void;
  readonly onClose: () => void;
}): ReactElement {
  const t = useTexts(manageTexts);
  const { run, busy, error } = useSend();
  const [made, setMade] = useState<NewApiKey | null>(null);
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const values = new FormData(event.currentTarget);
    const days = Number(values.get('life'));
    const wish = {
      name: values.get('name'),
      scopes: values.getAll('scope'),
      expiresAt: days === 0 ? null : now + days * DAY_MS,
    };
    run(async (session) => {
      setMade(await send<NewApiKey>('POST', '/keys', wish, session));
      onAdded();
    });
  };
  if (made !== null) {
    return (
      <Dialog title={t.keys.add} onClose={onClose}>
        <div className="form">
          <Secret says={t.keys.made} secret={made.key} />
          <button type="button" className="button button--primary" onClick={onClose}>
            {t.done}
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={t.keys.add} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        {error !== null && <ErrorNotice title={error} />}
        <label className="field">
          <span className="field__label">{t.keys.name}</span>
          <input
            name="name"
            required
            maxLength={64}
            autoComplete="off"
            data-testid={testIds.manageName}
          />
        </label>
        <fieldset className="q-checks">
          <legend className="field__label">{t.keys.scopes}</legend>
          {(Object.keys(t.scopes) as ApiScope[]).map((scope) => (
            <label key={scope} className="q-check">
              <input name="scope" type="checkbox" value={scope} />
              {t.scopes[scope]}
            </label>
          ))}
        </fieldset>
        <label className="field">
          <span className="field__label">{t.keys.life}</span>
          <span className="select">
            <select name="life" defaultValue={90}>
              {LIVES.map((days) => (
                <option key={days} value={days}>
                  {t.keys.days(days)}
                </option>
              ))}
              <option value={0}>{t.keys.forever}</option>
            </select>
            <Icon name="chevron" />
          </span>
        </label>
        <button
          type="submit"
          className="button button--primary"
          disabled={busy}
          data-testid={testIds.manageSubmit}
        >
          {t.keys.add}
        </button>
      </form>
    </Dialog>
  );
}
