import type { Emitter } from './emitter.ts';
import type { ClientEvents } from './events.ts';
import { Timer } from './timer.ts';
import type { Platform } from './platform.ts';

const LIMIT_MS = 60_000;
const BLOCK = 1024;

export interface SpeedTestResult {
  /** Milliseconds. */
  upDur: number;
  downDur: number;
  /** Kilobits per second, two decimals. */
  upKps: string;
  downKps: string;
}

/** Loaded when it is first asked for. Wire spec 8.17. */
export async function speedTest(
  events: Emitter<ClientEvents>,
  session: { send(text: string): boolean },
  platform: Platform,
  bytes: number,
): Promise<SpeedTestResult> {
  if (!bytes || typeof bytes !== 'number') {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- the published behaviour
    throw `Invalid parameter to speedTest: ${String(bytes)}`;
  }
  return new Promise((resolve, reject) => {
    const timer = new Timer(platform);
    const end = (): void => {
      timer.stop();
      undoResult();
      undoClose();
    };
    const fail = (message: string): void => {
      end();
      reject(new Error(message));
    };
    const undoResult = events.on('telnyx.internal.speedtest', ({ upDur, downDur }) => {
      end();
      const rate = (ms: number): string => ((bytes * 8) / Math.max(ms, 1)).toFixed(2);
      resolve({ upDur, downDur, upKps: rate(upDur), downKps: rate(downDur) });
    });
    const undoClose = events.on('telnyx.socket.close', () => {
      fail('The socket was closed');
    });
    timer.start(LIMIT_MS, () => {
      fail('The speed test was not answered');
    });
    const blocks = Array<string>(Math.ceil(bytes / BLOCK)).fill(`#SPB ${'.'.repeat(BLOCK)}`);
    const sent = [`#SPU ${bytes}`, ...blocks, '#SPE'].every((text) => session.send(text));
    if (!sent) {
      fail('There is no connection');
    }
  });
}
