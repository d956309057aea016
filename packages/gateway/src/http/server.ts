import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import helmet from '@fastify/helmet';
import Fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyError } from 'fastify';
import type { Logger } from 'pino';
import { registerAdmin } from '../admin/routes.ts';
import type { AdminDeps } from '../admin/routes.ts';
import type { Config } from '../config.ts';
import { Guard } from '../guard.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { registerPush } from '../push/routes.ts';
import type { PushRoutesDeps } from '../push/routes.ts';
import { registerReportIntake } from '../reports/intake.ts';
import type { IntakeDeps } from '../reports/intake.ts';
import type { Clock } from '../clock.ts';
import type { SignalingServer } from '../signaling/ports.ts';
import { AddressResolver } from './addresses.ts';
import { ConnectionLimits } from './connection-limits.ts';
import { FirstByte } from './first-byte.ts';
import type { TakeMedia } from './first-byte.ts';
import { registerDemo, registerNoDemo } from './demo-routes.ts';
import type { Demo } from './demo-routes.ts';
import { HttpConnections } from './http-connections.ts';
import { registerOperatorRoutes } from './operator-routes.ts';
import { OriginPolicy } from './origins.ts';
import { Upgrader } from './upgrade.ts';
import type { TakeSip } from './upgrade.ts';
import { registerWebPhone } from './web-phone.ts';

export interface HttpServerDeps {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly signaling: Pick<SignalingServer, 'handleSocket' | 'admits'>;
  readonly clock: Clock;
  /** PEM texts. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Present in demo mode only. */
  readonly demo?: Demo;
  /** Where clients' reports go; absent: they are not taken. */
  readonly reports?: IntakeDeps;
  /** How browsers ask to be woken; null: none is. */
  readonly push: PushRoutesDeps | null;
  /** What `/api` and the pages for administrators need; absent: there are none. */
  readonly admin?: Omit<AdminDeps, 'addresses'>;
  /** Takes media that comes over TCP to this port; absent: none does, and every connection is HTTP's. */
  readonly takeMedia?: TakeMedia;
  /** Takes over WebSockets of pages that speak SIP; absent: none may. */
  readonly takeSip?: TakeSip;
  /** Folder of the phone's built files; null serves none. */
  readonly webRoot: string | null;
}

export interface HttpServer {
  /** Where it listens, with the port that was given by the system for port 0. */
  readonly url: string;
  readonly port: number;
  /** Refuses new sockets, but of clients whose calls are still here, and says so in `/healthz`; requests are still answered. */
  drain(): void;
  /** Takes a renewed certificate for connections from now on. */
  setCertificate(tls: { readonly cert: string; readonly key: string }): void;
  /** Ends every request and socket. Idempotent. */
  close(): Promise<void>;
}

/** Listens; rejects when the address is taken. */
export async function startHttpServer(deps: HttpServerDeps): Promise<HttpServer> {
  const { config, logger, metrics, tls } = deps;
  const addresses = new AddressResolver(config.trustProxy);
  const origins = new OriginPolicy({
    ...(config.publicUrl === undefined ? {} : { publicUrl: config.publicUrl }),
    origins: config.origins,
    hosts: config.hosts,
    demo: config.demo.enabled,
  });
  let draining = false;

  // Times for a whole request: a peer that sends one byte a second must not keep a connection.
  const options = { requestTimeout: 15_000, headersTimeout: 10_000, keepAliveTimeout: 5000 };
  const bare: { server?: Server | TlsServer } = {};
  // More than one: Fastify makes a server for each address of `localhost`.
  const firstBytes: FirstByte[] = [];
  const baseLogger: FastifyBaseLogger = logger;
  const app = Fastify({
    serverFactory: (handler: RequestListener): Server => {
      bare.server =
        tls === undefined
          ? createServer(options, handler)
          : createTlsServer({ ...options, ...tls, minVersion: 'TLSv1.2' }, handler);
      if (deps.takeMedia) {
        firstBytes.push(new FirstByte(bare.server, deps.takeMedia));
      }
      // Last, so that it comes first.
      new HttpConnections(bare.server, {
        most: config.limits.connections + config.limits.httpConnections,
        mostPerAddress:
          config.limits.connectionsPerAddress + config.limits.httpConnectionsPerAddress,
        isProxy: (address) => addresses.isProxy(address),
        onRefused: (reason) => {
          metrics.connectionRefused(reason);
        },
      });
      return bare.server;
    },
    loggerInstance: baseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 65_536,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 100 },
  });
  await app.register(helmet, securityHeaders(tls !== undefined));
  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', async (request, reply) => {
    const verdict = origins.checkHost(request.headers.host);
    if (!verdict.ok) {
      await reply.code(403).send({ error: verdict.reason, message: verdict.message });
    }
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    // The voice needs the microphone; nothing on these pages needs the rest.
    reply.header(
      'permissions-policy',
      'microphone=(self), camera=(self), geolocation=(), payment=(), usb=()',
    );
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const path = request.url.split('?')[0];
    logger.debug(
      { requestId: request.id, method: request.method, path, status: reply.statusCode },
      'Request',
    );
    done();
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) {
      return reply.code(status).send({ error: 'bad_request', message: error.message });
    }
    metrics.caught('route');
    logger.error({ requestId: request.id, error }, 'A request failed');
    return reply.code(500).send({ error: 'internal', message: 'Something went wrong here' });
  });

  registerOperatorRoutes(app, {
    metrics,
    addresses,
    ...(config.metrics.token === undefined ? {} : { metricsToken: config.metrics.token }),
    draining: () => draining,
  });
  if (deps.demo === undefined) {
    registerNoDemo(app);
  } else {
    registerDemo(app, deps.demo, origins, addresses);
  }
  if (deps.reports) {
    await registerReportIntake(app, deps.reports, { origins, addresses });
  }
  await registerPush(app, deps.push, { origins, addresses });
  if (deps.admin) {
    await registerAdmin(app, { ...deps.admin, addresses }, origins);
  }
  await registerWebPhone(app, deps.webRoot);

  const limits = new ConnectionLimits(config.limits, () => deps.clock.monotonic());
  const upgrader = new Upgrader(app.server, {
    limits,
    origins,
    addresses,
    frameBytes: config.limits.frameBytes,
    logger,
    guard: new Guard(logger, (boundary) => {
      metrics.caught(boundary);
    }),
    onRefused: (reason) => {
      metrics.upgradeRefused(reason);
    },
    ...(deps.takeSip === undefined
      ? {}
      : {
          takeSip: deps.takeSip,
          isSecure: tls !== undefined || config.publicUrl?.startsWith('https:') === true,
        }),
    admits: (voiceSdkId) => deps.signaling.admits(voiceSdkId),
    onSocket: (socket, context) => {
      deps.signaling.handleSocket(socket, context);
    },
  });
  try {
    await app.listen({ host: config.host, port: config.port });
  } catch (error) {
    upgrader.close();
    for (const firstByte of firstBytes) {
      firstByte.close();
    }
    await app.close();
    throw error;
  }
  const { port } = app.server.address() as AddressInfo;

  return {
    url: urlOf(config, port, tls !== undefined),
    port,
    drain() {
      draining = true;
      upgrader.drain();
    },
    setCertificate(renewed) {
      const server = bare.server;
      if (server !== undefined && 'setSecureContext' in server) {
        server.setSecureContext({ ...renewed });
      }
    },
    async close() {
      draining = true;
      upgrader.close();
      for (const firstByte of firstBytes) {
        firstByte.close();
      }
      await app.close();
    },
  };
}

function urlOf(config: Config, port: number, secure: boolean): string {
  if (config.publicUrl !== undefined) {
    return new URL(config.publicUrl).origin;
  }
  const everywhere = config.host === '0.0.0.0' || config.host === '::';
  const loopback = config.host === '127.0.0.1' || config.host === '::1';
  const name = everywhere || loopback ? 'localhost' : config.host;
  const host = name.includes(':') ? `[${name}]` : name;
  return `${secure ? 'https' : 'http'}://${host}:${String(port)}`;
}

/**
 * No inline script or style and no eval, on any page. `cross-origin` resources: clients on other origins probe this
 * host with a no-cors `fetch` before they open a socket again, and nothing served here without a login is private.
 */
function securityHeaders(secure: boolean): Parameters<typeof helmet>[1] {
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        // The phone makes its ring tones itself and plays them from memory.
        mediaSrc: ["'self'", 'blob:', 'data:'],
        // The phone can be pointed at a gateway elsewhere: an encrypted one, or one on this machine.
        connectSrc: ["'self'", 'https:', 'wss:', ...loopbackSources()],
        workerSrc: ["'self'", 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    crossOriginEmbedderPolicy: false,
    frameguard: { action: 'deny' },
    hsts: secure ? { maxAge: 31_536_000 } : false,
    referrerPolicy: { policy: 'no-referrer' },
  };
}

function loopbackSources(): string[] {
  return ['localhost', '127.0.0.1'].flatMap((name) => [`http://${name}:*`, `ws://${name}:*`]);
}
