/** A whole gateway from its parts. `main.ts` gives the real parts; tests give others. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { oidcProvider } from './admin/oidc/provider.ts';
import { AdminSessions } from './admin/sessions.ts';
import { createAssistants } from './assistants/create.ts';
import { Accounts } from './auth/accounts.ts';
import { ApiKeyTable } from './auth/api-key-table.ts';
import { ApiKeys } from './auth/api-keys.ts';
import { AuditTable } from './auth/audit-table.ts';
import { createDemoAccounts, isDemoStore } from './auth/demo.ts';
import type { DemoAccount } from './auth/demo.ts';
import { Guesses } from './auth/guesses.ts';
import { createIceServers } from './auth/ice-servers.ts';
import { LocalAuthenticator } from './auth/local-authenticator.ts';
import { loadLocalKey, mintToken, randomLocalKey } from './auth/local-key.ts';
import { RANDOM_PASSWORD_COST } from './auth/passwords.ts';
import { openKnownUsers, openUsers } from './auth/open-users.ts';
import { tokenAdvice } from './auth/token-advice.ts';
import { TokenVerifier } from './auth/tokens.ts';
import { systemClock } from './clock.ts';
import { startCluster } from './cluster/start.ts';
import type { Config } from './config.ts';
import { tcpWay } from './config/tcp-way.ts';
import { Audit } from './control/audit.ts';
import { ControlServer } from './control/control-server.ts';
import { Operations } from './control/operations.ts';
import { FolderLock } from './data-folder/lock.ts';
import { stickySigner } from './edge/sticky.ts';
import { Guard } from './guard.ts';
import { startHttpServer } from './http/server.ts';
import type { HttpServer } from './http/server.ts';
import type { MediaPlane } from './media/media-plane.ts';
import type { MediaMetrics } from './metrics/media-metrics.ts';
import { Metrics } from './metrics/metrics.ts';
import { startPush } from './push/push.ts';
import type { StartPushDeps } from './push/push.ts';
import { startReports } from './reports/start.ts';
import type { CreateSignalingServer, SignalingServer, SignalingStats } from './signaling/ports.ts';
import { bothObservers } from './calls/observers.ts';
import { StartError } from './start-error.ts';
import { startTracing } from './tracing/start.ts';
import { findWebRoot } from './web-root.ts';
import { strangersInGroups } from './sip/ring-groups.ts';
import { SipGateway } from './sip/sip-gateway.ts';

export interface GatewayParts {
  readonly createSignaling: CreateSignalingServer;
  readonly createMedia: (config: Config, logger: Logger, metrics: MediaMetrics) => MediaPlane;
  /** How messages are posted to push services. Default: by node:https. */
  readonly postPush?: StartPushDeps['post'];
}

export interface Gateway {
  readonly url: string;
  readonly port: number;
  /** The throw-away users of demo mode, with their passwords; empty otherwise. */
  readonly demoAccounts: readonly DemoAccount[];
  /** Signs an administrator of the demo in, once; null otherwise. */
  readonly adminLink: string | null;
  stats(): SignalingStats;
  /** Reads the TLS files again. @throws when they cannot be used; the old ones stay. */
  reloadCertificate(): void;
  /** Lets calls end within the configured time, then ends the rest. Idempotent. */
  drain(): Promise<void>;
  /** The process is about to end after a defect: clients are told to come back. Settles soon, whatever fails. */
  abandon(): Promise<void>;
  /** Ends everything at once. Idempotent. */
  close(): Promise<void>;
}

const FAREWELL_MS = 200;
const DEMO_TOKEN_SECONDS = 600;

/** @throws {StartError} when an address, a file or the database cannot be used; nothing is left running then. */
export async function startGateway(
  config: Config,
  logger: Logger,
  parts: GatewayParts,
): Promise<Gateway> {
  const undo: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) {
      try {
        await step();
      } catch (error) {
        logger.error({ error }, 'Something could not be closed');
      }
    }
  };
  try {
    return await build(config, logger, parts, undo, close);
  } catch (error) {
    await close();
    throw explainStart(error, config);
  }
}

async function build(
  config: Config,
  logger: Logger,
  parts: GatewayParts,
  undo: (() => Promise<void> | void)[],
  close: () => Promise<void>,
): Promise<Gateway> {
  const tls = config.tls === undefined ? undefined : readTls(config.tls);
  const webRoot = findWebRoot(config.web.root);
  if (webRoot === null && config.web.root !== undefined) {
    throw new StartError(
      `web.root ${config.web.root} holds no index.html; build the phone or leave web.root out`,
    );
  }

  const dataDir = config.demo.enabled ? temporaryFolder(undo) : config.dataDir;
  const lock = FolderLock.take(dataDir, 'gateway');
  undo.push(() => {
    lock.release();
  });
  const state: { signaling?: SignalingServer } = {};
  const metrics = new Metrics(() => state.signaling?.stats() ?? NO_STATS);
  undo.push(() => {
    metrics.close();
  });
  const guard = new Guard(logger, (boundary) => {
    metrics.caught(boundary);
  });
  const clock = guard.clock(systemClock);
  const usersDeps = {
    config,
    dataDir,
    clock,
    logger: logger.child({ part: 'users' }),
    onHealth: (works: boolean) => {
      metrics.store('users', works);
    },
  };
  const own = openKnownUsers(usersDeps);
  undo.push(() => {
    own.close();
  });
  if (!config.demo.enabled && isDemoStore(own.store)) {
    throw new StartError(`${dataDir} holds the database of a demo; give another data folder`);
  }
  const demoAccounts = config.demo.enabled
    ? await createDemoAccounts(own.store, own.users, config.demo.users)
    : [];
  const accounts = await openUsers(usersDeps, own);
  undo.push(() => accounts.close());
  const { users, tables } = accounts;
  const localKey = config.demo.enabled ? randomLocalKey() : loadLocalKey(dataDir);

  const now = (): number => clock.now();
  const guesses = new Guesses(now, config.limits.loginFailuresPerMinute);
  const auth = new LocalAuthenticator({
    users,
    tokens: new TokenVerifier(config.auth.jwt, localKey, now),
    guesses,
    logger: logger.child({ part: 'auth' }),
    hashConcurrency: config.auth.hashConcurrency,
    requireUser: config.auth.jwt.requireUser,
    ...(config.demo.enabled ? { cost: RANDOM_PASSWORD_COST } : {}),
  });

  const kept = await startReports({
    config,
    dataDir,
    clock,
    logger: logger.child({ part: 'reports' }),
    guard,
    metrics: metrics.reports,
    onHealth: (works) => {
      metrics.store('reports', works);
    },
  });
  undo.push(() => kept.close());
  const { reports } = kept;

  const media = parts.createMedia(config, logger.child({ part: 'media' }), metrics.media);
  metrics.media.watchTcp(() => media.tcp?.counts());
  undo.push(() => media.close());
  await startMedia(media);
  const tracing = await startTracing({
    config,
    clock,
    logger: logger.child({ part: 'tracing' }),
    onExport: (outcome, spans) => {
      metrics.spans(outcome, spans);
    },
  });
  undo.push(() => tracing?.close());
  if (tracing) {
    const { calls } = tracing;
    undo.push(
      media.subscribe((event) => {
        calls.onMedia(event);
      }),
    );
  }

  const assistants = createAssistants(config, dataDir, clock, logger, (record) => {
    reports.conversation(record);
    metrics.assistants.ended(record);
  });
  const sip =
    config.sip === undefined
      ? null
      : new SipGateway({
          config: config.sip,
          domains: config.domains,
          clock,
          logger: logger.child({ part: 'sip' }),
          guard,
          metrics: metrics.sip,
          ...(tls === undefined ? {} : { certificate: tls }),
          guesses,
          accounts: {
            device: (login) => users.device(login),
            displayName: (user) => auth.user(user)?.displayName ?? null,
            changes: () => users.changes(),
          },
        });
  const push = startPush({
    config,
    dataDir,
    auth,
    users,
    localKey,
    clock,
    guard,
    logger: logger.child({ part: 'push' }),
    onOutcome: (outcome) => {
      metrics.push(outcome);
    },
    ...(parts.postPush === undefined ? {} : { post: parts.postPush }),
  });
  undo.push(() => push?.close());
  const cluster = await startCluster({
    config,
    clock,
    guard,
    logger: logger.child({ part: 'cluster' }),
    metrics: metrics.cluster,
  });
  undo.push(() => cluster?.close());
  const signaling = parts.createSignaling({
    auth,
    media: reports.watchMedia(media),
    reports,
    observer: tracing ? bothObservers(reports, tracing.calls) : reports,
    config: {
      limits: config.limits,
      timers: config.calls,
      dc: config.dc,
      region: config.region,
      domains: config.domains,
      services: config.services,
      pingSeconds: config.calls.pingSeconds,
    },
    logger: logger.child({ part: 'signaling' }),
    metrics,
    clock,
    assistants,
    outside: sip ?? undefined,
    sleepers: push?.sleepers,
    neighbours: cluster?.neighbours,
    keptCalls: cluster?.kept,
    iceServers: createIceServers(
      config,
      now,
      (assistant) => 60 * (assistants.catalogue.get(assistant)?.limits.minutes ?? 0),
    ),
    ...(config.edge === undefined
      ? {}
      : { voiceSdkId: stickySigner(config.edge.node, config.edge.secret).issue }),
  });
  state.signaling = signaling;
  undo.push(() => signaling.close());
  if (sip) {
    undo.push(() => sip.close());
    metrics.sip.show({ trunks: () => sip.states, devices: () => sip.registrations.length });
    await sip.start(signaling);
  }

  const database = () => own.store.database;
  const auditLog = new AuditTable(database, config.audit);
  const audit = new Audit({ store: auditLog, now, logger });
  const operations = new Operations({
    signaling,
    live: () => reports.live(),
    telephones: sip,
    pushDevices: push?.devices,
    now,
    audit,
  });
  const control = await ControlServer.start(dataDir, operations, guard, logger);
  undo.push(() => control?.close());
  const intake = reports.intake();
  const admins = new AdminSessions(now);
  const tcp = tcpWay(config);
  const entrance = tcp.on && media.tcp ? media.tcp : null;
  const http = await startHttpServer({
    config,
    logger: logger.child({ part: 'http' }),
    metrics,
    signaling,
    clock,
    webRoot,
    push: push?.routes ?? null,
    ...(entrance === null ? {} : { takeMedia: entrance.take.bind(entrance) }),
    ...(intake === null ? {} : { reports: intake }),
    admin: {
      sessions: admins,
      auth,
      users,
      tables,
      store: intake?.store ?? null,
      assistants: assistants.catalogue,
      operations,
      keys: new ApiKeys(new ApiKeyTable(database), now),
      audit,
      auditLog,
      accounts: new Accounts({
        users: tables.users,
        devices: tables.devices,
        realm: config.sip?.devices?.realm,
        changed: () => users.changed(),
      }),
      takesDevices: config.sip?.devices !== undefined,
      limits: config.limits,
      trunks: () => sip?.states ?? [],
      now,
      monotonic: () => clock.monotonic(),
      secure: tls !== undefined || config.publicUrl?.startsWith('https:') === true,
      passwords: config.admin.passwords,
      provider: oidcProvider(config, () => clock.monotonic()),
    },
    ...(tls === undefined ? {} : { tls }),
    ...(sip === null || config.sip?.devices === undefined
      ? {}
      : { takeSip: sip.acceptWeb.bind(sip) }),
    ...(config.demo.enabled
      ? {
          demo: {
            users: demoAccounts.map((account) => account.user),
            createToken: (user: string) => mintToken(localKey, user, DEMO_TOKEN_SECONDS, now()),
          },
        }
      : {}),
  });
  undo.push(async () => {
    // Signalling first, so that its goodbyes leave before the sockets are cut.
    await signaling.close();
    await http.close();
  });
  if (tcp.on) {
    entrance?.open({ port: tcp.port ?? http.port, own: tcp.own });
  }
  for (const advice of tokenAdvice(config.auth.jwt)) {
    logger.warn(advice);
  }
  if (config.sip) {
    for (const advice of strangersInGroups(config.sip, (user) => auth.exists(user))) {
      logger.warn(advice);
    }
  }
  if (webRoot === null) {
    logger.warn('The web phone is not built; only signalling is served');
  }

  return {
    url: http.url,
    port: http.port,
    demoAccounts,
    // Behind the #, so that it is in no log and in no request.
    adminLink: config.demo.enabled
      ? `${http.url}/quality/sign-in#${admins.createLink('demo')}`
      : null,
    stats: () => signaling.stats(),
    reloadCertificate() {
      if (config.tls === undefined) {
        return;
      }
      const renewed = readTls(config.tls);
      http.setCertificate(renewed);
      sip?.setCertificate(renewed);
    },
    drain: () => drain(config, http, signaling),
    async abandon() {
      http.drain();
      signaling.abandon();
      // What was sent just now is with the kernel after a turn or two of the event loop.
      await new Promise((resolve) => setTimeout(resolve, FAREWELL_MS));
    },
    close,
  };
}

async function startMedia(media: MediaPlane): Promise<void> {
  try {
    await media.start();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`There can be no audio: ${reason}`, { cause: error });
  }
}

async function drain(config: Config, http: HttpServer, signaling: SignalingServer): Promise<void> {
  http.drain();
  await signaling.drain({
    callSeconds: config.drain.callSeconds,
    idleSpreadSeconds: config.drain.idleSeconds,
    elsewhere: config.edge !== undefined || config.redis !== undefined,
  });
}

const NO_STATS: SignalingStats = {
  sockets: 0,
  sessions: 0,
  registeredUsers: 0,
  calls: 0,
  parkedLegs: 0,
};

function temporaryFolder(undo: (() => void)[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'offhook-demo-'));
  undo.push(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

function readTls(tls: { readonly cert: string; readonly key: string }): {
  cert: string;
  key: string;
} {
  try {
    return { cert: readFileSync(tls.cert, 'utf8'), key: readFileSync(tls.key, 'utf8') };
  } catch (error) {
    throw new StartError(`A TLS file cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function explainStart(error: unknown, config: Config): Error {
  const { code, syscall } = error as NodeJS.ErrnoException;
  const place = `${config.host} port ${String(config.port)}`;
  // Files are refused by the same codes as ports.
  switch (syscall === 'listen' ? code : undefined) {
    case 'EADDRINUSE':
      return new StartError(`${place} is in use; stop what uses it or choose another port`, {
        cause: error,
      });
    case 'EADDRNOTAVAIL':
      return new StartError(`${config.host} is not an address of this machine`, { cause: error });
    case 'EACCES':
      return new StartError(
        `${place} may not be used by this user; choose a port above 1023 or grant the right`,
        {
          cause: error,
        },
      );
    default:
      return error instanceof Error ? error : new StartError(String(error));
  }
}
