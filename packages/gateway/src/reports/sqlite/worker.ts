import { parentPort, workerData } from 'node:worker_threads';
import { StoreError } from '../../sqlite/database.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts';
import { SqliteReports } from './store.ts';
import { WriteQueue } from './write-queue.ts';

/** The thread that unpacks, checks and keeps reports: none of it may hold up signalling. */

function say(message: FromWorker): void {
  parentPort?.postMessage(message);
}

function main({ options, recover }: WorkerSettings): void {
  const store = new SqliteReports(options);
  if (recover) {
    store.recover(Date.now());
  }
  const queue = new WriteQueue(store, say);
  parentPort?.on('message', (message: ToWorker) => {
    if (message.type === 'close') {
      queue.close();
      store.close();
      parentPort?.close();
      return;
    }
    queue.add(message);
  });
  say({ type: 'ready' });
}

try {
  main(workerData as WorkerSettings);
} catch (error) {
  const code = error instanceof StoreError ? error.code : 'unusable';
  say({ type: 'unusable', code, message: (error as Error).message });
}
