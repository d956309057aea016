import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { openLoopback } from './loopback.ts';

/** A quarter of a second of thirty-two legs. Linux keeps some 280 in a buffer that nobody grew. */
const PACKETS = 400;

it('what comes while the reader is away for a moment is there when it is back', async () => {
  const socket = await openLoopback();
  let heard = 0;
  socket.on('message', () => {
    heard += 1;
  });
  const sent = new Int32Array(new SharedArrayBuffer(4));
  const sender = new Worker(
    `const { workerData } = require('node:worker_threads');
    const socket = require('node:dgram').createSocket('udp4');
    let left = workerData.packets;
    const next = () => {
      if (left === 0) {
        Atomics.store(workerData.sent, 0, 1);
        Atomics.notify(workerData.sent, 0);
        socket.close();
        return;
      }
      left -= 1;
      socket.send(Buffer.alloc(160), workerData.port, '127.0.0.1', next);
    };
    next();`,
    { eval: true, workerData: { sent, packets: PACKETS, port: socket.address().port } },
  );
  await new Promise((resolve) => sender.once('online', resolve));
  // This thread is the reader.
  Atomics.wait(sent, 0, 0, 30_000);
  expect(sent[0]).toBe(1);
  await expect.poll(() => heard).toBe(PACKETS);
  socket.close();
  await sender.terminate();
});
