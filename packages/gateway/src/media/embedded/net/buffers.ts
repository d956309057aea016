import type { Socket } from 'node:dgram';

/** A call makes few packets, many calls make many: room for a reader that was away for a moment. */
const BUFFER_BYTES = 4 * 1024 * 1024;

export function growBuffers(socket: Socket): void {
  try {
    socket.setRecvBufferSize(BUFFER_BYTES);
    socket.setSendBufferSize(BUFFER_BYTES);
  } catch {
    // Some systems refuse a size above their limit instead of lowering it; the default serves as well.
  }
}
