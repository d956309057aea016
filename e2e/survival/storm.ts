/**
 * A program: many of our real clients, idle, in one process. Says when each is ready, and when each opened a socket, over the
 * channel to its parent.
 */
import { TelnyxRTC } from '@offhook/client';
import type { StormReport, StormSetup } from './storm-client.ts';

const opened: number[] = [];
globalThis.WebSocket = class extends WebSocket {
  constructor(url: string | URL) {
    opened.push(Date.now());
    super(url);
  }
};

const readyAt: number[] = [];
const clients: TelnyxRTC[] = [];

function start({ host, tokens }: StormSetup): void {
  tokens.forEach((token, index) => {
    const client = new TelnyxRTC({ host, login_token: token, enableCallReports: false });
    client.on('telnyx.ready', () => {
      readyAt[index] = Date.now();
    });
    clients.push(client);
    setTimeout(() => {
      client.connect().catch(() => undefined);
    }, index * 4);
  });
}

process.on('message', (message: { id: number; start?: StormSetup }) => {
  if (message.start) {
    start(message.start);
  }
  const registered = clients.filter(({ sessionState }) => sessionState === 'ready').length;
  const report: StormReport = { registered, readyAt: [...readyAt], opened: [...opened] };
  process.send?.({ id: message.id, report });
});
process.on('disconnect', () => {
  process.exit();
});
