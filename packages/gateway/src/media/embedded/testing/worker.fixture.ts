import { parentPort } from 'node:worker_threads';
import type { FromWorker, ToWorker } from '../messages.ts';

/** A worker that behaves badly on demand: by the call's name it dies, hangs, fails or answers. */
const say = (message: FromWorker): void => {
  parentPort?.postMessage(message);
};

parentPort?.on('message', (message: ToWorker) => {
  if (message.type === 'close') {
    parentPort?.close();
    return;
  }
  const { id, request } = message;
  if (request.call === 'dies') process.exit(3);
  if (request.call === 'throws') {
    setImmediate(() => {
      throw new Error('a bug');
    });
  }
  if (request.call === 'hangs' || request.call === 'throws') return;
  say({ type: 'result', id, result: { sdp: '', codec: 'opus', replacedPeer: false } });
});
say({ type: 'ready', ports: [] });
