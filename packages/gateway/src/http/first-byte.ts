import type { Server, Socket } from 'node:net';

/** Takes a connection that speaks ICE over TCP (RFC 6544), with what was read from it. */
export type TakeMedia = (socket: Socket, first: Buffer) => void;

/** For the first byte; browsers send at once. */
const FIRST_BYTE_MS = 10_000;
/** A frame of RFC 4571 begins with its length, and the first one, a connectivity check, is far below 512 bytes. TLS begins with 22, HTTP with a letter. */
const LAST_OF_MEDIA = 1;

/**
 * Lets ICE over TCP come to the port of an HTTP or HTTPS server: looks at the first byte of each connection before the server sees it.
 * Owns connections until then.
 */
export class FirstByte {
  readonly #server: Server;
  readonly #take: TakeMedia;
  readonly #waiting = new Set<Socket>();
  readonly #listeners: readonly ((socket: Socket) => void)[];

  constructor(server: Server, take: TakeMedia) {
    this.#server = server;
    this.#take = take;
    this.#listeners = server.listeners('connection') as ((socket: Socket) => void)[];
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      this.#look(socket);
    });
  }

  #look(socket: Socket): void {
    this.#waiting.add(socket);
    const timer = setTimeout(() => {
      socket.destroy();
    }, FIRST_BYTE_MS);
    const leave = (): void => {
      clearTimeout(timer);
      this.#waiting.delete(socket);
      socket.off('readable', onReadable);
      socket.off('end', end);
      socket.off('error', end);
      socket.off('close', leave);
    };
    const end = (): void => {
      socket.destroy();
    };
    const onReadable = (): void => {
      const bytes = socket.read() as Buffer | null;
      // At the end of the stream there is nothing to read either; `end` follows.
      if (bytes === null) {
        return;
      }
      leave();
      if (bytes.readUInt8(0) <= LAST_OF_MEDIA) {
        letGo(socket);
        this.#take(socket, bytes);
        return;
      }
      socket.unshift(bytes);
      for (const listener of this.#listeners) {
        listener.call(this.#server, socket);
      }
    };
    socket.on('readable', onReadable);
    socket.on('end', end);
    socket.on('error', end);
    socket.on('close', leave);
  }

  /** Ends connections that have said nothing yet. */
  close(): void {
    for (const socket of this.#waiting) {
      socket.destroy();
    }
  }
}

/**
 * Makes a connection fit to be handed to another process, for which Node has no documented way.
 *
 * - Until it has arrived there, this process would go on reading from it, and what it read would be lost: of 200 busy connections a third of
 *   the bytes. `pause()` stops only what is handed out.
 * - A server whose connection was handed over by its own name does not end before the other process says that all of them have ended, which one
 *   that was killed never says.
 */
function letGo(socket: Socket): void {
  const inner = socket as unknown as {
    _handle?: { readStop?: () => unknown } | null;
    server: unknown;
  };
  inner._handle?.readStop?.();
  inner.server = null;
}
