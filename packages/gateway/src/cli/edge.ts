import { Command } from 'commander';
import { loadEdgeConfig } from '../edge/edge-config.ts';
import { createLogger } from '../logging/logger.ts';
import { haproxyCommand } from './edge-haproxy.ts';
import { CliError } from './errors.ts';
import { FatalErrors } from './fatal-errors.ts';
import { StopSignals } from './stop-signals.ts';

/** `offhook edge`: one address before several gateways. */
export function edgeCommand(): Command {
  return new Command('edge')
    .description('send clients to one of several gateways, until SIGINT or SIGTERM')
    .option('-c, --config <file>', 'JSON file: upstreams, pools, secret (docs/edge.md)')
    .option('--log-level <level>', 'trace, debug, info, warn, error, fatal or silent', 'info')
    .addCommand(haproxyCommand())
    .action(async (options: { readonly config?: string; readonly logLevel: 'info' }) => {
      // The commands below it need no file.
      if (options.config === undefined) {
        throw new CliError('--config is missing: a JSON file (docs/edge.md).');
      }
      const config = loadEdgeConfig(options.config);
      const logger = createLogger(options.logLevel);
      const signals = new StopSignals();
      const fatal = new FatalErrors(logger);
      const { startEdge } = await import('../edge/edge-server.ts');
      const edge = await startEdge(config, logger);
      logger.info({ url: edge.url }, 'The edge is ready');
      console.log(`The Offhook edge is ready at ${edge.url}`);
      logger.info({ signal: await signals.first }, 'Stopping');
      await edge.close();
      signals.dispose();
      fatal.dispose();
    });
}
