import { WebSocket } from 'ws';

interface Methods {
  send: (this: WebSocket, data: string) => void;
  emit: (this: WebSocket, event: string, data: Buffer) => boolean;
}

/** The sizes, in bytes, of all frames that this process's sockets send and get while `work` runs. */
export async function frameSizes(work: () => Promise<unknown>): Promise<number[]> {
  const sizes: number[] = [];
  const methods = WebSocket.prototype as unknown as Methods;
  const { send, emit } = methods;
  methods.send = function (...args) {
    sizes.push(Buffer.byteLength(args[0]));
    send.apply(this, args);
  };
  methods.emit = function (...args) {
    if (args[0] === 'message') {
      sizes.push(args[1].length);
    }
    return emit.apply(this, args);
  };
  try {
    await work();
  } finally {
    Object.assign(methods, { send, emit });
  }
  return sizes;
}
