import { useState, type ReactElement } from 'react';
import type { AuditPage as Told } from '@offhook/protocol';
import { manageTexts } from '../../texts/manage.ts';
import { useFormats, useTexts } from '../../texts/use-texts.ts';
import { useLoad } from '../use-load.ts';
import { PAGE_SIZE, Pages, Part, Row, Rows, Search } from './parts.tsx';

/** Who did what. */
export function AuditPage(): ReactElement {
  const t = useTexts(manageTexts);
  const { count, exactDateTime } = useFormats();
  const [search, setSearch] = useState('');
  const [page, setPage] = useState(0);
  const query = new URLSearchParams({
    limit: String(PAGE_SIZE),
    offset: String(page * PAGE_SIZE),
    ...(search === '' ? {} : { search }),
  });
  const { data, error } = useLoad<Told>(`/audit?${query.toString()}`);
  const total = data?.total ?? 0;
  return (
    <Part part="audit" count={data && t.audit.count(count(total), total === 1)} error={error}>
      <Search
        label={t.audit.find}
        onSearch={(text) => {
          setSearch(text);
          setPage(0);
        }}
      />
      {data && (
        <Rows label={t.parts.audit} empty={data.entries.length === 0}>
          {data.entries.map(({ id, at, by, user, address, action, target }) => (
            <Row
              key={id}
              id={String(id)}
              title={`${user} ${t.audit.actions[action]}${target === user ? '' : `: ${target}`}`}
            >
              {[
                exactDateTime(at),
                t.audit.by[by],
                ...(address === null ? [] : [t.audit.from(address)]),
              ].join(' · ')}
            </Row>
          ))}
        </Rows>
      )}
      <Pages page={page} total={total} onPage={setPage} />
    </Part>
  );
}
