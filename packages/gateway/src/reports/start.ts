import type { Logger } from 'pino';
import { loadSecret } from '../auth/secret-file.ts';
import type { Config } from '../config.ts';
import type { Guard } from '../guard.ts';
import type { ReportMetrics } from '../metrics/report-metrics.ts';
import type { Clock } from '../clock.ts';
import { ReportKeys } from './keys.ts';
import { Reports } from './reports.ts';
import type { CallRecord } from './records.ts';
import { ThreadedReports } from './sqlite/threaded.ts';

export interface StartReportsDeps {
  readonly config: Config['reports'];
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly guard: Guard;
  readonly metrics: ReportMetrics;
  /** Told when reports begin not to be kept, and when they are again. */
  readonly onHealth: (works: boolean) => void;
  readonly onCallEnded: (call: CallRecord) => void;
}

/** @throws {StoreError} when the database of reports cannot be used */
export async function startReports(deps: StartReportsDeps): Promise<Reports> {
  const { config, dataDir, clock, logger, guard, metrics, onCallEnded } = deps;
  const { enabled, retentionDays, maxBytes, recordings, bytesPerUser, bytesPerAddress } = config;
  const keys = new ReportKeys(loadSecret(dataDir, 'report-secret'));
  const shared = {
    keys,
    recordings,
    bytesPerUser,
    bytesPerAddress,
    clock,
    logger,
    guard,
    metrics,
    onCallEnded,
  };
  if (!enabled) {
    return new Reports({ ...shared, store: null });
  }
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
  return new Reports({ ...shared, store });
}
