import type { Row } from '../row.ts';
import { gatewayDrained, gatewayFrozen, gatewayKilled } from './gateways.ts';
import { parts } from './parts.ts';

export const rows: readonly Row[] = [parts, gatewayKilled, gatewayFrozen, gatewayDrained];
