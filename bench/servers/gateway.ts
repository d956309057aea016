/** A gateway as `offhook serve` runs it, with or without its media plane. Limits of one address are lifted: here all is one. */
import { startGateway } from '../../packages/gateway/src/gateway.ts';
import { loadConfig } from '../../packages/gateway/src/config.ts';
import { createLogger } from '../../packages/gateway/src/logging/logger.ts';
import { realParts } from '../../packages/gateway/src/main.ts';
import { noMedia } from './no-media.ts';
import { ready, settings } from './ready.ts';

const { port = 0, secret, dataDir, media = true, workers = 1, settings: more = {} } = settings();
const flags = Object.entries({
  port,
  dataDir,
  'media.bind': '127.0.0.1',
  'media.workers': workers,
  'limits.connectionsPerAddress': 20_000,
  'limits.waitingPerAddress': 20_000,
  'limits.connectsPerSecond': 20_000,
  'limits.framesPerSecond': 10_000,
  'limits.frameBurst': 10_000,
  'limits.callsPerUser': 1000,
  'limits.socketsPerUser': 20_000,
  'calls.parkSeconds': 0,
  'drain.callSeconds': 0,
  'drain.idleSeconds': 0,
  ...(more as object),
}).map(([path, value]) => ({ path, text: String(value), flag: path }));
const config = loadConfig({
  environment: { OFFHOOK_AUTH_JWT_SECRETS: String(secret), OFFHOOK_LOG_LEVEL: 'error' },
  flags,
});
const gateway = await startGateway(config, createLogger(config.log.level), {
  ...realParts,
  ...(media === true ? {} : { createMedia: noMedia }),
});
ready(gateway.port, () => gateway.close());
