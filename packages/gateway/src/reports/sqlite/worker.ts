import { parentPort, workerData } from 'node:worker_threads';
import { StoreError } from '../../sqlite/database.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts';
import { SqliteReports } from './store.ts';

/** The thread that unpacks, checks and keeps reports: none of it may hold up signalling. */

function say(message: FromWorker): void {
  parentPort?.postMessage(message);
}

function main({ options, recover }: WorkerSettings): void {
  const store = new SqliteReports(options);
  if (recover) store.recover(Date.now());
  parentPort?.on('message', (message: ToWorker) => {
    if (message.type === 'close') {
      store.close();
      parentPort?.close();
      return;
    }
    const { id, verb, request } = message;
    try {
      // The other side pairs verbs and requests; the compiler does not follow the pair.
      const result = (store[verb] as (request: unknown) => unknown).call(store, request);
      say({ type: 'result', id, result });
    } catch (error) {
      say({ type: 'failed', id, message: `${verb}: ${(error as Error).message}` });
    }
  });
  say({ type: 'ready' });
}

try {
  main(workerData as WorkerSettings);
} catch (error) {
  const code = error instanceof StoreError ? error.code : 'unusable';
  say({ type: 'unusable', code, message: (error as Error).message });
}
