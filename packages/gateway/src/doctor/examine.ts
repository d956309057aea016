import type { Config } from '../config.ts';
import { checkAssistants } from './assistants.ts';
import { checkDevices } from './devices.ts';
import { ok } from './finding.ts';
import type { Finding } from './finding.ts';
import {
  checkDataDir,
  checkDatabases,
  checkFileLimit,
  checkNode,
  checkOrigins,
  checkTls,
  checkTokens,
  checkWebPhone,
} from './machine.ts';
import { checkMediaNodes, checkMediaOverTcp, checkPublicAddress } from './media.ts';
import { checkKeySet, checkMediaPorts, checkTcpPort, checkTurn } from './network.ts';
import { checkOidc } from './oidc.ts';
import { checkPush } from './push.ts';
import { checkRedis } from './redis.ts';
import { checkPostgres } from './postgres.ts';
import { checkTrunks } from './trunks.ts';
import { checkWebhooks } from './webhooks.ts';

/** Looks at everything an operator needs on day one. Changes nothing. */
export async function examine(config: Config): Promise<Finding[]> {
  const keySet = await checkKeySet(config);
  const redis = await checkRedis(config);
  const oidc = await checkOidc(config);
  const files = checkFileLimit(config);
  return [
    checkNode(),
    ok('configuration', 'understood'),
    await checkTcpPort(config),
    checkTls(config),
    checkOrigins(config),
    await checkPublicAddress(config),
    ...(await checkMediaPorts(config)),
    checkMediaOverTcp(config),
    ...(await checkMediaNodes(config)),
    await checkTurn(config),
    ...checkDataDir(config),
    ...checkDatabases(config),
    ...(await checkPostgres(config)),
    ...checkWebhooks(config),
    ...checkTokens(config),
    ...checkAssistants(config),
    ...(keySet === null ? [] : [keySet]),
    ...(files === null ? [] : [files]),
    ...(await checkTrunks(config)),
    ...(await checkDevices(config)),
    ...(redis === null ? [] : [redis]),
    ...(oidc === null ? [] : [oidc]),
    checkPush(config),
    checkWebPhone(config),
  ];
}
