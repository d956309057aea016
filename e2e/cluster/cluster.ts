import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Issuer } from '../survival/token.ts';
import type { Daemon } from './daemon.ts';
import { GatewayNode } from './node.ts';
import { startHaproxy, startPostgres, startRedis, startRtpengine } from './parts.ts';

/** What a gateway's configuration may need of the rest. */
export interface Surroundings {
  readonly node: string;
  readonly redis: string | null;
  readonly postgres: string | null;
  /** Ports of `ng` on loopback. */
  readonly rtpengines: readonly number[];
}

export interface ClusterOptions {
  /** Default 2. */
  readonly gateways?: number;
  readonly redis?: boolean;
  readonly postgres?: boolean;
  /** How many; default 0. */
  readonly rtpengines?: number;
  /** Origins of pages that connect. */
  readonly origins?: readonly string[];
  /** Added to the configuration of each gateway. */
  readonly config?: (surroundings: Surroundings) => object;
}

/**
 * Gateways behind an HAProxy, with what they are told to use, each a process on ports of its own. Users sign in by tokens of
 * `issuer`, which every gateway takes. `stop()` ends all of it; so does the end of this process.
 */
export class Cluster {
  readonly issuer: Issuer;
  readonly gateways: readonly GatewayNode[];
  readonly redis: Daemon | null;
  readonly postgres: Daemon | null;
  readonly rtpengines: readonly Daemon[];
  readonly haproxy: Daemon;
  /** What clients take as `host`: HAProxy's address. */
  readonly host: string;
  /** The same for HTTP. */
  readonly url: string;
  readonly #folder: string;

  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), 'offhook-cluster-'));
    // PostgreSQL has a user of its own, who has to get to its folder.
    chmodSync(folder, 0o711);
    const daemons: Daemon[] = [];
    const nodes: GatewayNode[] = [];
    const keep = <T extends { readonly daemon: Daemon }>(part: T): T => {
      daemons.push(part.daemon);
      return part;
    };
    try {
      const redis = options.redis === true ? keep(await startRedis(join(folder, 'redis'))) : null;
      const postgres =
        options.postgres === true ? keep(await startPostgres(join(folder, 'postgres'))) : null;
      const rtpengines = [];
      for (let index = 0; index < (options.rtpengines ?? 0); index += 1) {
        rtpengines.push(
          keep(await startRtpengine(join(folder, `rtpengine-${String(index + 1)}`), index)),
        );
      }
      const issuer = new Issuer();
      const secret = new Issuer().secret;
      for (let index = 0; index < (options.gateways ?? 2); index += 1) {
        const node = `gw${String(index + 1)}`;
        const more = options.config?.({
          node,
          redis: redis?.url ?? null,
          postgres: postgres?.url ?? null,
          rtpengines: rtpengines.map(({ port }) => port),
        });
        const config = {
          auth: { jwt: { secrets: [issuer.secret] } },
          edge: { node, secret },
          trustProxy: ['127.0.0.1'],
          origins: options.origins ?? [],
          limits: { connectsPerSecond: 2000, connectionsPerAddress: 5000 },
          drain: { callSeconds: 30, idleSeconds: 1 },
          ...more,
        };
        nodes.push(await GatewayNode.make(node, join(folder, node), config));
      }
      await Promise.all(nodes.map((node) => node.start()));
      const haproxy = keep(await startHaproxy(join(folder, 'haproxy'), nodes, secret));
      return new Cluster({
        folder,
        issuer,
        gateways: nodes,
        redis: redis?.daemon ?? null,
        postgres: postgres?.daemon ?? null,
        rtpengines: rtpengines.map(({ daemon }) => daemon),
        haproxy: haproxy.daemon,
        port: haproxy.port,
      });
    } catch (error) {
      await Promise.allSettled([...nodes, ...daemons].map((part) => part.stop()));
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(parts: {
    readonly folder: string;
    readonly issuer: Issuer;
    readonly gateways: readonly GatewayNode[];
    readonly redis: Daemon | null;
    readonly postgres: Daemon | null;
    readonly rtpengines: readonly Daemon[];
    readonly haproxy: Daemon;
    readonly port: number;
  }) {
    this.#folder = parts.folder;
    this.issuer = parts.issuer;
    this.gateways = parts.gateways;
    this.redis = parts.redis;
    this.postgres = parts.postgres;
    this.rtpengines = parts.rtpengines;
    this.haproxy = parts.haproxy;
    this.host = `ws://127.0.0.1:${String(parts.port)}`;
    this.url = `http://127.0.0.1:${String(parts.port)}`;
  }

  /** How many clients are signed in at each gateway that runs, by its name. */
  async clients(): Promise<Map<string, number>> {
    const running = this.gateways.filter(({ runs }) => runs);
    const counts = running.map(async ({ name, gateway }) => {
      const count = await gateway.metric('offhook_sessions');
      return [name, count] as const;
    });
    return new Map(await Promise.all(counts));
  }

  /** Writes a file a process. */
  saveLogs(folder: string): void {
    mkdirSync(folder, { recursive: true });
    for (const { name, log } of [...this.gateways, ...this.#daemons]) {
      writeFileSync(join(folder, `${name}.log`), `${log.join('\n')}\n`);
    }
  }

  async stop(): Promise<void> {
    await Promise.allSettled([...this.gateways, ...this.#daemons].map((part) => part.stop()));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #daemons(): readonly Daemon[] {
    const some = [this.redis, this.postgres].filter((daemon) => daemon !== null);
    return [...some, ...this.rtpengines, this.haproxy];
  }
}
