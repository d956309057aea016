import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Guard } from '../guard.ts';
import type { UpstreamState } from './route.ts';

interface Upstream {
  readonly url: URL;
  up: boolean;
  draining: boolean;
  connections: number;
}

const CHECK_TIMEOUT_MS = 1000;

/**
 * What the edge knows of each gateway. `GET /healthz`: 200 is up, 503 is draining, no answer within a second is down. A refused
 * connection counts at once ({@link Health.refused}), without waiting for the next check.
 */
export class Health {
  readonly #upstreams: ReadonlyMap<string, Upstream>;
  readonly #timer: NodeJS.Timeout;

  constructor(
    upstreams: Readonly<Record<string, { readonly url: string }>>,
    intervalMs: number,
    guard: Guard,
  ) {
    this.#upstreams = new Map(
      Object.entries(upstreams).map(([name, { url }]) => [
        name,
        { url: new URL(url), up: true, draining: false, connections: 0 },
      ]),
    );
    this.#timer = setInterval(() => {
      void guard.settle('health', () => this.check());
    }, intervalMs).unref();
  }

  readonly state = (name: string): UpstreamState =>
    this.#upstreams.get(name) ?? { up: false, draining: false, connections: 0 };

  url(name: string): URL | null {
    return this.#upstreams.get(name)?.url ?? null;
  }

  names(): string[] {
    return [...this.#upstreams.keys()];
  }

  /** Counts a connection; returns its undo. */
  connected(name: string): () => void {
    const upstream = this.#upstreams.get(name);
    if (upstream === undefined) {
      return () => undefined;
    }
    upstream.connections += 1;
    let counted = true;
    return () => {
      if (counted) {
        upstream.connections -= 1;
      }
      counted = false;
    };
  }

  refused(name: string): void {
    const upstream = this.#upstreams.get(name);
    if (upstream !== undefined) {
      upstream.up = false;
    }
  }

  /** Asks every gateway once; settles when all have answered or timed out. Never rejects. */
  async check(): Promise<void> {
    await Promise.all(
      [...this.#upstreams.values()].map(async (upstream) => {
        const status = await probe(upstream.url);
        upstream.up = status === 200 || status === 503;
        upstream.draining = status === 503;
      }),
    );
  }

  dispose(): void {
    clearInterval(this.#timer);
  }
}

function probe(base: URL): Promise<number | null> {
  return new Promise((resolve) => {
    const request = base.protocol === 'https:' ? httpsRequest : httpRequest;
    const outgoing = request(new URL('/healthz', base), {
      timeout: CHECK_TIMEOUT_MS,
      agent: false,
    });
    outgoing.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? null);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('time-out')));
    outgoing.on('error', () => {
      resolve(null);
    });
    outgoing.end();
  });
}
