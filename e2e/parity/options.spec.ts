import { createHmac } from 'node:crypto';
import { Coturn } from '../lib/coturn.ts';
import { Gateway } from '../lib/gateway.ts';
import type { CallView, Party } from '../lib/party.ts';
import { expect, test } from '../lib/test.ts';

/** The documented options, each by what it does for the person or the application that uses it. */

const SECRET = 'a secret of the tests, long enough for HS256';

function jwt(sub: string, seconds: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub, iat: now, exp: now + seconds })}`;
  return `${body}.${createHmac('sha256', SECRET).update(body).digest('base64url')}`;
}

async function connect(caller: Party, callee: Party, options: object = {}) {
  const out = await caller.dial(callee.user, options);
  const inbound = await callee.incoming();
  await inbound.answer();
  await Promise.all([out.reaches('active'), inbound.reaches('active')]);
  return { out, in: inbound };
}

/** The kind of the local candidate that media takes. */
const localCandidate = (party: Party): Promise<string | undefined> =>
  party.page.evaluate(async () => {
    const peer = window.ear.peers.at(-1);
    const stats = [...((await peer?.getStats()) ?? new Map<string, never>()).values()] as Record<
      string,
      unknown
    >[];
    const transport = stats.find(({ type }) => type === 'transport');
    const pair = stats.find(({ id }) => id === transport?.['selectedCandidatePairId']);
    return stats.find(({ id }) => id === pair?.['localCandidateId'])?.['candidateType'] as string;
  });

const logins = (party: Party) => party.frames.sent('login');

test.describe('login and password', () => {
  test('sign in as that user; a wrong password is a clear error', async ({ party, gateway }) => {
    const ann = await party('1001', { options: false });
    await ann.signIn({ login: '1001', password: gateway.password('1001') });
    const echo = await ann.dial('echo');
    await echo.reaches('active');
    const bob = await party('1002', { options: false });
    const refused = bob.signIn({ login: '1002', password: 'not this one' });
    await expect(refused).rejects.toThrow(/46001/);
  });

  test('take precedence over login_token, which is not even sent', async ({ party, gateway }) => {
    const ann = await party('1001', { options: false });
    await ann.signIn({
      login: '1001',
      password: gateway.password('1001'),
      login_token: 'a token that would be refused',
    });
    expect(Object.keys(logins(ann)[0] ?? {})).not.toContain('login_token');
  });
});

test.describe('login_token', () => {
  test('signs in; an expired or forged one is a clear error', async ({ party }) => {
    const gateway = await Gateway.start({ demoUsers: 2, settings: { AUTH_JWT_SECRETS: SECRET } });
    try {
      const ann = await party('1001', { options: false, gateway });
      await ann.signIn({ login_token: jwt('1001', 60) });
      const late = await party('1001', { options: false, gateway });
      await expect(late.signIn({ login_token: jwt('1001', -60) })).rejects.toThrow(/46001/);
      const forged = await party('1001', { options: false, gateway });
      const token = `${jwt('1001', 60).slice(0, -4)}AAAA`;
      await expect(forged.signIn({ login_token: token })).rejects.toThrow(/46001/);
    } finally {
      await gateway.stop();
    }
  });

  test('may be a function, asked at connect, before the token ends, and at reconnect; a call goes on', async ({
    party,
  }) => {
    const gateway = await Gateway.start({ demoUsers: 2, settings: { AUTH_JWT_SECRETS: SECRET } });
    try {
      const ann = await party('1001', { options: false, gateway });
      // Tokens are renewed 120 s before their end, short ones at half their life: the first in 5 s.
      const tokens = [jwt('1001', 10), jwt('1001', 600), jwt('1001', 600), jwt('1001', 600)];
      await ann.page.evaluate(
        async ([host, list]) => {
          const asked: number[] = [];
          Object.assign(window, { asked });
          await window.driver.signIn({
            host,
            remoteElement: 'remote',
            login_token: () => {
              asked.push(performance.now());
              return Promise.resolve(list[asked.length - 1]);
            },
          });
        },
        [gateway.host, tokens] as const,
      );
      const asked = () =>
        ann.page.evaluate(() => (window as unknown as { asked: [] }).asked.length);
      expect(await asked()).toBe(1);
      const call = await ann.dial('echo');
      await call.reaches('active');
      await ann.hears(ann);
      await expect.poll(asked, { timeout: 15_000 }).toBe(2);
      await expect.poll(() => logins(ann).length).toBe(2);
      expect(logins(ann)[1]?.['sessid']).toBeTruthy();
      await ann.page.evaluate(() =>
        (window.driver.client as unknown as { socketDisconnect(): void }).socketDisconnect(),
      );
      await expect.poll(asked, { timeout: 15_000 }).toBe(3);
      await ann.hears(ann);
      expect((await call.record()).state).toBe('active');
    } finally {
      await gateway.stop();
    }
  });
});

test('anonymous_login: sent as specified; a target that does not exist is a clear error', async ({
  party,
}) => {
  const ann = await party('1001', { options: false });
  const target = {
    target_type: 'ai_assistant',
    target_id: 'nobody-here',
    target_version_id: 'v7',
    target_params: { conversation_id: 'c-1' },
  };
  await expect(ann.signIn({ anonymous_login: target })).rejects.toThrow(/46001/);
  const [sent] = ann.frames.sent('anonymous_login');
  expect(sent).toMatchObject({ ...target, reconnection: false });
  expect(Object.keys(sent ?? {})).not.toContain('loginParams');
});

test.describe('iceServers and forceRelayCandidate', () => {
  test('media goes through the TURN server, and the call option overrides', async ({ party }) => {
    const coturn = await Coturn.start();
    try {
      const relay = { iceServers: [coturn.server], forceRelayCandidate: true };
      const ann = await party('1001', { options: relay });
      const bob = await party('1002');
      const call = await connect(ann, bob);
      await Promise.all([ann.hears(bob), bob.hears(ann)]);
      expect(await localCandidate(ann)).toBe('relay');
      await call.out.hangup();
      await call.out.ended();
      const direct = await connect(ann, bob, { forceRelayCandidate: false });
      await ann.hears(bob);
      expect(await localCandidate(ann)).not.toBe('relay');
      await direct.out.hangup();
    } finally {
      await coturn.stop();
    }
  });

  test('without a relay to be had, the call ends with a clear error instead of hanging', async ({
    party,
  }) => {
    const ann = await party('1001', { options: { forceRelayCandidate: true, iceServers: [] } });
    const call = await ann.dial('echo');
    await call.ended(20_000);
    const errors = (await ann.log()).filter(({ event }) => event === 'error');
    expect(errors).toHaveLength(1);
    expect(JSON.stringify(errors[0])).toMatch(/relay/i);
  });
});

test.describe('trickleIce', () => {
  const invite = (party: Party) => party.frames.sent('telnyx_rtc.invite')[0];
  const sdp = (params: Record<string, unknown> | undefined): string => String(params?.['sdp']);

  test('true: the invite leaves without candidates, which follow; also on an inbound call', async ({
    party,
  }) => {
    const options = { trickleIce: true };
    const [ann, bob] = [await party('1001', { options }), await party('1002', { options })];
    await connect(ann, bob);
    await Promise.all([ann.hears(bob), bob.hears(ann)]);
    expect(invite(ann)).toMatchObject({ trickle: true });
    expect(sdp(invite(ann))).not.toContain('a=candidate');
    expect(bob.frames.sent('telnyx_rtc.answer')[0]).toMatchObject({ trickle: true });
    for (const one of [ann, bob]) {
      await expect.poll(() => one.frames.sent('telnyx_rtc.candidate').length).toBeGreaterThan(0);
      await expect.poll(() => one.frames.sent('telnyx_rtc.endOfCandidates').length).toBe(1);
    }
  });

  test('false: one complete description, no candidate after it', async ({ party }) => {
    const ann = await party('1001', { options: { trickleIce: false } });
    await (await ann.dial('echo')).reaches('active');
    await ann.hears(ann);
    expect(invite(ann)).not.toHaveProperty('trickle');
    expect(sdp(invite(ann))).toContain('a=candidate');
    expect(ann.frames.sent('telnyx_rtc.candidate')).toEqual([]);
  });

  test('undefined: as the gateway announced', async ({ party }) => {
    const ann = await party('1001');
    await (await ann.dial('echo')).reaches('active');
    expect(invite(ann)).toMatchObject({ trickle: true });
  });
});

test('prefetchIceCandidates: candidates are there with the offer, and no more allocations are made than without', async ({
  party,
}) => {
  const counts: number[] = [];
  for (const prefetchIceCandidates of [false, true]) {
    const coturn = await Coturn.start();
    try {
      const options = { iceServers: [coturn.server], trickleIce: false, prefetchIceCandidates };
      const ann = await party('1001', { options });
      const call = await ann.dial('echo');
      await call.reaches('active');
      await ann.hears(ann);
      expect(String(ann.frames.sent('telnyx_rtc.invite')[0]?.['sdp'])).toContain('typ relay');
      await call.hangup();
      await call.ended();
      await ann.signOut();
      counts.push(coturn.allocations);
    } finally {
      await coturn.stop();
    }
  }
  const [without = 0, prefetched = 0] = counts;
  expect(without).toBeGreaterThan(0);
  expect(prefetched).toBeLessThanOrEqual(without);
});

test('mutedMicOnStart: silence until unmuted, also after the microphone and the path changed', async ({
  party,
}) => {
  const ann = await party('1001', { options: { mutedMicOnStart: true } });
  const bob = await party('1002');
  const call = await connect(ann, bob);
  await ann.hears(bob);
  await bob.hearsSilence();
  const device = await ann.page.evaluate(async () => {
    const all = await navigator.mediaDevices.enumerateDevices();
    return all.find(({ kind }) => kind === 'audioinput')?.deviceId;
  });
  await call.out.invoke('setAudioInDevice', device);
  await bob.hearsSilence();
  await ann.page.evaluate(
    (id) =>
      (
        window.driver.client as unknown as { triggerIceRestart(id: string): void }
      ).triggerIceRestart(id),
    call.out.id,
  );
  await expect.poll(() => ann.frames.sent('telnyx_rtc.modify').length).toBe(1);
  await ann.hears(bob);
  await bob.hearsSilence();
  await call.out.invoke('unmuteAudio');
  await bob.hears(ann);
});

test.describe('ringtoneFile and ringbackFile', () => {
  /** Elements of the page that sound now, and how loud, 0 to 1. */
  const sounding = (party: Party): Promise<number> =>
    party.page.evaluate(() => window.ear.aloud(300));

  test('the callee hears the ringtone until it answers, the caller the ringback', async ({
    party,
    site,
  }) => {
    const ann = await party('1001', { options: { ringbackFile: site.tone(1300) } });
    const bob = await party('1002', { options: { ringtoneFile: site.tone(1700) } });
    const out = await ann.dial('1002');
    const inbound = await bob.incoming();
    await expect.poll(() => sounding(bob)).toBeGreaterThan(0.05);
    await expect.poll(() => sounding(ann)).toBeGreaterThan(0.05);
    await inbound.answer();
    await out.reaches('active');
    await inbound.reaches('active');
    await expect.poll(() => sounding(bob)).toBeLessThan(0.001);
    await expect.poll(() => sounding(ann)).toBeLessThan(0.001);
  });

  test.describe('stop on every way out', () => {
    const ways: readonly [string, (out: CallView, inbound: CallView) => Promise<unknown>][] = [
      ['rejected', (_out, inbound) => inbound.hangup()],
      ['cancelled', (out) => out.hangup()],
      ['caller gone', (out) => out.party.vanish()],
    ];
    for (const [name, leave] of ways) {
      test(name, async ({ party, site }) => {
        const gateway = await Gateway.start({ settings: { CALLS_UNANSWERED_PARK_SECONDS: '1' } });
        try {
          const ann = await party('1001', { gateway, options: { ringbackFile: site.tone(1300) } });
          const bob = await party('1002', { gateway, options: { ringtoneFile: site.tone(1700) } });
          const out = await ann.dial('1002');
          const inbound = await bob.incoming();
          await expect.poll(() => sounding(bob)).toBeGreaterThan(0.05);
          await leave(out, inbound);
          await inbound.ended(15_000);
          await expect.poll(() => sounding(bob)).toBeLessThan(0.001);
        } finally {
          await gateway.stop();
        }
      });
    }
  });
});

test('keepConnectionAliveOnSocketClose: the socket goes, the audio does not', async ({ party }) => {
  const ann = await party('1001', { options: { keepConnectionAliveOnSocketClose: true } });
  const bob = await party('1002');
  const call = await connect(ann, bob);
  await bob.hears(ann);
  const peers = await ann.page.evaluate(() => window.ear.peers.length);
  await ann.page.evaluate(() =>
    (window.driver.client as unknown as { socketDisconnect(): void }).socketDisconnect(),
  );
  await expect.poll(() => logins(ann).length).toBe(2);
  await Promise.all([ann.hears(bob), bob.hears(ann)]);
  expect(await ann.page.evaluate(() => window.ear.peers.length)).toBe(peers);
  expect((await call.out.record()).state).toBe('active');
});
