import type { Row } from '../row.ts';
import { firefoxRows } from './firefox.ts';
import { freezeRows } from './freeze.ts';
import { gatewayRows } from './gateway.ts';
import { networkRows } from './network.ts';
import { reconnectRows } from './reconnects.ts';
import { referenceRows } from './reference.ts';
import { reloadRows } from './reload.ts';
import { shapingRows } from './shaping.ts';
import { socketRows } from './socket.ts';

/** The table, in its order. */
export const rows: readonly Row[] = [
  ...socketRows,
  ...networkRows,
  ...shapingRows,
  ...reloadRows,
  ...freezeRows,
  ...gatewayRows,
  ...reconnectRows,
  ...referenceRows,
  ...firefoxRows,
];
