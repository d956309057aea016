import type { CallView, Party } from './lib/party.ts';
import { describe, hearUntil } from './lib/audio.ts';
import { Gateway } from './lib/gateway.ts';
import { expect, test } from './lib/test.ts';

/** One calls the other, who answers. */
async function connect(
  caller: Party,
  callee: Party,
  options: object = {},
): Promise<{ out: CallView; in: CallView }> {
  const outbound = await caller.dial(callee.user, options);
  const inbound = await callee.incoming();
  await inbound.answer();
  await Promise.all([outbound.reaches('active'), inbound.reaches('active')]);
  return { out: outbound, in: inbound };
}

test.describe('two people', () => {
  test('call, hear each other, and the caller hangs up', async ({ party }) => {
    const [ann, bob] = [await party('1001'), await party('1002')];
    const call = await connect(ann, bob);
    expect((await call.out.record()).states).toEqual(['new', 'requesting', 'trying', 'active']);
    expect((await call.in.record()).states).toEqual(['new', 'ringing', 'answering', 'active']);
    await Promise.all([ann.hears(bob), bob.hears(ann)]);
    await call.out.hangup();
    const [here, there] = await Promise.all([call.out.ended(), call.in.ended()]);
    expect(here).toMatchObject({ cause: 'NORMAL_CLEARING', causeCode: 16 });
    expect(there).toMatchObject({ cause: 'NORMAL_CLEARING', causeCode: 16 });
    expect(there.states.slice(-2)).toEqual(['hangup', 'destroy']);
  });

  test('the callee hangs up', async ({ party }) => {
    const [ann, bob] = [await party('1001'), await party('1002')];
    const call = await connect(ann, bob);
    await call.in.hangup();
    expect(await call.out.ended()).toMatchObject({ cause: 'NORMAL_CLEARING', causeCode: 16 });
    await call.in.ended();
  });

  test('see who calls, and share one session id', async ({ party }) => {
    const [ann, bob] = [await party('1001'), await party('1002')];
    const call = await connect(ann, bob, { callerName: 'Ann Example' });
    expect(await call.in.record()).toMatchObject({
      direction: 'inbound',
      remoteNumber: '1001',
      remoteName: 'Ann Example',
    });
    const ids = (view: CallView) =>
      view.party.page.evaluate(
        (id) =>
          (
            window.driver.client as unknown as {
              calls: Record<string, { telnyxIDs: Record<string, string> }>;
            }
          ).calls[id]?.telnyxIDs,
        view.id,
      );
    const [mine, theirs] = [await ids(call.out), await ids(call.in)];
    expect(mine?.['telnyxSessionId']).toMatch(/.+/);
    expect(theirs?.['telnyxSessionId']).toBe(mine?.['telnyxSessionId']);
    expect(theirs?.['telnyxLegId']).not.toBe(mine?.['telnyxLegId']);
  });

  test('hold: silence both ways, the far side is told; unhold: sound again', async ({ party }) => {
    const [ann, bob] = [await party('1001'), await party('1002')];
    const call = await connect(ann, bob);
    await bob.hears(ann);
    expect(await call.out.invoke('hold')).toBe(true);
    await call.out.reaches('held');
    await Promise.all([ann.hearsSilence(), bob.hearsSilence()]);
    await expect.poll(() => property(call.in, 'remoteHeld')).toBe(true);
    expect(await call.out.invoke('unhold')).toBe(true);
    await call.out.reaches('active');
    await Promise.all([ann.hears(bob), bob.hears(ann)]);
    await expect.poll(() => property(call.in, 'remoteHeld')).toBe(false);
  });

  test('mute: the far side hears silence, the near side goes on hearing', async ({ party }) => {
    const [ann, bob] = [await party('1001'), await party('1002')];
    const call = await connect(ann, bob);
    await bob.hears(ann);
    await call.out.invoke('muteAudio');
    expect((await call.out.record()).muted).toBe(true);
    await bob.hearsSilence();
    await ann.hears(bob);
    await call.out.invoke('unmuteAudio');
    await bob.hears(ann);
  });

  test('digits arrive at the far side', async ({ party }) => {
    const [ann, bob] = [await party('1001'), await party('1002')];
    const call = await connect(ann, bob);
    await call.out.invoke('dtmf', '5#');
    await expect.poll(() => bob.frames.digits).toBe('5#');
    const [first] = bob.frames.received('telnyx_rtc.info');
    expect(first).toMatchObject({ callID: call.in.id });
  });

  test('headers of the application reach the other application', async ({ party }) => {
    const [ann, bob] = [await party('1001'), await party('1002')];
    const call = await connect(ann, bob, { customHeaders: [{ name: 'X-Order', value: '4711' }] });
    expect(await property(call.in, 'options.customHeaders')).toContainEqual({
      name: 'X-Order',
      value: '4711',
    });
  });

  test('disconnect() of one ends the call of the other', async ({ party }) => {
    const [ann, bob] = [await party('1001'), await party('1002')];
    const call = await connect(ann, bob);
    await ann.signOut();
    expect(await call.in.ended()).toMatchObject({ state: 'destroy' });
  });
});

test.describe('how a call is set up', () => {
  test('trickle: the invite leaves without waiting for candidates', async ({ party }) => {
    const trickle = { options: { trickleIce: true } };
    const [ann, bob] = [await party('1001', trickle), await party('1002', trickle)];
    await connect(ann, bob);
    await Promise.all([ann.hears(bob), bob.hears(ann)]);
    expect(offered(ann)).not.toContain('a=candidate');
    expect(ann.frames.sent('telnyx_rtc.candidate').length).toBeGreaterThan(0);
  });

  test('without trickle: the invite holds every candidate, and none follows', async ({ party }) => {
    const whole = { options: { trickleIce: false } };
    const [ann, bob] = [await party('1001', whole), await party('1002', whole)];
    await connect(ann, bob);
    await Promise.all([ann.hears(bob), bob.hears(ann)]);
    expect(offered(ann)).toContain('a=candidate');
    expect(ann.frames.sent('telnyx_rtc.candidate')).toEqual([]);
  });

  test('a caller with PCMU only is understood', async ({ party }) => {
    const [ann, bob] = [await party('1001'), await party('1002')];
    const pcmu = { mimeType: 'audio/PCMU', clockRate: 8000, channels: 1 };
    await connect(ann, bob, { preferred_codecs: [pcmu] });
    await Promise.all([ann.hears(bob), bob.hears(ann)]);
    const codecs = await bob.page.evaluate(async () => {
      const stats = await window.ear.peers[0]?.getStats();
      return [...(stats?.values() ?? [])]
        .filter((entry: { type: string }) => entry.type === 'codec')
        .map((entry: { mimeType: string }) => entry.mimeType);
    });
    expect(new Set(codecs)).toEqual(new Set(['audio/PCMU']));
  });

  test('a SIP address of our own domain is that user', async ({ party }) => {
    const [ann, bob] = [await party('1001'), await party('1002')];
    const out = await ann.dial('sip:1002@127.0.0.1');
    const inbound = await bob.incoming();
    await inbound.answer();
    await out.reaches('active');
  });
});

test('users of a real installation sign in by password; with --ringback the caller hears it ring', async ({
  party,
  site,
}) => {
  const { origin } = new URL(site.url('offhook'));
  const gateway = await Gateway.start({ demoUsers: 0, settings: { ORIGINS: origin } });
  try {
    const passwords = {
      ann: await gateway.addUser('ann', '--ringback'),
      bob: await gateway.addUser('bob', '--ringback'),
    };
    const signedIn = (user: 'ann' | 'bob', frequency: number) =>
      party(user, { gateway, frequency, options: { login: user, password: passwords[user] } });
    const [ann, bob] = [await signedIn('ann', 440), await signedIn('bob', 880)];
    const out = await ann.dial('bob');
    const inbound = await bob.incoming();
    await out.reaches('early');
    const ring = await hearUntil(ann.page, ({ peaks }) => isRingback(peaks));
    expect(isRingback(ring.peaks), describe(ring)).toBe(true);
    await inbound.answer();
    await out.reaches('active');
    expect((await out.record()).states).toEqual(['new', 'requesting', 'trying', 'early', 'active']);
    await Promise.all([ann.hears(bob), bob.hears(ann)]);
  } finally {
    await gateway.stop();
  }
});

/** 440 and 480 Hz together. */
const isRingback = (peaks: readonly { hz: number }[]): boolean =>
  [440, 480].every((hz) => peaks.slice(0, 2).some((peak) => Math.abs(peak.hz - hz) < 10));

test.describe('a call that does not come about', () => {
  test('rejected: the caller hears that the callee is busy', async ({ party }) => {
    const [ann, bob] = [await party('1001'), await party('1002')];
    const out = await ann.dial('1002');
    const inbound = await bob.incoming();
    await inbound.hangup();
    expect(await out.ended()).toMatchObject({ cause: 'USER_BUSY', causeCode: 17 });
    expect((await out.record()).states).not.toContain('active');
  });

  test('cancelled: the callee stops ringing', async ({ party }) => {
    const [ann, bob] = [await party('1001'), await party('1002')];
    const out = await ann.dial('1002');
    const inbound = await bob.incoming();
    await out.hangup();
    expect(await inbound.ended()).toMatchObject({ cause: 'ORIGINATOR_CANCEL' });
    expect((await inbound.record()).states).toEqual(['new', 'ringing', 'hangup', 'destroy']);
  });

  for (const { to, what, cause, causeCode } of [
    { to: '7777', what: 'a number that is nobody', cause: 'UNALLOCATED_NUMBER', causeCode: 1 },
    { to: '1003', what: 'a user who is not there', cause: 'SUBSCRIBER_ABSENT', causeCode: 20 },
    {
      to: 'sip:ann@elsewhere.example',
      what: 'a domain that is not ours',
      cause: 'NO_ROUTE_DESTINATION',
      causeCode: 3,
    },
  ]) {
    test(`${what}: ${cause}`, async ({ party }) => {
      const ann = await party('1001');
      const out = await ann.dial(to);
      expect(await out.ended()).toMatchObject({ cause, causeCode });
    });
  }

  test('not answered in time: NO_ANSWER on both sides', async ({ party }) => {
    const gateway = await Gateway.start({ settings: { CALLS_NO_ANSWER_SECONDS: '2' } });
    try {
      const [ann, bob] = [await party('1001', { gateway }), await party('1002', { gateway })];
      const out = await ann.dial('1002');
      const inbound = await bob.incoming();
      expect(await out.ended()).toMatchObject({ cause: 'NO_ANSWER', causeCode: 19 });
      await inbound.ended();
      expect(gateway.errors).toEqual([]);
    } finally {
      await gateway.stop();
    }
  });
});

test.describe('several at once', () => {
  test('two calls of one person each have their own audio', async ({ party }) => {
    const [ann, bob, cas] = [
      await party('1001', { shared: false }),
      await party('1002'),
      await party('1003'),
    ];
    const first = await connect(ann, bob);
    const second = await connect(ann, cas);
    await Promise.all([ann.hears(bob, 0), ann.hears(cas, 1), bob.hears(ann), cas.hears(ann)]);
    await first.out.invoke('hold');
    await Promise.all([ann.hearsSilence(0), bob.hearsSilence(), ann.hears(cas, 1)]);
    await first.out.hangup();
    await first.in.ended();
    await Promise.all([ann.hears(cas, 1), cas.hears(ann)]);
    expect((await second.out.record()).state).toBe('active');
  });

  test('a user signed in twice rings twice; the first answer wins', async ({ party }) => {
    const ann = await party('1001');
    const desk = await party('1002');
    const mobile = await party('1002', { frequency: 660 });
    const out = await ann.dial('1002');
    const [atDesk, atMobile] = [await desk.incoming(), await mobile.incoming()];
    expect(atDesk.id).not.toBe(atMobile.id);
    await atMobile.answer();
    await Promise.all([out.reaches('active'), atMobile.reaches('active')]);
    expect(await atDesk.ended()).toMatchObject({ cause: 'LOSE_RACE', causeCode: 502 });
    await Promise.all([ann.hears(mobile), mobile.hears(ann)]);
  });

  test('a user calls himself at another device', async ({ party }) => {
    const desk = await party('1001');
    const mobile = await party('1001', { frequency: 660 });
    const out = await desk.dial('1001');
    const inbound = await mobile.incoming();
    await inbound.answer();
    await out.reaches('active');
    await Promise.all([desk.hears(mobile), mobile.hears(desk)]);
  });
});

test.describe('services', () => {
  test('echo gives back one’s own voice', async ({ party }) => {
    const ann = await party('1001');
    const out = await ann.dial('echo');
    await out.reaches('active');
    await ann.hears(ann);
  });

  test('tone plays 1000 Hz', async ({ party }) => {
    const ann = await party('1001');
    const out = await ann.dial('9197');
    await out.reaches('active');
    const { peaks } = await ann.page.evaluate(() => window.ear.hear(1000));
    expect(Math.abs((peaks[0]?.hz ?? 0) - 1000)).toBeLessThan(10);
  });

  test('dtmf reads a digit back as its two tones', async ({ party }) => {
    const ann = await party('1001');
    const out = await ann.dial('9185');
    await out.reaches('active');
    await expect
      .poll(() => ann.page.evaluate(() => window.ear.hear(100).then(() => true)))
      .toBe(true);
    const heard = ann.page.evaluate(() => window.ear.hear(1500));
    await out.invoke('dtmf', '5');
    const top = (await heard).peaks.slice(0, 2).map(({ hz }) => hz);
    expect(Math.abs(Math.min(...top) - 770)).toBeLessThan(10);
    expect(Math.abs(Math.max(...top) - 1336)).toBeLessThan(10);
  });
});

/** A property of the SDK's own call object, by path. */
function property(view: CallView, path: string): Promise<unknown> {
  return view.party.page.evaluate(
    ([id, keys]) => {
      const { calls } = window.driver.client as unknown as { calls: Record<string, unknown> };
      return keys.reduce<unknown>(
        (value, key) => (value as Record<string, unknown> | undefined)?.[key],
        calls[id],
      );
    },
    [view.id, path.split('.')] as const,
  );
}

const offered = (party: Party): string => {
  const sdp = party.frames.sent('telnyx_rtc.invite')[0]?.['sdp'];
  return typeof sdp === 'string' ? sdp : '';
};
