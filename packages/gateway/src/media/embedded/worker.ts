import { parentPort, workerData } from 'node:worker_threads';
import { MediaError } from '../media-plane.ts';
import type { EngineContext } from './context.ts';
import { createCertificate } from './dtls/certificate.ts';
import { MediaEngine } from './engine.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts';
import { IceHub } from './net/ice-hub.ts';
import { candidatesOf, openSockets } from './sockets.ts';
import { loadSounds } from './sounds/sound-bank.ts';
import { warmUp } from './warm-up.ts';

/** A media worker: opens its sockets, says that it is ready, then does what it is asked. */

function say(message: FromWorker): void {
  parentPort?.postMessage(message);
}

async function main(settings: WorkerSettings): Promise<void> {
  const hub = new IceHub();
  const sockets = await openSockets(settings, {
    datagram: (socket, data, from, key) => {
      hub.datagram(socket, data, from, key);
    },
    error: (error) => {
      say({ type: 'log', message: `UDP socket: ${error.message}` });
    },
  });
  hub.open(sockets);
  const context: EngineContext = {
    hub,
    certificate: createCertificate(),
    candidates: candidatesOf(sockets, settings.publicAddresses),
    sounds: loadSounds(),
    thresholds: settings.thresholds,
    cname: 'offhook',
    log: (message) => {
      say({ type: 'log', message });
    },
  };
  warmUp(context);
  const engine = new MediaEngine(context, (event) => {
    say({ type: 'event', event });
  });
  parentPort?.on('message', (message: ToWorker) => {
    if (message.type === 'request') {
      answer(engine, message);
      return;
    }
    engine.close();
    parentPort?.close();
    hub.close();
    for (const socket of sockets) void socket.close();
  });
  say({ type: 'ready', ports: sockets.map(({ address, port }) => `${address} ${String(port)}`) });
}

function answer(engine: MediaEngine, message: Extract<ToWorker, { type: 'request' }>): void {
  const { id } = message;
  try {
    say({ type: 'result', id, result: engine.run(message) });
  } catch (error) {
    const known = error instanceof MediaError;
    const text = error instanceof Error ? error.message : String(error);
    if (!known) say({ type: 'log', message: `${message.verb}: ${text}` });
    const code = known ? error.code : 'wrong_state';
    say({ type: 'error', id, code, message: text });
  }
}

try {
  await main(workerData as WorkerSettings);
} catch (error) {
  say({ type: 'unusable', message: error instanceof Error ? error.message : String(error) });
}
