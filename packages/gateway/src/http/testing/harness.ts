import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../clock.ts';
import { configFrom } from '../../config.ts';
import { silentLogger } from '../../logging/logger.ts';
import { Metrics } from '../../metrics/metrics.ts';
import type { SocketContext } from '../../signaling/ports.ts';
import { startHttpServer } from '../server.ts';
import type { HttpServer, HttpServerDeps } from '../server.ts';

/** The HTTP server with a signalling side that says hello, and a phone of two files. */
export interface Running {
  readonly http: HttpServer;
  readonly base: string;
  readonly contexts: SocketContext[];
  readonly received: Buffer[];
}

let folder = '';
const undo: (() => Promise<void> | void)[] = [];

/** Call once at the top of a test file. */
export function useFreshFolder(): void {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'offhook-web-'));
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>phone</title>');
    writeFileSync(join(folder, 'assets', 'app-4f3a.js'), 'export {};');
    writeFileSync(join(folder, '.secret'), 'hidden');
  });
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) {
      await step();
    }
    rmSync(folder, { recursive: true, force: true });
  });
}

export async function start(
  config: Record<string, unknown> = {},
  options: { readonly noPhone?: true } & Pick<HttpServerDeps, 'takeMedia' | 'takeSip' | 'tls'> = {},
): Promise<Running> {
  const contexts: SocketContext[] = [];
  const received: Buffer[] = [];
  const metrics = new Metrics(() => ({
    sockets: 1,
    sessions: 2,
    registeredUsers: 3,
    calls: 4,
    parkedLegs: 5,
  }));
  const full = configFrom({ port: 0, ...config });
  const http = await startHttpServer({
    config: full,
    push: null,
    logger: silentLogger(),
    metrics,
    clock: systemClock,
    webRoot: options.noPhone === true ? null : folder,
    ...(options.takeMedia ? { takeMedia: options.takeMedia } : {}),
    ...(options.takeSip ? { takeSip: options.takeSip } : {}),
    ...(options.tls ? { tls: options.tls } : {}),
    signaling: {
      admits: (voiceSdkId) => voiceSdkId === 'in-call',
      handleSocket(socket, context) {
        contexts.push(context);
        socket.on('error', () => undefined);
        socket.on('message', (data: Buffer) => received.push(data));
        socket.send('hello');
      },
    },
    ...(full.demo.enabled
      ? {
          demo: {
            users: ['1001', '1002'],
            createToken: (user: string) => Promise.resolve(`token of ${user}`),
          },
        }
      : {}),
  });
  undo.push(async () => {
    await http.close();
    metrics.close();
  });
  return { http, base: `127.0.0.1:${String(http.port)}`, contexts, received };
}

export type Outcome =
  | { readonly open: true; readonly socket: WebSocket }
  | { readonly open: false; readonly status: number; readonly body: string };

export function open(
  base: string,
  options: {
    path?: string;
    origin?: string;
    headers?: Record<string, string>;
    protocol?: string;
  } = {},
): Promise<Outcome> {
  const { path = '/', origin, headers = {}, protocol } = options;
  const socket = new WebSocket(`ws://${base}${path}`, protocol === undefined ? [] : [protocol], {
    headers: { ...headers, ...(origin === undefined ? {} : { origin }) },
  });
  undo.push(() => {
    socket.terminate();
  });
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.once('open', () => {
      resolve({ open: true, socket });
    });
    socket.once('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => {
        resolve({ open: false, status: response.statusCode ?? 0, body });
      });
    });
  });
}

/** `fetch` sets `Host` and `Origin` by itself; this sends what it is told. */
export function ask(
  base: string,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
) {
  const [host = '', port = ''] = base.split(':');
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const request = httpRequest(
        { host, port, path, method: options.method ?? 'GET', headers: options.headers ?? {} },
        (response) => {
          let body = '';
          response.on('data', (chunk: Buffer) => (body += chunk.toString()));
          response.on('end', () => {
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
          });
        },
      );
      request.on('error', reject);
      request.end(options.body);
    },
  );
}
