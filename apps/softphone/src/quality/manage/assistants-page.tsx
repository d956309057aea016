import type { ReactElement } from 'react';
import type { AssistantList } from '@offhook/protocol';
import { manageTexts } from '../../texts/manage.ts';
import { useFormats, useTexts } from '../../texts/use-texts.ts';
import { EndButton } from '../end-button.tsx';
import { useLoad } from '../use-load.ts';
import { Part, Row, Rows } from './parts.tsx';

/** The assistants of this gateway. */
export function AssistantsPage(): ReactElement {
  const t = useTexts(manageTexts);
  const { count } = useFormats();
  const { data, error } = useLoad<AssistantList>('/assistants');
  const total = data?.assistants.length ?? 0;
  return (
    <Part
      part="assistants"
      count={data && t.assistants.count(count(total), total === 1)}
      error={error}
    >
      {data && (
        <Rows label={t.parts.assistants} empty={total === 0}>
          {data.assistants.map(({ id, name = id, current, versions }) => (
            <Row
              key={id}
              id={id}
              title={name}
              tools={
                <EndButton
                  path={`/assistants/${encodeURIComponent(id)}`}
                  label={t.remove}
                  question={t.assistants.removeAsk(name)}
                />
              }
            >
              {[...(name === id ? [] : [id]), t.assistants.version(current, versions.length)].join(
                ' · ',
              )}
            </Row>
          ))}
        </Rows>
      )}
    </Part>
  );
}
