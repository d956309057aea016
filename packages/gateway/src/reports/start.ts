import type { Logger } from 'pino';
import { loadSecret } from '../auth/secret-file.ts';
import type { Config } from '../config.ts';
import type { Guard } from '../guard.ts';
import type { ReportMetrics } from '../metrics/report-metrics.ts';
import type { Clock } from '../clock.ts';
import { ReportKeys } from './keys.ts';
import { Reports } from './reports.ts';
import type { Outbox } from './outbox.ts';
import { ThreadedReports } from './sqlite/threaded.ts';
import { Webhooks } from './webhooks.ts';

export interface StartReportsDeps {
  readonly config: Pick<Config, 'reports' | 'webhooks' | 'publicUrl'>;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly guard: Guard;
  readonly metrics: ReportMetrics;
  /** Told when reports begin not to be kept, and when they are again. */
  readonly onHealth: (works: boolean) => void;
}

/** Reports and webhooks, over one store. */
export interface StartedReports {
  readonly reports: Reports;
  /** After signalling and media. Idempotent. */
  close(): Promise<void>;
}

/** @throws {StoreError} when the database of reports cannot be used */
export async function startReports(deps: StartReportsDeps): Promise<StartedReports> {
  const { config, dataDir, clock, logger, guard, metrics } = deps;
  const { enabled, recordings, bytesPerUser, bytesPerAddress } = config.reports;
  const keys = new ReportKeys(loadSecret(dataDir, 'report-secret'));
  // Without reports the store keeps what webhooks have not delivered yet, and nothing else.
  const store = enabled || config.webhooks.urls.length > 0 ? await openStore(deps) : null;
  const webhooks = store === null ? null : startWebhooks(deps, store);
  const reports = new Reports({
    store: enabled ? store : null,
    keys,
    recordings,
    bytesPerUser,
    bytesPerAddress,
    clock,
    logger,
    guard,
    metrics,
    ...(webhooks && { onCallEnded: webhooks.callEnded.bind(webhooks) }),
  });
  const close = async (): Promise<void> => {
    await reports.close();
    await webhooks?.close();
    await store?.close();
  };
  return { reports, close };
}

async function openStore(deps: StartReportsDeps): Promise<ThreadedReports> {
  const { config, dataDir, logger, metrics } = deps;
  const { retentionDays, maxBytes } = config.reports;
  const store = await ThreadedReports.start({
    dataDir,
    retentionDays,
    maxBytes,
    onPaused: (reason) => {
      if (reason === null) {
        logger.info('Reports are kept again');
      } else {
        logger.error(
          { reason },
          'Reports are not kept until the disk and the database do; calls go on',
        );
      }
      deps.onHealth(reason === null);
    },
    onBroken: (reason) => {
      logger.error({ reason }, 'The report store broke; it is opened again when it is needed');
    },
  });
  metrics.watchQueue(() => store.waiting);
  return store;
}

function startWebhooks(deps: StartReportsDeps, outbox: Outbox): Webhooks | null {
  const { config, clock, logger, metrics } = deps;
  const { urls, secret } = config.webhooks;
  if (urls.length === 0 || secret === undefined) {
    return null;
  }
  const webhooks = new Webhooks({
    urls,
    secret,
    ...(config.publicUrl === undefined ? {} : { pages: new URL(config.publicUrl).origin }),
    outbox,
    clock,
    logger,
    onDelivery: (outcome) => {
      metrics.webhook(outcome);
    },
  });
  metrics.watchWebhooks(() => webhooks.waiting);
  webhooks.start();
  return webhooks;
}
