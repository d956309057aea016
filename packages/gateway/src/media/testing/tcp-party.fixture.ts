/**
 * A thread with a party that reaches the gateway over TCP, so that what it hears is counted while the thread of the test stands still:
 * in `workerData`, a shared 32-bit number.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { Party } from './party.ts';
import { TcpBridge } from './tcp-bridge.ts';

const heard = new Int32Array(workerData as SharedArrayBuffer);
const party = await Party.create();
const bridge = await TcpBridge.open();

parentPort?.on('message', (sdp: string) => {
  void party.accept(bridge.through(sdp)).then(() => {
    party.talk('hello');
    setInterval(() => {
      heard[0] = party.heard.length;
    }, 5);
  });
});
parentPort?.postMessage(await party.offer());
