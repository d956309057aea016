import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A web server of a test. */
export interface WebServer {
  /** Without a slash at the end. */
  readonly origin: string;
  /** Ends its connections too. */
  close(): Promise<void>;
}

/** Serves on a free port. @param host the address; default loopback */
export async function serve(answer: RequestListener, host = '127.0.0.1'): Promise<WebServer> {
  const server = createServer(answer);
  server.listen(0, host);
  await once(server, 'listening');
  return {
    origin: `http://${host}:${String((server.address() as AddressInfo).port)}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
