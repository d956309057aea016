import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { MediaError } from '../media-plane.ts';
import type { EngineContext } from './context.ts';
import { createCertificate } from './dtls/certificate.ts';
import { MediaEngine } from './engine.ts';
import { RefusalCounts } from './leg-limits.ts';
import type { FromWorker, ToWorker, WorkerSettings } from './messages.ts';
import { IceHub } from './net/ice-hub.ts';
import { MediaSockets } from './sockets.ts';
import { loadSounds } from './sounds/sound-bank.ts';
import { RtpPortPool } from './rtp-leg/rtp-ports.ts';
import { prefixOf } from './tcp/place.ts';
import { RelaySocket } from './tcp/relay-socket.ts';
import { warmUp } from './warm-up.ts';

const BEAT_MS = 1_000;
const SAMPLE_MS = 20;

/** A media worker: opens its sockets, says that it is ready, then does what it is asked. */

function say(message: FromWorker): void {
  parentPort?.postMessage(message);
}

async function main(settings: WorkerSettings): Promise<void> {
  const hub = new IceHub(prefixOf(settings.place));
  const datagram = hub.datagram.bind(hub);
  const refusals = new RefusalCounts();
  const unsent = (): void => {
    refusals.add('unsent');
  };
  const sockets = await MediaSockets.open(hub, settings, {
    datagram,
    unsent,
    trouble: (message) => {
      say({ type: 'log', level: 'error', message });
    },
  });
  const relay = await RelaySocket.open(Buffer.from(settings.relayToken), { datagram });
  hub.add(relay);
  const context: EngineContext = {
    hub,
    certificate: createCertificate(),
    candidates: () => sockets.candidates,
    sounds: loadSounds(),
    thresholds: settings.thresholds,
    limits: settings.limits,
    refusals,
    cname: 'offhook',
    log: (message) => {
      say({ type: 'log', level: 'info', message });
    },
  };
  warmUp(context);
  const engine = new MediaEngine(context, (event) => {
    say({ type: 'event', event });
  });
  // It measures how long a timer of 20 ms takes.
  const delay = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  delay.enable();
  const beat = (): void => {
    const mean = Number.isFinite(delay.mean) ? delay.mean / 1e6 : SAMPLE_MS;
    delay.reset();
    say({ type: 'beat', lagMs: Math.max(0, mean - SAMPLE_MS), refusals: refusals.take() });
  };
  const beats = setInterval(beat, BEAT_MS);
  const pool = new RtpPortPool(() => sockets.addresses, settings.ports, context.log, unsent);
  parentPort?.on('message', (message: ToWorker) => {
    switch (message.type) {
      case 'request':
        void answer(engine, pool, message);
        return;
      case 'ask':
        beat();
        return;
      case 'reach':
        void sockets.follow(message.reach);
        return;
      case 'close':
        clearInterval(beats);
        delay.disable();
        engine.close();
        pool.close();
        parentPort?.close();
        hub.close();
        void sockets.close();
        void relay.close();
    }
  });
  say({ type: 'ready', ports: sockets.names, relayPort: relay.port });
}

/** In the order in which they came, but for those that wait for ports to open. */
async function answer(
  engine: MediaEngine,
  pool: RtpPortPool,
  message: Extract<ToWorker, { type: 'request' }>,
): Promise<void> {
  const { id } = message;
  try {
    const towards = engine.needsPorts(message);
    const ports = towards === null ? null : await pool.open(towards);
    say({ type: 'result', id, result: engine.run(message, ports) });
  } catch (error) {
    const known = error instanceof MediaError;
    const text = error instanceof Error ? error.message : String(error);
    if (!known) {
      say({ type: 'log', level: 'error', message: `${message.verb}: ${text}` });
    }
    const code = known ? error.code : 'wrong_state';
    say({ type: 'error', id, code, message: text });
  }
}

try {
  await main(workerData as WorkerSettings);
} catch (error) {
  say({ type: 'unusable', message: error instanceof Error ? error.message : String(error) });
}
