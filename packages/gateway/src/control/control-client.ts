import { request } from 'node:http';
import { resolve } from 'node:path';
import { rightsProblem } from '../data-folder/rights.ts';
import { machineUser } from './operator.ts';
import { SocketPath } from './socket-path.ts';

/** A running gateway could not be asked, or refused; the message is for people. */
export class ControlError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ControlError';
  }
}

const TIMEOUT_MS = 10_000;
/** Of 20,000 sessions with room to spare. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Asks the gateway that runs on a data folder. @throws {ControlError} */
export async function askGateway<T>(
  dataDir: string,
  method: 'GET' | 'DELETE',
  path: string,
): Promise<T> {
  let socket: SocketPath | undefined;
  try {
    socket = new SocketPath(dataDir);
    const { status, body } = await exchange(socket.path, method, path);
    const parsed = JSON.parse(body) as T & { readonly message?: unknown };
    if (status === 200) {
      return parsed;
    }
    throw new ControlError(String(parsed.message));
  } catch (error) {
    throw explain(error, dataDir);
  } finally {
    socket?.dispose();
  }
}

function exchange(
  socketPath: string,
  method: string,
  path: string,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((done, reject) => {
    const headers = { 'x-operator': encodeURIComponent(machineUser()) };
    const asked = request({ socketPath, method, path, headers, timeout: TIMEOUT_MS }, (reply) => {
      const read: Buffer[] = [];
      let bytes = 0;
      reply.on('data', (piece: Buffer) => {
        bytes += piece.length;
        if (bytes > MAX_BYTES) {
          reply.destroy(new Error('the answer is too long'));
        } else {
          read.push(piece);
        }
      });
      reply.on('error', reject);
      reply.on('end', () => {
        done({ status: reply.statusCode ?? 0, body: Buffer.concat(read).toString() });
      });
    });
    asked.on('error', reject);
    asked.on('timeout', () => {
      asked.destroy(new Error(`no answer within ${String(TIMEOUT_MS / 1000)} s`));
    });
    asked.end();
  });
}

function explain(error: unknown, dataDir: string): Error {
  if (error instanceof ControlError) {
    return error;
  }
  const { code, message } = error as NodeJS.ErrnoException;
  const folder = resolve(dataDir);
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') {
    return new ControlError(
      `No gateway runs on the data folder ${folder}. Another one is named by --data-dir, or by the configuration file that the gateway runs with (--config)`,
      { cause: error },
    );
  }
  const rights = code === 'EACCES' || code === 'EPERM' ? rightsProblem(folder) : null;
  return new ControlError(`The gateway on ${folder} cannot be asked: ${rights ?? message}`, {
    cause: error,
  });
}
