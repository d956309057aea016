import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LegState, MediaEvent, MediaPlane } from './media-plane.ts';
import { Party, continuity } from './testing/party.ts';
import type { PartyOptions } from './testing/party.ts';

/**
 * What every media plane does, told by parties that only see its SDP and its packets. Each plane's test calls this once.
 *
 * @param create a plane that is not started, reachable on loopback
 */
export function describeMediaPlane(name: string, create: () => MediaPlane): void {
  describe(`${name} as a media plane`, () => {
    let plane: MediaPlane;
    const events: MediaEvent[] = [];
    const parties: Party[] = [];
    let calls = 0;
    const waiting = new Set<() => void>();

    beforeAll(async () => {
      plane = create();
      await plane.start();
      plane.subscribe((event) => {
        events.push(event);
        for (const check of [...waiting]) {
          check();
        }
      });
    }, 40_000);

    afterAll(async () => {
      await plane.close();
    });

    afterEach(async () => {
      for (const party of parties.splice(0)) {
        await party.close();
      }
      for (let call = 1; call <= calls; call += 1) {
        await plane.delete({ call: `call-${String(call)}` });
      }
      events.length = 0;
    });

    async function party(options: PartyOptions = {}): Promise<Party> {
      const made = await Party.create(options);
      parties.push(made);
      return made;
    }

    const newCall = (): string => `call-${String((calls += 1))}`;

    function event(what: string, matches: (event: MediaEvent) => boolean): Promise<MediaEvent> {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error(`no event: ${what}; there were ${JSON.stringify(events)}`));
        }, 10_000);
        const check = (): void => {
          const found = events.find(matches);
          if (!found) {
            return;
          }
          waiting.delete(check);
          clearTimeout(timer);
          resolve(found);
        };
        waiting.add(check);
        check();
      });
    }

    const becomes = (leg: string, state: LegState): Promise<MediaEvent> =>
      event(
        `${leg} ${state}`,
        (each) => each.type === 'state' && each.leg === leg && each.state === state,
      );

    /** A party that called and is connected; it hears nothing yet. */
    async function caller(call: string, leg: string, options: PartyOptions = {}): Promise<Party> {
      const made = await party(options);
      const { sdp } = await plane.offer({ call, leg, sdp: await made.offer() });
      await made.accept(sdp);
      await made.connected();
      await becomes(leg, 'connected');
      return made;
    }

    /** A party that was called and is connected. */
    async function callee(call: string, leg: string, options: PartyOptions = {}): Promise<Party> {
      const made = await party(options);
      const { sdp } = await plane.createOffer({ call, leg, codecs: ['opus'] });
      await plane.answer({ call, leg, sdp: await made.answer(sdp) });
      await made.connected();
      await becomes(leg, 'connected');
      return made;
    }

    async function pair(a: PartyOptions = {}, b: PartyOptions = {}) {
      const call = newCall();
      const legs = { a: `${call}-a`, b: `${call}-b` };
      const [first, second] = await Promise.all([caller(call, legs.a, a), callee(call, legs.b, b)]);
      await plane.connect(call, legs.a, legs.b);
      return { call, legs, first, second };
    }

    const texts = (heard: readonly { payload: Buffer }[]): string[] =>
      heard.map(({ payload }) => payload.toString());

    const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
      const error: unknown = await promise.then(
        () => 'it was done',
        (reason: unknown) => reason,
      );
      return (error as { code?: unknown }).code ?? error;
    };

    it('answers an offer with everything a client without trickle needs', async () => {
      const call = newCall();
      const made = await party();
      const answer = await plane.offer({ call, leg: `${call}-a`, sdp: await made.offer() });
      expect(answer.codec).toBe('opus');
      expect(answer.replacedPeer).toBe(false);
      const lines = answer.sdp.split('\r\n');
      expect(lines.filter((line) => line.startsWith('m='))).toHaveLength(1);
      expect(lines.some((line) => /^a=candidate:.* typ host/.test(line))).toBe(true);
      for (const line of ['a=end-of-candidates', 'a=rtcp-mux', 'a=setup:passive', 'a=sendrecv']) {
        expect(lines).toContain(line);
      }
      expect(answer.sdp).toMatch(/a=msid:\S+ \S+/);
      expect(answer.sdp).toMatch(/a=fmtp:111 .*useinbandfec=1/);
      expect(answer.sdp).not.toMatch(/PCM[UA]/);
    });

    it('takes the first codec of the list that the offer holds, and keeps it', async () => {
      const call = newCall();
      const leg = `${call}-a`;
      const made = await party();
      const sdp = await made.offer();
      const first = await plane.offer({ call, leg, sdp, codecs: ['PCMA', 'opus'] });
      expect(first.codec).toBe('PCMA');
      const again = await plane.offer({ call, leg, sdp, codecs: ['opus'] });
      expect(again.codec).toBe('PCMA');
    });

    it('refuses a description that is none, and one without a codec in common', async () => {
      const call = newCall();
      const leg = `${call}-a`;
      for (const sdp of ['', 'hello', 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n']) {
        expect(await rejection(plane.offer({ call, leg, sdp }))).toBe('bad_sdp');
      }
      const sdp = await (await party({ codecs: ['PCMU'] })).offer();
      expect(await rejection(plane.offer({ call, leg, sdp, codecs: ['opus'] }))).toBe('no_codec');
      expect(await plane.query(call)).toEqual([]);
    });

    it('refuses verbs for legs that it does not know, and answers to no offer', async () => {
      const call = newCall();
      const leg = 'nobody';
      const sdp = await (await party()).offer();
      expect(await rejection(plane.answer({ call, leg, sdp }))).toBe('unknown_leg');
      expect(await rejection(plane.hold({ call, leg, on: true }))).toBe('unknown_leg');
      expect(await rejection(plane.connect(call, leg, 'other'))).toBe('unknown_leg');
      await plane.offer({ call, leg: `${call}-a`, sdp });
      expect(await rejection(plane.answer({ call, leg: `${call}-a`, sdp }))).toBe('wrong_state');
      const taken = plane.createOffer({ call, leg: `${call}-a`, codecs: ['opus'] });
      expect(await rejection(taken)).toBe('wrong_state');
      await plane.delete({ call: 'no such call' });
      expect(await plane.query('no such call')).toEqual([]);
    });

    it('takes a second answer of the same peer, after early media, and none of another', async () => {
      const call = newCall();
      const leg = `${call}-a`;
      const first = await party();
      const { sdp } = await plane.createOffer({ call, leg, codecs: ['opus'] });
      const early = await first.answer(sdp);
      await plane.answer({ call, leg, sdp: early });
      expect(await plane.answer({ call, leg, sdp: early })).toEqual({ codec: 'opus' });
      const other = await (await party()).answer(sdp);
      expect(await rejection(plane.answer({ call, leg, sdp: other }))).toBe('wrong_state');
      await first.connected();
      await becomes(leg, 'connected');
    });

    it('echoes a party to itself', async () => {
      const call = newCall();
      const made = await caller(call, `${call}-a`);
      await plane.play({ call, leg: `${call}-a`, source: { kind: 'echo' } });
      made.say('one');
      made.say('two');
      await made.until('the echo', () => texts(made.heard).includes('two'));
      expect(texts(made.heard)).toEqual(['one', 'two']);
    });

    it('passes audio both ways between a caller and a callee', async () => {
      const { first, second } = await pair();
      first.say('from a');
      second.say('from b');
      await second.until('a', () => texts(second.heard).includes('from a'));
      await first.until('b', () => texts(first.heard).includes('from b'));
      expect(first.heard[0]?.payloadType).toBe(111);
    });

    it('writes each party its own payload types and extension ids', async () => {
      const { first, second } = await pair({ opusType: 109, levelId: 1 }, { opusType: 111 });
      first.say('x');
      second.say('y');
      await second.until('x', () => second.heard.length > 0);
      await first.until('y', () => first.heard.length > 0);
      expect(second.heard[0]?.payloadType).toBe(111);
      expect(first.heard[0]?.payloadType).toBe(109);
      expect(second.heard[0]?.extensions).toEqual([]);
    });

    it('keeps losses and reordering as they were', async () => {
      const { first, second } = await pair();
      first.say('1');
      first.say('4', 'opus', 2);
      await second.until('both', () => second.heard.length === 2);
      const [one, four] = second.heard;
      expect(((four?.sequence ?? 0) - (one?.sequence ?? 0)) & 0xffff).toBe(3);
      expect(((four?.timestamp ?? 0) - (one?.timestamp ?? 0)) >>> 0).toBe(3 * 960);
    });

    it.each([
      { from: 48_000, to: [48_000, 8_000], rate: 48_000 },
      { from: 8_000, to: [48_000, 8_000], rate: 8_000 },
      { from: 8_000, to: [48_000], rate: 48_000 },
      { from: 48_000, to: [8_000], rate: 8_000 },
    ] as const)(
      'passes a digit at $from Hz on to a party with events at $to, and reports it',
      async ({ from, to, rate }) => {
        const { legs, first, second } = await pair({}, { eventRates: to });
        first.say('before');
        await second.until('audio', () => second.heard.length > 0);
        const type = second.heard[0]?.payloadType;
        first.press('7', from);
        await event('7', (each) => each.type === 'dtmf' && each.digit === '7');
        const heardEvents = () => second.heard.filter(({ payloadType }) => payloadType !== type);
        await second.until('the event', () => heardEvents().length === 8);
        const digits = heardEvents();
        expect(new Set(digits.map(({ timestamp }) => timestamp)).size).toBe(1);
        expect(digits.at(-1)?.payload.readUInt16BE(2)).toBe(rate / 10);
        const reported = events.filter((each) => each.type === 'dtmf');
        expect(reported).toMatchObject([{ leg: legs.a, digit: '7' }]);
        first.say('after');
        await second.until('audio again', () => texts(second.heard).includes('after'));
        expect(continuity(second.heard)).toMatchObject({ missing: 0, repeated: 0, backwards: 0 });
      },
    );

    it('sends silence both ways while a leg is held, in one continuous stream', async () => {
      const { call, legs, first, second } = await pair();
      first.talk('a');
      second.talk('b');
      await second.listen(10);
      await plane.hold({ call, leg: legs.a, on: true });
      for (const listener of [first, second]) {
        await listener.until('silence', () => texts(listener.heard.slice(-1))[0]?.length !== 1);
        const quiet = await listener.listen(25);
        expect(new Set(quiet.map(({ payload }) => payload.toString('hex')))).toEqual(
          new Set(['f8fffe']),
        );
        const span = (quiet.at(-1)?.at ?? 0) - (quiet[0]?.at ?? 0);
        const played = ((quiet.at(-1)?.timestamp ?? 0) - (quiet[0]?.timestamp ?? 0)) >>> 0;
        expect(Math.abs(played / 48 - span)).toBeLessThan(150);
      }
      await plane.hold({ call, leg: legs.a, on: false });
      await second.until('speech', () => texts(second.heard.slice(-1))[0] === 'a');
      await first.until('speech', () => texts(first.heard.slice(-1))[0] === 'b');
      for (const listener of [first, second]) {
        const found = { ssrcs: 1, missing: 0, repeated: 0, backwards: 0 };
        expect(continuity(listener.heard)).toEqual(found);
      }
    });

    it('stays silent until the last of two holds ends', async () => {
      const { call, legs, first, second } = await pair();
      first.talk('a');
      await plane.hold({ call, leg: legs.a, on: true });
      await plane.hold({ call, leg: legs.b, on: true });
      await plane.hold({ call, leg: legs.a, on: false });
      await second.listen(5);
      expect(texts(await second.listen(5))).not.toContain('a');
      await plane.hold({ call, leg: legs.b, on: false });
      await second.until('speech', () => texts(second.heard.slice(-1))[0] === 'a');
    });

    it.each(['tone', 'ringback', 'silence'] as const)('plays %s every 20 ms', async (kind) => {
      const call = newCall();
      const made = await caller(call, `${call}-a`);
      await plane.play({ call, leg: `${call}-a`, source: { kind } });
      const frames = await made.listen(20);
      const found = { ssrcs: 1, missing: 0, repeated: 0, backwards: 0 };
      expect(continuity(frames)).toEqual(found);
      const isSilence = frames.every(({ payload }) => payload.length === 3);
      expect(isSilence).toBe(kind === 'silence');
    });

    it('plays digits once, then silence', async () => {
      const call = newCall();
      const made = await caller(call, `${call}-a`);
      await plane.play({ call, leg: `${call}-a`, source: { kind: 'dtmf', digits: '1#' } });
      const frames = await made.listen(45);
      const loud = frames.filter(({ payload }) => payload.length > 3);
      expect(loud).toHaveLength(20);
      expect(frames.slice(-10).every(({ payload }) => payload.length === 3)).toBe(true);
    });

    it('keeps media on its way through an ICE restart', async () => {
      const { call, legs, first, second } = await pair();
      first.talk('a');
      second.talk('b');
      await first.listen(5);
      const offer = await first.restartOffer();
      const answer = await plane.offer({ call, leg: legs.a, sdp: offer });
      expect(answer.replacedPeer).toBe(false);
      await first.acceptRestart(answer.sdp);
      await second.listen(25);
      await first.listen(25);
      expect(continuity(first.heard)).toMatchObject({ ssrcs: 1, missing: 0, backwards: 0 });
      expect(continuity(second.heard)).toMatchObject({ ssrcs: 1, backwards: 0 });
    });

    it('answers a further offer of the same page on the same transport', async () => {
      const { call, legs, first, second } = await pair();
      const before = await first.offer();
      const answer = await plane.offer({ call, leg: legs.a, sdp: before });
      const again = await plane.offer({ call, leg: legs.a, sdp: before });
      const ufrag = /a=ice-ufrag:\S+/;
      expect(ufrag.exec(again.sdp)?.[0]).toBe(ufrag.exec(answer.sdp)?.[0]);
      expect(again.replacedPeer).toBe(false);
      await first.accept(again.sdp);
      first.say('still here');
      await second.until('audio', () => texts(second.heard).includes('still here'));
    });

    it('lets a new page take over a leg by an offer, unnoticed by the far party', async () => {
      const { call, legs, first, second } = await pair({ opusType: 109 });
      first.talk('old');
      await second.listen(10);
      const page = await party({ opusType: 111 });
      const answer = await plane.offer({ call, leg: legs.a, sdp: await page.offer() });
      expect(answer.replacedPeer).toBe(true);
      await page.accept(answer.sdp);
      await page.connected();
      first.hush();
      page.talk('new');
      await second.until('the new page', () => texts(second.heard.slice(-1))[0] === 'new');
      await second.listen(10);
      second.talk('b');
      await page.until('the far party', () => texts(page.heard).includes('b'));
      expect(continuity(second.heard)).toEqual({
        ssrcs: 1,
        missing: 0,
        repeated: 0,
        backwards: 0,
      });
    });

    it('lets a new page take over a leg by our offer; the old one plays on until then', async () => {
      const { call, legs, first, second } = await pair();
      first.talk('old');
      await second.listen(5);
      const request = { call, leg: legs.a, codecs: ['opus'] } as const;
      const { sdp } = await plane.createOffer({ ...request, replacePeer: true });
      await second.listen(5);
      const page = await party();
      await plane.answer({ call, leg: legs.a, sdp: await page.answer(sdp) });
      await page.connected();
      first.hush();
      page.talk('new');
      await second.until('the new page', () => texts(second.heard.slice(-1))[0] === 'new');
      expect(continuity(second.heard)).toMatchObject({ ssrcs: 1, missing: 0, backwards: 0 });
    });

    it('takes candidates before the description that they belong to', async () => {
      const call = newCall();
      const leg = `${call}-b`;
      const made = await party();
      const { sdp } = await plane.createOffer({ call, leg, codecs: ['opus'] });
      const answer = await made.answer(sdp);
      const bare = answer.replace(/^a=(candidate|end-of-candidates).*\r\n/gm, '');
      expect(bare).not.toContain('candidate');
      for (const [, candidate] of answer.matchAll(/^a=(candidate:.*)$/gm)) {
        await plane.candidate({ call, leg, candidate: { candidate: (candidate ?? '').trim() } });
      }
      await plane.candidate({ call, leg, candidate: { candidate: '' } });
      await plane.answer({ call, leg, sdp: bare });
      await made.connected();
    });

    it('takes candidates that nobody can resolve', async () => {
      const call = newCall();
      const made = await party();
      const hidden = 'candidate:1 1 udp 2113937151 6d8a-11.local 50000 typ host';
      const offer = (await made.offer()).replace(/^a=candidate.*$/gm, `a=${hidden}`);
      const { sdp } = await plane.offer({ call, leg: `${call}-a`, sdp: offer });
      await plane.candidate({ call, leg: `${call}-a`, candidate: { candidate: hidden } });
      await made.accept(sdp);
      await made.connected();
    });

    it('counts what each party sends, gets and loses', async () => {
      const { call, legs, first, second } = await pair();
      for (let i = 0; i < 10; i += 1) {
        first.say('x');
      }
      first.say('x', 'opus', 5);
      await second.until('all', () => second.heard.length === 11);
      const stats = await plane.query(call);
      const [a, b] = [legs.a, legs.b].map((leg) => stats.find((each) => each.leg === leg));
      expect(a).toMatchObject({ state: 'connected', codec: 'opus', packetsReceived: 11 });
      expect(a?.packetsLost).toBe(5);
      expect(a?.silentForMs).toBeLessThan(5_000);
      expect(b).toMatchObject({ packetsReceived: 0, packetsSent: 11, silentForMs: null });
    });

    it('reports to each party how it is received', async () => {
      const { first } = await pair();
      first.talk('a');
      const found = (): boolean =>
        first.reports.some(
          (packet) => 'reports' in packet && packet.reports.some((block) => 'jitter' in block),
        );
      // By plain RTP one is sent at a random time within 5 s; when nothing was heard until then, the next one after up to 7.5 s more.
      await first.until('a receiver report', found, 20_000);
    });

    it('forgets a deleted leg, tells so, and leaves the other one hearing silence', async () => {
      const { call, legs, first, second } = await pair();
      first.talk('a');
      await second.listen(5);
      await plane.delete({ call, leg: legs.a });
      await becomes(legs.a, 'closed');
      expect((await plane.query(call)).map(({ leg }) => leg)).toEqual([legs.b]);
      await second.until(
        'silence',
        () => second.heard.at(-1)?.payload.toString('hex') === 'f8fffe',
      );
      await plane.delete({ call });
      await becomes(legs.b, 'closed');
      expect(await plane.query(call)).toEqual([]);
    });
  });
}
