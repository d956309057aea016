import type { Page } from '@playwright/test';
import { CallView, type Party } from './lib/party.ts';
import { expect, test } from './lib/test.ts';

/*
 * Calls of our client that survive, as far as that can be shown on one machine without touching its network. How fast they do
 * is measured elsewhere.
 */

interface Kept {
  call: unknown;
  pc: unknown;
}

declare global {
  interface Window {
    kept: Kept | undefined;
  }
}

type Client = {
  calls: Record<string, { id: string; recoveredCallId: string; peer: { instance: unknown } }>;
  socketDisconnect(): void;
  simulate(fault: string, options?: object): Promise<void>;
};

/** Remembers the call's objects in the page. */
async function keep({ party, id }: CallView): Promise<void> {
  await party.page.evaluate((callId) => {
    const call = (window.driver.client as unknown as Client).calls[callId];
    window.kept = { call, pc: call?.peer.instance };
  }, id);
}

/** What of it is the same now. */
const same = ({ party, id }: CallView): Promise<{ call: boolean; pc: boolean }> =>
  party.page.evaluate((callId) => {
    const call = (window.driver.client as unknown as Client).calls[callId];
    return { call: window.kept?.call === call, pc: window.kept?.pc === call?.peer.instance };
  }, id);

/** Packets that the page's newest peer connection has not received, of those that it should have. */
const lost = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const call = Object.values((window.driver.client as unknown as Client).calls)[0];
    const stats = await (call?.peer.instance as RTCPeerConnection).getStats();
    let packets = -1;
    stats.forEach((entry: { type: string; packetsLost?: number }) => {
      if (entry.type === 'inbound-rtp') {
        packets = entry.packetsLost ?? 0;
      }
    });
    return packets;
  });

const readies = async (party: Party): Promise<number> =>
  (await party.log()).filter(({ event }) => event === 'ready').length;

async function loseSocket(party: Party): Promise<void> {
  const before = await readies(party);
  await party.page.evaluate(() => {
    (window.driver.client as unknown as Client).socketDisconnect();
  });
  await expect.poll(() => readies(party)).toBe(before + 1);
}

async function talk(ann: Party, bob: Party): Promise<[CallView, CallView]> {
  const call = await ann.dial('1002');
  const inbound = await bob.incoming();
  await inbound.answer();
  await call.reaches('active');
  await Promise.all([ann.hears(bob), bob.hears(ann)]);
  return [call, inbound];
}

test('the socket is lost, the peer lives: the same call object on the same connection, and nothing of the sound is lost', async ({
  party,
}) => {
  const ann = await party('1001', { options: { keepConnectionAliveOnSocketClose: true } });
  const bob = await party('1002');
  const [call, inbound] = await talk(ann, bob);
  await keep(call);
  const before = await lost(bob.page);
  const frames = ann.frames.all.length;
  for (let i = 0; i < 3; i++) {
    await loseSocket(ann);
  }
  expect(await same(call)).toEqual({ call: true, pc: true });
  expect((await call.record()).states.at(-1)).toBe('active');
  await Promise.all([ann.hears(bob), bob.hears(ann)]);
  expect(await lost(bob.page)).toBe(before);
  const sent = ann.frames.all.slice(frames).map(({ text }) => text);
  expect(sent.filter((text) => /telnyx_rtc\.(attach|modify|invite)/.test(text))).toEqual([]);
  await inbound.hangup();
  await call.ended();
});

test('without the option the gateway attaches the call, and another object goes on with it', async ({
  party,
}) => {
  const ann = await party('1001');
  const bob = await party('1002');
  const [call, inbound] = await talk(ann, bob);
  await keep(call);
  await loseSocket(ann);
  await expect
    .poll(async () => (await call.record()).states.slice(-2))
    .toEqual(['recovering', 'active']);
  expect(await same(call)).toEqual({ call: false, pc: false });
  await Promise.all([ann.hears(bob), bob.hears(ann)]);
  expect((await call.record()).direction).toBe('outbound');
  await inbound.hangup();
  await call.ended();
});

test('the peer connection is closed under a call, as sleep does: it is rebuilt under its id, and told', async ({
  party,
}) => {
  const ann = await party('1001', { options: { keepConnectionAliveOnSocketClose: true } });
  const bob = await party('1002');
  const [call, inbound] = await talk(ann, bob);
  await keep(call);
  await ann.page.evaluate(() => {
    (window.kept?.pc as RTCPeerConnection).close();
  });
  await expect
    .poll(async () => (await call.record()).states.slice(-2))
    .toEqual(['recovering', 'active']);
  await Promise.all([ann.hears(bob), bob.hears(ann)]);
  const told = (await ann.log()).filter(({ event }) => event === 'signalingStateClosed');
  expect(told).toHaveLength(1);
  expect((await inbound.record()).states.at(-1)).toBe('active');
  await call.hangup();
  await inbound.ended();
});

/** The newest call of this party that took another one's place. */
async function successor({ party, id }: CallView): Promise<CallView> {
  const handle = await party.page.waitForFunction(
    (old) =>
      Object.values((window.driver.client as unknown as Client).calls).find(
        (call) => call.recoveredCallId === old && call.id !== old,
      )?.id,
    id,
  );
  return new CallView(party, String(await handle.jsonValue()));
}

const simulate = (party: Party, fault: string): Promise<void> =>
  party.page.evaluate((name) => (window.driver.client as unknown as Client).simulate(name), fault);

test('the connection fails for good: a new call takes the leg’s place, muted as it was, and the far side only waits', async ({
  party,
}) => {
  const ann = await party('1001', { options: { keepConnectionAliveOnSocketClose: true } });
  const bob = await party('1002');
  const [call, inbound] = await talk(ann, bob);
  await call.invoke('muteAudio');
  await simulate(ann, 'path-failure');
  const next = await successor(call);
  await next.reaches('active');
  expect((await next.record()).states).toEqual(['recovering', 'active']);
  expect(await next.record()).toMatchObject({ direction: 'outbound', muted: true });
  expect((await call.record()).states.at(-1)).toBe('recovering');
  await ann.hears(bob);
  await next.invoke('unmuteAudio');
  await bob.hears(ann);
  expect((await inbound.record()).states.filter((state) => state === 'ringing')).toHaveLength(1);
  expect((await ann.log()).some(({ event }) => event === 'peerConnectionFailureError')).toBe(true);
  await next.hangup();
  await inbound.ended();
});

test('autoRecoverCalls: false: the call stays recovering until the application recovers it', async ({
  party,
}) => {
  const options = { keepConnectionAliveOnSocketClose: true, autoRecoverCalls: false };
  const ann = await party('1001', { options });
  const bob = await party('1002');
  const [call, inbound] = await talk(ann, bob);
  await simulate(ann, 'path-failure');
  await call.reaches('recovering');
  expect((await inbound.record()).states.at(-1)).toBe('active');
  expect(await call.invoke('recover')).toBe(true);
  const next = await successor(call);
  await next.reaches('active');
  await Promise.all([ann.hears(bob), bob.hears(ann)]);
  await next.hangup();
  await inbound.ended();
});

test('a socket that is dead and does not say so is followed by another, and nobody notices', async ({
  party,
}) => {
  const ann = await party('1001', { options: { keepConnectionAliveOnSocketClose: true } });
  const bob = await party('1002');
  const [call, inbound] = await talk(ann, bob);
  await keep(call);
  const told = (await ann.log()).length;
  const sockets = await socketsOf(ann);
  await simulate(ann, 'black-hole');
  await expect.poll(() => socketsOf(ann), { timeout: 8_000 }).toBe(sockets + 1);
  await expect.poll(() => call.invoke('hold')).toBe(true);
  await call.invoke('unhold');
  expect(await same(call)).toEqual({ call: true, pc: true });
  await Promise.all([ann.hears(bob), bob.hears(ann)]);
  const log = (await ann.log()).slice(told);
  expect(log.filter(({ state }) => state !== 'held' && state !== 'active')).toEqual([]);
  await inbound.hangup();
  await call.ended();
});

const socketsOf = (party: Party): Promise<number> =>
  party.page.evaluate(
    () =>
      (window.driver.client as unknown as { connection: { socketGeneration: number } }).connection
        .socketGeneration,
  );

test('the page is reloaded with two calls, one held and one muted: both are back as they were, and nothing rings', async ({
  party,
  gateway,
}) => {
  const options = { hangupOnBeforeUnload: false };
  const ann = await party('1001', { options });
  const bob = await party('1002');
  const [call, inbound] = await talk(ann, bob);
  const held = await ann.dial('tone');
  await held.reaches('active');
  await held.invoke('hold');
  await held.reaches('held');
  await call.invoke('muteAudio');
  const answered = await answeredAt(call);
  await ann.page.reload();
  await ann.signIn({ ...options, login_token: await gateway.token('1001') });
  await call.reaches('active');
  await held.reaches('held');
  expect((await call.record()).states).toEqual(['recovering', 'active']);
  expect(await call.record()).toMatchObject({ direction: 'outbound', muted: true });
  expect((await held.record()).states).toEqual(['recovering', 'held']);
  expect(Math.abs((await answeredAt(call)) - answered)).toBeLessThan(1_000);
  await call.invoke('unmuteAudio');
  await bob.hears(ann);
  expect((await inbound.record()).states.filter((state) => state === 'ringing')).toHaveLength(1);
  await held.hangup();
  await call.hangup();
  await inbound.ended();
});

const answeredAt = ({ party, id }: CallView): Promise<number> =>
  party.page.evaluate(
    (callId) =>
      (window.driver.client as unknown as { calls: Record<string, { answeredAt?: number }> }).calls[
        callId
      ]?.answeredAt ?? 0,
    id,
  );
