import type { ReactElement } from 'react';
import type { TrunkHealth, TrunkList } from '@offhook/protocol';
import { testIds } from '../../testids.ts';
import { useLoad } from '../use-load.ts';
import { msText, shortDateTime } from '../words.ts';

const STATES: Readonly<Record<TrunkHealth['state'], string>> = {
  up: 'up',
  down: 'down',
  starting: 'starting',
};

const refresh = (): number => 10_000;

/** The ways into the telephone network, as they are now; nothing where there are none. */
export function Trunks(): ReactElement | null {
  const { data } = useLoad<TrunkList>('/trunks', refresh);
  if (!data || data.trunks.length === 0) {
    return null;
  }
  return (
    <section className="q-card" aria-labelledby="trunks-title">
      <h2 id="trunks-title">Trunks</h2>
      <ul className="q-trunks">
        {data.trunks.map((trunk) => (
          <Trunk key={trunk.name} trunk={trunk} />
        ))}
      </ul>
    </section>
  );
}

function Trunk({ trunk }: { readonly trunk: TrunkHealth }): ReactElement {
  const { name, state, server, registered, reason, calls, callsAtOnce, since, rttMs } = trunk;
  return (
    <li className="q-trunk" data-testid={testIds.qualityTrunk} data-state={state}>
      <span className="q-trunk__name">{name}</span>
      <span className="q-trunk__state" data-state={state}>
        {STATES[state]} since {shortDateTime(since)}
        {registered && ', registered'}
      </span>
      <span className="q-trunk__server">
        {server ?? 'no server'}
        {rttMs !== null && ` answers in ${msText(Math.max(1, rttMs))}`}
      </span>
      <span className="q-trunk__calls">
        {calls} of {callsAtOnce} calls
      </span>
      {reason !== null && <span className="q-trunk__reason">{reason}</span>}
    </li>
  );
}
