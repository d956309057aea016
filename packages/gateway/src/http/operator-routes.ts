import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../metrics/metrics.ts';
import type { AddressResolver } from './addresses.ts';

export interface OperatorDeps {
  readonly metrics: Metrics;
  readonly addresses: AddressResolver;
  readonly metricsToken?: string;
  readonly draining: () => boolean;
}

/** `/healthz` for load balancers, `/metrics` for Prometheus. */
export function registerOperatorRoutes(app: FastifyInstance, deps: OperatorDeps): void {
  app.get('/healthz', (_request, reply) => {
    const draining = deps.draining();
    return reply
      .code(draining ? 503 : 200)
      .header('cache-control', 'no-store')
      .send({ status: draining ? 'draining' : 'ok' });
  });

  app.get('/metrics', async (request, reply) => {
    if (!mayRead(request.headers.authorization, deps, deps.addresses.isLocal(request.raw))) {
      const message =
        deps.metricsToken === undefined
          ? 'Metrics are for loopback, unless metrics.token is set'
          : 'Metrics need the bearer token of metrics.token';
      return reply.code(403).send({ error: 'forbidden', message });
    }
    return reply
      .header('content-type', deps.metrics.contentType)
      .header('cache-control', 'no-store')
      .send(await deps.metrics.render());
  });
}

function mayRead(authorization: string | undefined, deps: OperatorDeps, local: boolean): boolean {
  if (deps.metricsToken === undefined) {
    return local;
  }
  const given = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
  return given !== undefined && timingSafeEqual(digest(given), digest(deps.metricsToken));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
