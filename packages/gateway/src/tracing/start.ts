import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { readVersion } from '../version.ts';
import { CallTraces } from './call-traces.ts';

export interface TracingDeps {
  readonly config: Pick<Config, 'tracing' | 'dc' | 'region'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  readonly onExport: (outcome: 'sent' | 'failed', spans: number) => void;
}

export interface Tracing {
  readonly calls: CallTraces;
  /** Sends what waits, for two seconds at most. */
  close(): Promise<void>;
}

/** Spans that wait; beyond that the newest are dropped. */
const MAX_WAITING = 8_192;
const SEND_MS = 10_000;
const FAREWELL_MS = 2_000;

/** Spans of calls go to a collector (OTLP over HTTP). Null: none is configured; then nothing of it is loaded. */
export async function startTracing(deps: TracingDeps): Promise<Tracing | null> {
  const { url, authorization, ratio, service } = deps.config.tracing;
  if (url === undefined) {
    return null;
  }
  const [sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  const version = readVersion();
  const exporter = new OTLPTraceExporter({
    url,
    timeoutMillis: SEND_MS,
    ...(authorization === undefined ? {} : { headers: { authorization } }),
  });
  // Who placed a call may say that it is not to be traced, and not that it is: the share is the operator's.
  const share = new sdk.TraceIdRatioBasedSampler(ratio);
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({
      'service.name': service,
      'service.version': version,
      'cloud.region': deps.config.region,
      'cloud.availability_zone': deps.config.dc,
    }),
    sampler: new sdk.ParentBasedSampler({ root: share, remoteParentSampled: share }),
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter: counted(exporter, deps),
        maxQueueSize: MAX_WAITING,
        exportTimeoutMillis: SEND_MS,
      }),
    ],
  });
  return {
    calls: new CallTraces(provider.getTracer('offhook', version), deps.clock),
    async close() {
      await Promise.race([
        provider.shutdown().catch(() => undefined),
        new Promise<void>((resolve) => setTimeout(resolve, FAREWELL_MS).unref()),
      ]);
    },
  };
}

/** The same exporter, whose failures are counted and told once until it works again. */
function counted(exporter: SpanExporter, { logger, onExport }: TracingDeps): SpanExporter {
  let works = true;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const sent = result.error === undefined;
        onExport(sent ? 'sent' : 'failed', spans.length);
        if (sent !== works) {
          works = sent;
          const { error } = result;
          if (sent) {
            logger.info('the collector takes spans again');
          } else {
            logger.warn(
              { error: error?.message },
              'the collector takes no spans; they are dropped',
            );
          }
        }
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    ...(exporter.forceFlush === undefined
      ? {}
      : { forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve() }),
  };
}
