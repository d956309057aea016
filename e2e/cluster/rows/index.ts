import type { Row } from '../row.ts';
import { doorKilled, gatewayDrained, gatewayFrozen, gatewayKilled } from './gateways.ts';
import { parts } from './parts.ts';
import { homeKilled, redisFrozen, redisKilled } from './redis.ts';

export const rows: readonly Row[] = [
  parts,
  gatewayKilled,
  gatewayFrozen,
  gatewayDrained,
  doorKilled,
  redisKilled,
  redisFrozen,
  homeKilled,
];
