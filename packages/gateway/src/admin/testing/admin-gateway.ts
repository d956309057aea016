import { RANDOM_PASSWORD_COST, hashPassword } from '../../auth/passwords.ts';
import { Store, databasePath } from '../../auth/store.ts';
import { Users } from '../../auth/users.ts';
import { configFrom } from '../../config.ts';
import { startGateway } from '../../gateway.ts';
import type { Gateway } from '../../gateway.ts';
import { ask } from '../../http/testing/harness.ts';
import { silentLogger } from '../../logging/logger.ts';
import type { MediaPlane } from '../../media/media-plane.ts';
import { createSignalingServer } from '../../signaling/server.ts';

export interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A gateway, and requests to its `/api` as its own pages and programs send them. */
export class AdminGateway {
  readonly gateway: Gateway;
  /** Done at the end, the last first. */
  readonly undo: (() => Promise<void> | void)[] = [];

  private constructor(gateway: Gateway) {
    this.gateway = gateway;
  }

  /** Its password is `secret-` and the name. */
  static async addUser(folder: string, name: string, admin: boolean): Promise<void> {
    const store = new Store(databasePath(folder));
    const passwordHash = await hashPassword(`secret-${name}`, RANDOM_PASSWORD_COST);
    const rest = { displayName: name, passwordHash, generateRingback: false };
    new Users(store).add({ name, admin, ...rest });
    store.close();
  }

  static async start(
    folder: string,
    media: MediaPlane,
    config: Record<string, unknown> = {},
  ): Promise<AdminGateway> {
    const drain = { callSeconds: 0, idleSeconds: 0 };
    const gateway = await startGateway(
      configFrom({ port: 0, dataDir: folder, drain, ...config }),
      silentLogger(),
      { createSignaling: createSignalingServer, createMedia: () => media },
    );
    return new AdminGateway(gateway);
  }

  get base(): string {
    return `127.0.0.1:${String(this.gateway.port)}`;
  }

  async api(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>> = {},
    body?: unknown,
  ): Promise<Told> {
    const reply = await ask(this.base, path, {
      method,
      headers: {
        host: this.base,
        origin: `http://${this.base}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const json = reply.body.startsWith('{') ? reply.body : '{}';
    return { ...reply, body: JSON.parse(json) as Record<string, unknown> };
  }

  /** What a page of this administrator sends along when it writes. */
  async signedIn(
    user = 'root',
    password = `secret-${user}`,
  ): Promise<{ readonly write: Record<string, string> }> {
    const told = await this.api('POST', '/api/session', {}, { user, password });
    const [line] = told.headers['set-cookie'] as string[];
    const cookie = line?.split(';')[0] ?? '';
    return { write: { cookie, 'x-csrf-token': String(told.body['csrf']) } };
  }

  async close(): Promise<void> {
    for (const step of this.undo.splice(0).reverse()) {
      await step();
    }
    await this.gateway.close();
  }
}
