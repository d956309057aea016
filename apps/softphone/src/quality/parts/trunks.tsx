import type { ReactElement } from 'react';
import type { TrunkHealth, TrunkList } from '@offhook/protocol';
import { testIds } from '../../testids.ts';
import { useLoad } from '../use-load.ts';
import { useWords } from '../words.ts';

const refresh = (): number => 10_000;

/** The ways into the telephone network, as they are now; nothing where there are none. */
export function Trunks(): ReactElement | null {
  const { t } = useWords();
  const { data } = useLoad<TrunkList>('/trunks', refresh);
  if (!data || data.trunks.length === 0) {
    return null;
  }
  return (
    <section className="q-card" aria-labelledby="trunks-title">
      <h2 id="trunks-title">{t.trunks.title}</h2>
      <ul className="q-trunks">
        {data.trunks.map((trunk) => (
          <Trunk key={trunk.name} trunk={trunk} />
        ))}
      </ul>
    </section>
  );
}

function Trunk({ trunk }: { readonly trunk: TrunkHealth }): ReactElement {
  const {
    t: { trunks: t },
    format,
    ms,
  } = useWords();
  const { name, state, server, registered, reason, calls, callsAtOnce, since, rttMs } = trunk;
  return (
    <li className="q-trunk" data-testid={testIds.qualityTrunk} data-state={state}>
      <span className="q-trunk__name">{name}</span>
      <span className="q-trunk__state" data-state={state}>
        {t.since(t.states[state], format.dateTime(since))}
        {registered && `, ${t.registered}`}
      </span>
      <span className="q-trunk__server">
        {rttMs === null
          ? (server ?? t.noServer)
          : t.answersIn(server ?? t.noServer, ms(Math.max(1, rttMs)))}
      </span>
      <span className="q-trunk__calls">
        {t.calls(format.count(calls), format.count(callsAtOnce))}
      </span>
      {reason !== null && <span className="q-trunk__reason">{reason}</span>}
    </li>
  );
}
