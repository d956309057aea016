import { chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Guard } from '../guard.ts';
import type { Operations } from './operations.ts';
import type { Operator } from './operator.ts';
import { SocketPath } from './socket-path.ts';

const MAX_CONNECTIONS = 16;
const MAX_NAME = 64;

interface Answer {
  readonly status: number;
  readonly body: object;
}

/**
 * Lets commands on this machine speak with the gateway: HTTP over a socket file in the data folder. Whoever may open that file may read and
 * write all the rest of the folder too, so there is no other sign-in.
 */
export class ControlServer {
  readonly #operations: Operations;
  readonly #guard: Guard;
  readonly #server: Server;
  readonly #socket: SocketPath;

  private constructor(socket: SocketPath, operations: Operations, guard: Guard) {
    this.#socket = socket;
    this.#operations = operations;
    this.#guard = guard;
    this.#server = createServer({ requestTimeout: 5000, keepAliveTimeout: 1 }, (request, reply) => {
      request.resume();
      this.#answer(request, reply);
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** Null where there can be no such socket; that is logged, and calls do not need it. The folder is locked by this gateway. */
  static async start(
    dataDir: string,
    operations: Operations,
    guard: Guard,
    logger: Logger,
  ): Promise<ControlServer | null> {
    const control = new ControlServer(new SocketPath(dataDir), operations, guard);
    try {
      await control.#listen(logger);
      return control;
    } catch (error) {
      logger.warn({ error }, 'Commands cannot speak with this gateway: its socket cannot be made');
      control.#socket.dispose();
      return null;
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    this.#socket.dispose();
  }

  async #listen(logger: Logger): Promise<void> {
    const { path } = this.#socket;
    // Of a gateway that was killed. The lock of the folder says that there is no other one.
    rmSync(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    // Such as no more files to be opened, at a connection that comes in: unheard, it would end the gateway.
    this.#server.on('error', (error) => {
      logger.warn({ error }, 'The socket for commands failed');
    });
    chmodSync(path, 0o600);
  }

  #answer(request: IncomingMessage, reply: ServerResponse): void {
    const failed: Answer = { status: 500, body: { message: 'The gateway failed to do that' } };
    const { status, body } = this.#guard.run('control', () => this.#serve(request)) ?? failed;
    reply.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    reply.end(JSON.stringify(body));
  }

  #serve({ method, url = '', headers }: IncomingMessage): Answer {
    const [, what, encoded] = /^\/(calls|sessions|phones)(?:\/([^/?]{1,512}))?$/.exec(url) ?? [];
    const name = encoded === undefined ? undefined : decoded(encoded);
    const operator: Operator = {
      by: 'command',
      user: decoded(String(headers['x-operator'] ?? ''))?.slice(0, MAX_NAME) ?? '',
    };
    if (method === 'GET' && what === 'calls' && encoded === undefined) {
      return { status: 200, body: this.#operations.calls() };
    }
    if (method === 'GET' && what === 'sessions' && encoded === undefined) {
      return { status: 200, body: this.#operations.sessions() };
    }
    if (method === 'GET' && what === 'phones' && encoded === undefined) {
      return { status: 200, body: this.#operations.phones() };
    }
    if (method === 'DELETE' && what === 'calls' && name !== undefined) {
      const ended = this.#operations.endCall(name, operator);
      return ended ? { status: 200, body: {} } : missing(`There is no call ${name}`);
    }
    if (method === 'DELETE' && what === 'sessions' && name !== undefined) {
      const ended = this.#operations.signOut(name, operator);
      return ended ? { status: 200, body: ended } : missing(`${name} is not signed in`);
    }
    return missing('This gateway does not know that; is the command of another version?');
  }
}

const missing = (message: string): Answer => ({ status: 404, body: { message } });

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
