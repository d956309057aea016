import { parentPort } from 'node:worker_threads';
import type { FromWorker, ToWorker } from '../messages.ts';

/** A worker that behaves badly on demand: by the call's or the leg's name it dies, hangs, throws, says nothing about one verb, or answers. */
const say = (message: FromWorker): void => {
  parentPort?.postMessage(message);
};

const beat = (): void => {
  say({ type: 'beat', lagMs: 0, refusals: null });
};
const beats = setInterval(beat, 100);

parentPort?.on('message', (message: ToWorker) => {
  if (message.type === 'close') {
    clearInterval(beats);
    parentPort?.close();
    return;
  }
  if (message.type === 'ask') {
    beat();
    return;
  }
  if (message.type !== 'request') {
    return;
  }
  const { id, request } = message;
  const does = (what: string): boolean =>
    request.call === what || ('leg' in request && request.leg === what);
  if (does('dies')) {
    process.exit(3);
  }
  if (does('throws')) {
    setImmediate(() => {
      throw new Error('a bug');
    });
  }
  if (does('hangs')) {
    for (;;) {
      // The thread hangs: that is what is asked of it.
    }
  }
  if (does('mute') || does('throws')) {
    return;
  }
  say({ type: 'result', id, result: { sdp: '', codec: 'opus', replacedPeer: false } });
});
say({ type: 'log', level: 'error', message: 'an address is gone' });
say({ type: 'ready', ports: [], relayPort: 1 });
