import type { Page } from '@playwright/test';
import type { Gateway } from './lib/gateway.ts';
import type { OpenParty } from './lib/test.ts';
import type { Party } from './lib/party.ts';
import { expect, test } from './lib/test.ts';

declare global {
  interface Window {
    /** The socket that the page sent something on last. */
    lastSocket: WebSocket | undefined;
  }
}

/** Finds the page's socket, so that it can be taken away under the SDK. The reference keeps its own `WebSocket`. */
async function watchSocket(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.WebSocket.prototype.send = new Proxy(window.WebSocket.prototype.send, {
      apply(target, socket: WebSocket, args: [string]) {
        window.lastSocket = socket;
        Reflect.apply(target, socket, args);
      },
    });
  });
}

/** Tests stay on this machine. */
const quiet = { iceServers: [], enableCallReports: false, prefetchIceCandidates: false };

async function open(party: OpenParty, gateway: Gateway, user: string): Promise<Party> {
  const ann = await party(user, { sdk: 'reference', options: false });
  await watchSocket(ann.page);
  await ann.signIn({ ...quiet, login_token: await gateway.token(user) });
  return ann;
}

test('the reference loses its socket in a call, comes back, and is attached with a fresh offer', async ({
  party,
  gateway,
}) => {
  const ann = await open(party, gateway, '1001');
  const bob = await party('1002', { sdk: 'reference' });
  const call = await ann.dial('1002');
  const inbound = await bob.incoming();
  await inbound.answer();
  await call.reaches('active');
  await Promise.all([ann.hears(bob), bob.hears(ann)]);

  await ann.page.evaluate(() => {
    window.lastSocket?.close();
  });
  await expect
    .poll(async () => (await ann.log()).filter(({ event }) => event === 'ready').length, {
      timeout: 15_000,
    })
    .toBe(2);
  // A new call object under the old id, answered by itself (wire spec 13.3).
  await expect
    .poll(async () => (await call.record()).states.slice(-2))
    .toEqual(['recovering', 'active']);
  await Promise.all([ann.hears(bob), bob.hears(ann)]);
  expect(await failures(bob)).toEqual([]);
  await inbound.hangup();
  await call.ended();
});

test('the reference reloads its page in a call, and has it back', async ({ party, gateway }) => {
  const options = { ...quiet, hangupOnBeforeUnload: false };
  const ann = await party('1001', { sdk: 'reference', options });
  const bob = await party('1002', { sdk: 'reference' });
  const call = await ann.dial('1002');
  const inbound = await bob.incoming();
  await inbound.answer();
  await call.reaches('active');
  await ann.page.reload();
  await ann.signIn({ ...options, login_token: await gateway.token('1001') });
  await call.reaches('active');
  await Promise.all([ann.hears(bob), bob.hears(ann)]);
  expect(await failures(bob)).toEqual([]);
  await call.hangup();
  await inbound.ended();
});

/** Codes but the warning that this machine offers no other candidates than its own. */
async function failures(party: Party): Promise<number[]> {
  return (await party.codes()).filter((code) => code !== 33005);
}
