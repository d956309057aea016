/** The composition root: the parts that a gateway is really made of. */
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import type { GatewayParts } from './gateway.ts';
import { AddressReport } from './media-addresses.ts';
import { EmbeddedMediaPlane } from './media/embedded/plane.ts';
import type { MediaPlane } from './media/media-plane.ts';
import { RtpengineMediaPlane } from './media/rtpengine/plane.ts';
import type { MediaMetrics } from './metrics/media-metrics.ts';
import { createSignalingServer } from './signaling/server.ts';

export const realParts: GatewayParts = {
  createSignaling: createSignalingServer,
  createMedia: createMediaPlane,
};

function createMediaPlane(config: Config, logger: Logger, metrics: MediaMetrics): MediaPlane {
  const { plane, nodes, disconnectedSeconds, failedSeconds } = config.media;
  const threads = createEmbeddedMedia(config, logger, metrics);
  if (plane === 'embedded') {
    return threads;
  }
  const media = new RtpengineMediaPlane(
    {
      nodes,
      disconnectedMs: disconnectedSeconds * 1000,
      failedMs: failedSeconds * 1000,
      logger,
    },
    threads,
  );
  metrics.watchNodes(() => media.nodes);
  return media;
}

function createEmbeddedMedia(config: Config, logger: Logger, metrics: MediaMetrics): MediaPlane {
  const { media, demo, limits } = config;
  const report = new AddressReport(logger, metrics, demo.enabled);
  return new EmbeddedMediaPlane({
    // The demo is for this machine only, and so is its audio.
    localOnly: demo.enabled && media.bind.length === 0,
    bind: media.bind,
    publicAddresses: media.publicAddress,
    portMin: media.portMin,
    portMax: media.portMax,
    disconnectedMs: media.disconnectedSeconds * 1000,
    failedMs: media.failedSeconds * 1000,
    limits: {
      packetsPerSecond: limits.legPacketsPerSecond,
      bytesPerSecond: limits.legBytesPerSecond,
      digitsPerSecond: limits.legDigitsPerSecond,
      sources: limits.legSources,
    },
    maxLegsPerWorker: limits.legsPerThread,
    maxLagMs: limits.threadLagMs,
    tcpLimits: {
      connections: limits.tcpMediaConnections,
      perAddress: limits.tcpMediaConnectionsPerAddress,
    },
    logger,
    counters: metrics,
    // With rtpengine, browsers are told its addresses.
    ...(media.plane === 'rtpengine'
      ? {}
      : {
          onAddresses: (addresses) => {
            report.tell(addresses);
          },
        }),
    ...(media.workers === undefined ? {} : { workers: media.workers }),
  });
}
