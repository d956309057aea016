/**
 * The gateway as a library: the same that `offhook serve` runs.
 *
 * ```ts
 * const gateway = await startGateway(configFrom({ port: 0, demo: { enabled: true } }), createLogger('warn'), realParts);
 * ```
 */
export { ConfigError, configFrom, loadConfig, redactConfig } from './config.ts';
export type { Config, ConfigInput, ConfigProblem } from './config.ts';
export { startGateway } from './gateway.ts';
export type { Gateway, GatewayParts } from './gateway.ts';
export { createLogger } from './logging/logger.ts';
export type { Logger } from './logging/logger.ts';
export { realParts } from './main.ts';
export { StartError } from './start-error.ts';
