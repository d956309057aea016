import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import replyFrom from '@fastify/reply-from';
import Fastify, { LogController } from 'fastify';
import type { Logger } from 'pino';
import { Guard } from '../guard.ts';
import type { EdgeConfig } from './edge-config.ts';
import { routeTable } from './edge-config.ts';
import { Health } from './health.ts';
import { route } from './route.ts';
import type { Route } from './route.ts';
import { stickyNode } from './sticky.ts';
import { join, openTunnel, refuse, writeHead } from './tunnel.ts';

/** A running edge: one address before several gateways. */
export interface Edge {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** Ends every tunnel. Idempotent. */
  close(): Promise<void>;
}

/**
 * A reverse proxy, because browsers follow no WebSocket redirect. Everything but `/healthz` goes to a gateway: sockets by
 * {@link route}, uploads (`/call_report`, `/call_recording`) by their `x-voice-sdk-id` header, the rest to the default pool.
 */
export async function startEdge(config: EdgeConfig, logger: Logger): Promise<Edge> {
  const table = routeTable(config);
  // The edge has no page of figures; what is caught is in its log.
  const guard = new Guard(logger, () => undefined);
  const health = new Health(config.upstreams, config.healthIntervalMs, guard);
  await health.check();
  const tunnels = new Set<Duplex>();

  const decide = (url: string, headers: IncomingMessage['headers']): Route => {
    const query = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?')) : '');
    const header = headers['x-voice-sdk-id'];
    const token = query.get('voice_sdk_id') ?? (typeof header === 'string' ? header : '');
    const node = stickyNode(token, config.secret);
    return route(table, { query, host: headers.host, stickyNode: node }, health.state);
  };

  const { tls } = config;
  const scheme = tls === undefined ? 'http' : 'https';
  const app = Fastify({
    https: tls === undefined ? null : { cert: readFileSync(tls.cert), key: readFileSync(tls.key) },
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.trustProxy.length > 0 ? config.trustProxy : false,
    bodyLimit: 4_194_304,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => {
    done(null, payload);
  });
  await app.register(replyFrom);
  app.get('/healthz', (_request, reply) => {
    const names = health.names();
    const up = names.filter((name) => health.state(name).up);
    return reply.code(up.length > 0 ? 200 : 503).send({
      status: up.length > 0 ? 'ok' : 'no upstream',
      up,
      down: names.filter((name) => !up.includes(name)),
    });
  });
  app.all('/*', (request, reply) => {
    const decision = decide(request.url, request.headers);
    if (!decision.ok) {
      return reply.code(decision.status).send({ error: decision.error, message: decision.message });
    }
    const name = decision.upstreams[0] ?? '';
    const origin = health.url(name)?.origin;
    // Only a path may follow the origin: `//elsewhere/x` and absolute forms must not choose the host.
    if (origin === undefined || !request.url.startsWith('/')) {
      return reply.code(400).send({ error: 'bad_request', message: 'Not a path' });
    }
    return reply.from(`${origin}${request.url}`, {
      rewriteRequestHeaders: (_request, headers) => ({
        ...headers,
        host: request.headers.host ?? '',
        ...forwarded(request.ip, request.protocol),
      }),
      onError: (response, failure) => {
        logger.warn({ upstream: name, reason: failure.error.message }, 'gateway did not answer');
        health.refused(name);
        void response
          .code(502)
          .send({ error: 'bad_gateway', message: 'The gateway did not answer' });
      },
    });
  });

  const onUpgrade = async (
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
  ): Promise<void> => {
    tunnels.add(socket);
    socket.on('close', () => tunnels.delete(socket));
    socket.on('error', () => socket.destroy());
    const url = request.url ?? '/';
    const decision = decide(url, request.headers);
    if (!decision.ok) {
      refuse(socket, decision.status, decision.error, decision.message);
      return;
    }
    const peer = request.socket.remoteAddress ?? '';
    const headers = {
      ...request.headers,
      ...forwarded(chain(request, peer, config), protocolOf(request, peer, config, scheme)),
    };
    for (const name of decision.upstreams) {
      const base = health.url(name);
      if (base === null) {
        continue;
      }
      const outcome = await openTunnel(base, url, headers);
      if (socket.destroyed) {
        if (outcome.kind === 'open') {
          outcome.upstream.destroy();
        }
        return;
      }
      if (outcome.kind === 'unreachable') {
        logger.warn({ upstream: name, reason: outcome.error.message }, 'gateway unreachable');
        health.refused(name);
        continue;
      }
      // Full, or on its way out without a call of this client: another may take it.
      const busy = outcome.kind === 'answered' && outcome.response.statusCode === 503;
      if (busy && name !== decision.upstreams.at(-1)) {
        outcome.response.destroy();
        continue;
      }
      writeHead(socket, outcome.response);
      if (outcome.kind === 'answered') {
        outcome.response.pipe(socket);
        return;
      }
      logger.debug({ upstream: name, by: decision.by }, 'socket routed');
      const left = health.connected(name);
      if (outcome.head.length > 0) {
        socket.write(outcome.head);
      }
      if (head.length > 0) {
        outcome.upstream.write(head);
      }
      join(socket, outcome.upstream, left);
      return;
    }
    refuse(socket, 502, 'bad_gateway', 'No gateway answered');
  };
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    void guard.settle(
      'upgrade',
      () => onUpgrade(request, socket, head),
      () => socket.destroy(),
    );
  });

  await app.listen({ host: config.host, port: config.port });
  const bound = app.server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : config.port;
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  return {
    url: `${scheme}://${host}:${String(port)}`,
    async close() {
      health.dispose();
      for (const socket of tunnels) {
        socket.destroy();
      }
      await app.close();
    },
  };
}

function forwarded(address: string, protocol: string): Record<string, string> {
  return { 'x-forwarded-for': address, 'x-forwarded-proto': protocol };
}

/** The client's address as the gateway shall see it: what a trusted proxy said, else the socket's own peer. */
function chain(request: IncomingMessage, peer: string, config: EdgeConfig): string {
  const said = request.headers['x-forwarded-for'];
  return config.trustProxy.includes(peer) && typeof said === 'string' ? `${said}, ${peer}` : peer;
}

function protocolOf(
  request: IncomingMessage,
  peer: string,
  config: EdgeConfig,
  scheme: string,
): string {
  const said = request.headers['x-forwarded-proto'];
  return config.trustProxy.includes(peer) && typeof said === 'string' ? said : scheme;
}
