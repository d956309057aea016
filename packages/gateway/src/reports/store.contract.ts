import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync } from 'node:zlib';
import type { LegRecord } from '@offhook/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallRecord } from './records.ts';
import type { ReportStore, ReportStoreOptions, Upload } from './store.ts';
import { T0, call, leg, recording, report, stats, upload } from './testing/samples.ts';

const DAY = 24 * 3600 * 1000;
const taken = { ok: true, added: true };
const knownBefore = { ok: true, added: false };

/** What every report store does. */
export function describeReportStore(
  name: string,
  open: (options: ReportStoreOptions) => Promise<ReportStore>,
): void {
  describe(name, () => {
    let folder: string;
    let store: ReportStore;
    const options = (more: Partial<ReportStoreOptions> = {}): ReportStoreOptions => ({
      dataDir: folder,
      retentionDays: 30,
      maxBytes: 2 ** 30,
      ...more,
    });
    const saved = async (record: CallRecord): Promise<readonly [LegRecord, LegRecord]> => {
      await store.saveCall(record);
      const [a, b] = record.legs;
      if (!a || !b) {
        throw new Error('a call of two was expected');
      }
      return [a, b];
    };

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'offhook-reports-'));
      store = await open(options());
    });
    afterEach(async () => {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    });

    describe('conversations', () => {
      it('are kept with their call, whichever comes first, and go with it', async () => {
        const record = {
          call: 'c1',
          conversation: 'conv_1',
          assistant: 'desk',
          version: '1',
          owner: null,
          items: [{ role: 'user' as const, text: 'hello', at: T0, by: 'voice' as const }],
          turns: [{ at: T0, answerMs: 700, gatewayInMs: 1, gatewayOutMs: 12, engine: {} }],
          interruptions: 1,
        };
        await store.saveConversation(record);
        await store.saveCall(call('c1'));
        await store.saveCall(call('c2'));
        expect((await store.find('c1'))?.conversation).toEqual(record);
        expect((await store.find('c2'))?.conversation).toBeNull();
        await store.prune(T0 + 31 * DAY);
        await store.saveCall(call('c1'));
        expect((await store.find('c1'))?.conversation).toBeNull();
      });
    });

    describe('a party by SIP', () => {
      it('counts in lists with what it says by RTCP that it heard, and under its Call-ID', async () => {
        const [a, b] = await saved(
          call('c1', {
            legs: [
              leg('c1-a'),
              leg('c1-b', { role: 'callee', via: 'sip', callId: 'x@peer', user: 'trunk:net' }),
            ],
          }),
        );
        const media = {
          codec: 'PCMU',
          packetsReceived: 100,
          bytesReceived: 16_000,
          packetsLost: 1,
          jitterMs: 1,
          packetsSent: 100,
          bytesSent: 16_000,
        };
        await store.saveMedia({ leg: a.id, media });
        const far = { lossPercent: 7, jitterMs: 12, rttMs: 80 };
        await store.saveMedia({ leg: b.id, media: { ...media, far } });
        const { calls } = await store.list({ id: 'x@peer' });
        expect(calls).toMatchObject([
          { id: 'c1', sipCallId: 'x@peer', lossPercent: 7, jitterMs: 12, rttMs: 80, mos: null },
        ]);
        expect((await store.view('x@peer'))?.legs[1]).toMatchObject({ via: 'sip', media: { far } });
      });
    });

    describe('calls', () => {
      it('are kept as the gateway saw them, and their later states replace earlier ones', async () => {
        const live = { endedAt: null, cause: null, answeredAt: null };
        await store.saveCall(
          call('c1', { ...live, legs: [leg('c1-a', { ...live, endedBy: null })] }),
        );
        expect((await store.list({})).calls[0]).toMatchObject({
          id: 'c1',
          caller: '1001',
          callee: null,
          durationMs: null,
          cause: null,
        });
        const events = [{ t: T0, leg: 'c1-a', type: 'asked' as const, name: 'invite' }];
        await store.saveCall(call('c1', { events, droppedEvents: 2 }));
        const detail = await store.find('c1');
        expect(detail?.call).toMatchObject({
          caller: '1001',
          callee: '1002',
          durationMs: 63_000,
          talkedMs: 60_000,
          cause: 'NORMAL_CLEARING',
          reports: 0,
          mos: null,
        });
        expect(detail?.legs.map(({ role, user, endedBy }) => [role, user, endedBy])).toEqual([
          ['caller', '1001', 'party'],
          ['callee', '1002', 'gateway'],
        ]);
        expect(detail).toMatchObject({ events, droppedEvents: 2 });
      });

      it('are found by the name that a client has for its end', async () => {
        await saved(call('c1'));
        expect((await store.find('client-c1-b'))?.call.id).toBe('c1');
        expect(await store.find('nothing')).toBeNull();
      });

      it('name the device that answered, of those that rang', async () => {
        const silent = leg('x', { role: 'callee', user: '1003', answeredAt: null });
        const answered = leg('y', { role: 'callee', user: '1004' });
        await store.saveCall(call('c1', { legs: [leg('c1-a'), silent, answered] }));
        expect((await store.list({})).calls[0]?.callee).toBe('1004');
      });

      it('show what the media plane lost on the way from a party', async () => {
        const [a] = await saved(call('c1'));
        const media = {
          codec: 'opus' as const,
          packetsReceived: 950,
          bytesReceived: 80_000,
          packetsLost: 50,
          jitterMs: 3,
          packetsSent: 1000,
          bytesSent: 81_000,
        };
        await store.saveMedia({ leg: a.id, media });
        const detail = await store.find('c1');
        expect(detail?.legs[0]?.media).toEqual(media);
        expect(detail?.call.lossPercent).toBeCloseTo(5);
      });
    });

    describe('reports', () => {
      it('stand beside what the gateway saw, and give the call its figures', async () => {
        const [a, b] = await saved(call('c1'));
        const bad = stats([{}, { lost: 25, received: 225, jitterMs: 20, rtt: 0.2 }]);
        expect(await store.addReport(upload(a, report(a.callId)))).toMatchObject(taken);
        expect(await store.addReport(upload(b, report(b.callId, { stats: bad })))).toMatchObject(
          taken,
        );
        const detail = await store.find('c1');
        expect(detail?.legs.map((each) => each.reports.length)).toEqual([1, 1]);
        expect(detail?.legs[1]?.reports[0]).toMatchObject({
          summary: { callId: b.callId },
          stats: bad,
        });
        const [good, worse] = detail?.legs ?? [];
        expect(good).toMatchObject({
          lossPercent: 0,
          browser: 'Firefox 130',
          sdkVersion: '2.27.10',
        });
        expect(worse?.lossPercent).toBeCloseTo(5);
        expect(worse?.jitterMs).toBeCloseTo(11);
        expect(worse?.rttMs).toBeCloseTo(120);
        // The worse end is what the list shows.
        expect(detail?.call).toMatchObject({
          mos: worse?.mos,
          mosMin: worse?.mosMin,
          lossPercent: worse?.lossPercent,
          reports: 2,
          browsers: ['Firefox 130'],
          sdks: ['2.27.10'],
        });
        expect(worse?.mosMin).toBeLessThan(worse?.mos ?? 0);
        expect(worse?.mos).toBeLessThan(good?.mos ?? 0);
      });

      it('are counted once, however often they come', async () => {
        const [a] = await saved(call('c1'));
        const first = report(a.callId, { segment: 0, flushReason: { type: 'buffer-limit' } });
        const last = report(a.callId, { segment: 1 });
        expect(await store.addReport(upload(a, last))).toMatchObject(taken);
        expect(await store.addReport(upload(a, first))).toMatchObject(taken);
        expect(await store.addReport(upload(a, first))).toMatchObject(knownBefore);
        expect(await store.addReport(upload(a, last))).toMatchObject(knownBefore);
        const detail = await store.find('c1');
        expect(detail?.call.reports).toBe(2);
        expect(detail?.legs[0]?.reports).toMatchObject([{ segment: 0 }, { segment: 1 }]);
      });

      it('of two pages of one call, before and after a reload, are both kept', async () => {
        const [a] = await saved(call('c1'));
        const reloaded = { startTimestamp: new Date(T0 + 30_000).toISOString() };
        expect(await store.addReport(upload(a, report(a.callId)))).toMatchObject(taken);
        expect(await store.addReport(upload(a, report(a.callId, {}, reloaded)))).toMatchObject(
          taken,
        );
        expect((await store.find('c1'))?.legs[0]?.reports).toHaveLength(2);
      });

      it('go to the leg that they name, when a client used one id for two calls', async () => {
        const one = leg('one', { session: 's', callId: 'same' });
        const two = leg('two', { session: 's', callId: 'same', startedAt: T0 + 100_000 });
        await store.saveCall(call('c1', { legs: [one] }));
        await store.saveCall(call('c2', { startedAt: T0 + 100_000, legs: [two] }));
        await store.addReport(upload(one, report('same', {}, { telnyxLegId: 'one' })));
        expect((await store.find('c1'))?.call.reports).toBe(1);
        await store.addReport(upload(one, report('same')));
        expect((await store.find('c2'))?.call.reports).toBe(1);
      });

      it('say how the call was, and so does the person', async () => {
        const [a] = await saved(call('c1'));
        const events = [
          { t: T0, type: 'hold' },
          { t: T0, type: 'feedback', score: 2, tags: ['echo', 7], note: 'bad' },
        ];
        const mine = report(a.callId, { offhook: { v: 1, events } });
        await store.addReport(upload(a, mine));
        const detail = await store.find('c1');
        expect(detail?.call.feedback).toBe(2);
        expect(detail?.legs[0]).toMatchObject({
          sdk: '@offhook/client',
          feedback: { score: 2, tags: ['echo'], note: 'bad' },
        });
      });

      it.each([
        ['identity', (text: string) => Buffer.from(text)],
        ['deflate', (text: string) => deflateSync(text)],
        ['br', (text: string) => brotliCompressSync(text)],
      ] as const)('are unpacked from %s', async (encoding, pack) => {
        const [a] = await saved(call('c1'));
        const body = pack(JSON.stringify(report(a.callId)));
        expect(await store.addReport(upload(a, '', { encoding, body }))).toMatchObject(taken);
      });

      it('with absurd figures are kept, and counted as far as they make sense', async () => {
        const [a] = await saved(call('c1'));
        const inbound = { packetsLost: 1e308, packetsReceived: 0.5, jitterAvg: 1e300 };
        const wrong = [
          { ...stats([{}])[0], audio: { inbound }, connection: { roundTripTimeAvg: -1 } },
        ];
        const body = report(a.callId, { stats: wrong }, { startTimestamp: 'yesterday' });
        expect(await store.addReport(upload(a, body))).toMatchObject(taken);
        expect((await store.find('c1'))?.call).toMatchObject({ lossPercent: 100, rttMs: null });
      });

      it('lose their secrets before they are written', async () => {
        const [a] = await saved(call('c1'));
        const token = `eyJ${'a'.repeat(20)}.${'b'.repeat(20)}.${'c'.repeat(20)}`;
        const logs = [
          {
            timestamp: new Date(T0).toISOString(),
            level: 'debug',
            message: `sent {"method":"login","params":{"login":"1001","passwd":"canary-1"}} ${token}`,
            context: { password: 'canary-2', nested: [{ credential: 'canary-3' }] },
          },
          {
            timestamp: new Date(T0).toISOString(),
            level: 'debug',
            message: 'v=0\r\na=ice-pwd:canary-4\r\na=sendrecv',
          },
        ];
        expect(await store.addReport(upload(a, report(a.callId, { logs })))).toMatchObject(taken);
        const kept = JSON.stringify((await store.find('c1'))?.legs[0]?.reports);
        expect(kept).toContain('a=sendrecv');
        expect(kept).not.toMatch(/canary|eyJ/);
      });

      it('with markup and quotes come back as they went in, and do nothing', async () => {
        const evil = `'); DROP TABLE calls; --<script>alert(1)</script>`;
        const a = leg('a', { callId: evil, user: evil });
        await store.saveCall(call('c1', { destination: evil, legs: [a] }));
        const mine = report(evil, {}, { sdkVersion: evil });
        expect(await store.addReport(upload(a, mine))).toMatchObject(taken);
        const page = await store.list({ user: evil, number: evil, sdkVersion: evil.slice(0, 64) });
        expect(page).toMatchObject({ total: 1, calls: [{ destination: evil, caller: evil }] });
      });
    });

    describe('what is not taken', () => {
      const refused = (reason: string): object => ({ ok: false, reason });

      it('is a report of a call that the session never had', async () => {
        const [a, b] = await saved(call('c1'));
        expect(await store.addReport(upload(a, report('x'), { callId: 'x' }))).toMatchObject(
          refused('call_unknown'),
        );
        const stolen = upload(a, report(b.callId), { callId: b.callId });
        expect(await store.addReport(stolen)).toMatchObject(refused('call_unknown'));
      });

      it('is one about another call than its header names', async () => {
        const [a] = await saved(call('c1'));
        expect(await store.addReport(upload(a, report('other')))).toMatchObject(
          refused('call_mismatch'),
        );
      });

      it('is one whose session ended more than seven days before', async () => {
        const [a] = await saved(call('c1'));
        const late = { receivedAt: T0 + 40 * DAY };
        expect(await store.addReport(upload(a, report(a.callId), late))).toMatchObject(taken);
        await store.sessionEnded({ session: a.session, at: T0 + 40 * DAY });
        const parked = upload(a, report(a.callId, { segment: 1 }), { receivedAt: T0 + 47 * DAY });
        expect(await store.addReport(parked)).toMatchObject(taken);
        const older = upload(a, report(a.callId, { segment: 2 }), { receivedAt: T0 + 48 * DAY });
        expect(await store.addReport(older)).toMatchObject(refused('expired'));
      });

      const bodies: readonly (readonly [string, string, (a: LegRecord) => Partial<Upload>])[] = [
        ['no JSON', 'bad_body', () => ({ encoding: 'identity', body: Buffer.from('{"summary":') })],
        ['no UTF-8', 'bad_body', () => ({ encoding: 'identity', body: Buffer.from([0x22, 0xff]) })],
        [
          'a report with a segment beyond all counting',
          'bad_body',
          (a) => ({
            encoding: 'identity',
            body: Buffer.from(JSON.stringify(report(a.callId, { segment: 1e300 }))),
          }),
        ],
        ['no report', 'bad_body', () => ({ encoding: 'identity', body: Buffer.from('[1]') })],
        ['not what its header says', 'bad_encoding', () => ({ body: Buffer.from('{}') })],
        [
          'a bomb',
          'too_large',
          () => ({ encoding: 'br', body: brotliCompressSync(Buffer.alloc(64 * 1024 * 1024)) }),
        ],
      ];
      it.each(bodies)('is a body that is %s', async (_, reason, make) => {
        const [a] = await saved(call('c1'));
        expect(await store.addReport(upload(a, '', make(a)))).toMatchObject(refused(reason));
        expect((await store.find('c1'))?.call.reports).toBe(0);
      });

      it('never quotes what a body held', async () => {
        const [a] = await saved(call('c1'));
        const body = Buffer.from('{"canary": ');
        const outcome = await store.addReport(upload(a, '', { encoding: 'identity', body }));
        expect(JSON.stringify(outcome)).not.toContain('canary');
      });
    });

    describe('recordings', () => {
      it('become sound files, part by part, each once', async () => {
        const [a] = await saved(call('c1'));
        const first = upload(a, recording(a.callId));
        expect(await store.addRecording(upload(a, recording(a.callId, 3)))).toMatchObject(taken);
        expect(await store.addRecording(first)).toMatchObject(taken);
        expect(await store.addRecording(first)).toMatchObject(knownBefore);
        const parts = (await store.find('c1'))?.legs[0]?.recordings ?? [];
        expect(parts).toMatchObject([
          { track: 'local', firstSample: 0, samples: 240, sampleRate: 8000 },
          { track: 'local', firstSample: 240, samples: 240 },
        ]);
        const file = readFileSync(parts[0]?.file ?? '');
        expect(file.subarray(0, 16).toString('latin1')).toMatch(/^RIFF....WAVEfmt /s);
        expect(file.readUInt32LE(4)).toBe(file.length - 8);
        expect(file.readFloatLE(58)).toBe(0.5);
        expect(file.length).toBe(58 + 240 * 4);
      });

      it('in another form are refused', async () => {
        const [a] = await saved(call('c1'));
        for (const wrong of [{ codec: 'opus' }, { channels: 2 }, { sample_rate: 1 }]) {
          const outcome = await store.addRecording(upload(a, { ...recording(a.callId), ...wrong }));
          expect(outcome).toMatchObject({ ok: false, reason: 'bad_body' });
        }
      });
    });

    describe('debug reports', () => {
      const chunk = (of: LegRecord, lines: string) => ({
        session: of.session,
        callId: of.callId,
        receivedAt: T0,
        lines,
      });

      it('are kept in the order in which they came', async () => {
        const [a] = await saved(call('c1'));
        await store.addDebug(chunk(a, '{"n":1}\n{"n":2,"passwd":"canary"}\n'));
        await store.addDebug(chunk(a, '{"n":3}\n'));
        await store.addDebug({ ...chunk(a, '{"n":4}\n'), session: 'another' });
        expect((await store.find('c1'))?.legs[0]?.debug).toEqual([
          { n: 1 },
          { n: 2, passwd: '[redacted]' },
          { n: 3 },
        ]);
      });
    });

    describe('the list', () => {
      beforeEach(async () => {
        for (let index = 0; index < 6; index += 1) {
          const id = `c${String(index)}`;
          const at = T0 + index * DAY;
          const legs = [
            leg(`${id}-a`, { user: index % 2 === 0 ? '1001' : '1003', startedAt: at }),
            leg(`${id}-b`, { role: 'callee', user: '1002', startedAt: at }),
          ] as const;
          const cause = index === 4 ? 'USER_BUSY' : 'NORMAL_CLEARING';
          const endedAt = at + 10_000 * (6 - index);
          await store.saveCall(call(id, { startedAt: at, endedAt, cause, legs }));
          if (index > 3) {
            continue;
          }
          const userAgent = `Mozilla/5.0 Chrome/14${String(index)}.0.0.0 Safari/537.36`;
          const values = [{ lost: index * 10, jitterMs: index, rtt: index / 100 }];
          const body = report(
            legs[0].callId,
            { stats: stats(values) },
            { sdkVersion: `2.${String(index)}` },
          );
          await store.addReport(upload(legs[0], body, { userAgent }));
        }
      });
      const ids = async (query: Parameters<ReportStore['list']>[0]): Promise<string> =>
        (await store.list(query)).calls.map(({ id }) => id).join(' ');

      it('is newest first, in pages', async () => {
        expect(await ids({})).toBe('c5 c4 c3 c2 c1 c0');
        expect(await store.list({ limit: 2, offset: 1 })).toMatchObject({
          total: 6,
          calls: [{ id: 'c4' }, { id: 'c3' }],
        });
        expect(await ids({ order: 'asc', limit: 1 })).toBe('c0');
      });

      it('is sorted by what was measured, calls without it last', async () => {
        expect(await ids({ sort: 'mos', order: 'asc' })).toBe('c3 c2 c1 c0 c4 c5');
        expect(await ids({ sort: 'loss' })).toBe('c3 c2 c1 c0 c5 c4');
        expect(await ids({ sort: 'jitter', limit: 2 })).toBe('c3 c2');
        expect(await ids({ sort: 'rtt', order: 'asc', limit: 2 })).toBe('c0 c1');
        expect(await ids({ sort: 'duration', limit: 2 })).toBe('c0 c1');
      });

      it('is narrowed by time, user, number, cause, quality, browser and version', async () => {
        expect(await ids({ from: T0 + DAY, to: T0 + 3 * DAY })).toBe('c2 c1');
        expect(await ids({ user: '1003' })).toBe('c5 c3 c1');
        expect(await ids({ user: '1002', cause: 'USER_BUSY' })).toBe('c4');
        expect(await ids({ number: '00' })).toBe('c5 c4 c3 c2 c1 c0');
        expect(await ids({ number: '%' })).toBe('');
        expect(await ids({ browser: 'Chrome' })).toBe('c3 c2 c1 c0');
        expect(await ids({ browser: 'Chrome 142' })).toBe('c2');
        expect(await ids({ sdkVersion: '2.1' })).toBe('c1');
        expect(await ids({ reported: false })).toBe('c5 c4');
        const { mos } = (await store.list({ sdkVersion: '2.1' })).calls[0] ?? {};
        if (mos == null) {
          throw new Error('no MOS');
        }
        expect(await ids({ mosTo: mos })).toBe('c3 c2');
        expect(await ids({ mosFrom: mos })).toBe('c1 c0');
      });
    });

    describe('a page', () => {
      it('shows both ends and the middle of a call on the clock of the gateway', async () => {
        const events = [
          { t: T0, leg: 'c1-a', type: 'started' as const, name: 'caller' },
          { t: T0 + 3000, leg: 'c1-a', type: 'told' as const, name: 'answer' },
        ];
        const [a, b] = await saved(call('c1', { events }));
        // An hour fast, as a computer is whose time zone was mistaken for its time.
        const fast = 3_600_000;
        const body = report(
          a.callId,
          {
            stats: stats([{}, { lost: 25, received: 225 }], T0 + fast + 3200),
            offhook: {
              events: [
                { t: T0 + fast + 3050, type: 'state', state: 'active' },
                { t: T0 + fast + 8000, type: 'warning', code: 31003, name: 'HIGH_PACKET_LOSS' },
                {
                  t: T0 + fast + 9000,
                  type: 'warning',
                  code: 31003,
                  name: 'HIGH_PACKET_LOSS',
                  phase: 'cleared',
                },
              ],
            },
          },
          {
            startTimestamp: new Date(T0 + fast - 40).toISOString(),
            endTimestamp: new Date(T0 + fast + 63_100).toISOString(),
          },
        );
        await store.addReport(upload(a, body, { receivedAt: T0 + 63_150 }));
        const ended = { endTimestamp: new Date(T0 + 63_100).toISOString() };
        await store.addReport(upload(b, report(b.callId, {}, ended)));
        const point = { jitterMs: 2, packetsSent: 0, bytesReceived: 0, bytesSent: 0 };
        await store.saveSeries({
          leg: a.id,
          points: [
            { ...point, t: T0 + 3000, packetsReceived: 0, packetsLost: 0 },
            { ...point, t: T0 + 8000, packetsReceived: 240, packetsLost: 10 },
          ],
        });
        const view = await store.view('c1');
        const [caller, callee] = view?.legs ?? [];
        const { offsetMs = 0, withinMs } = caller?.clock ?? {};
        expect(withinMs).toBeLessThanOrEqual(50);
        expect(Math.abs(offsetMs + fast)).toBeLessThanOrEqual(withinMs ?? 0);
        expect(callee?.clock.offsetMs).toBe(0);
        expect(caller?.client?.lossPercent).toEqual([0, 10]);
        expect(caller?.client?.t[1]).toBeGreaterThan(T0 + 13_000);
        expect(caller?.client?.t[1]).toBeLessThan(T0 + 13_400);
        expect(caller?.gateway).toMatchObject({
          t: [T0 + 8000],
          lossPercent: [4],
          inPackets: [48],
        });
        expect(caller?.warnings).toMatchObject([{ name: 'HIGH_PACKET_LOSS', code: 31003 }]);
        expect(view?.events.map(({ source, type }) => `${source} ${type}`)).toEqual([
          'gateway started',
          'gateway told',
          'client state',
          'client warning',
          'client warning',
        ]);
        expect(await store.view('nothing')).toBeNull();
        expect((await store.view('client-c1-b'))?.call.id).toBe('c1');
      });

      it('shows what a hostile client sent as the text that it is, and no more of it than fits', async () => {
        const [a] = await saved(call('c1'));
        const html = '<img src=x onerror=alert(1)>';
        const events = Array.from({ length: 3000 }, () => ({ t: T0, type: html, name: html }));
        const odd = [{ t: 'x', type: 3 }, null, 7, [], { t: T0 }];
        const body = report(a.callId, {
          offhook: { events: [...odd, ...events], early: [1, { t: T0, mos: '9' }], paths: 'no' },
        });
        await store.addReport(upload(a, body));
        const view = await store.view('c1');
        expect(view?.events.length).toBeLessThanOrEqual(2000);
        expect(view?.events.at(-1)).toMatchObject({ type: html, name: html });
      });

      it('shows what was said to an assistant, without what would let others join', async () => {
        await saved(call('c1'));
        const items = [{ role: 'user' as const, text: 'Hello', at: T0, by: 'voice' as const }];
        const rest = { assistant: 'desk', version: '1', owner: null, turns: [], interruptions: 1 };
        await store.saveConversation({ call: 'c1', conversation: 'secret-id', items, ...rest });
        const view = await store.view('c1');
        expect(view?.conversation).toMatchObject({ assistant: 'desk', items, interruptions: 1 });
        expect(JSON.stringify(view)).not.toContain('secret-id');
      });

      it('gives the file of a recording, and of none that is not there', async () => {
        const [a] = await saved(call('c1'));
        await store.addRecording(upload(a, recording(a.callId)));
        const id = (await store.view('c1'))?.legs[0]?.recordings[0]?.id ?? 0;
        expect(
          readFileSync((await store.recording(id)) ?? '')
            .subarray(0, 4)
            .toString(),
        ).toBe('RIFF');
        expect(await store.recording(id + 1)).toBeNull();
      });

      it('counts calls by time, cause, quality and browser', async () => {
        const [a] = await saved(call('good', { startedAt: T0 }));
        await store.addReport(upload(a, report(a.callId)));
        const [b] = await saved(call('bad', { startedAt: T0 + 3_600_000, cause: 'MEDIA_TIMEOUT' }));
        const bad = stats([{ lost: 100, received: 150 }]);
        await store.addReport(upload(b, report(b.callId, { stats: bad })));
        await store.saveCall(
          call('none', { startedAt: T0 + 7_200_000, answeredAt: null, cause: 'NO_ANSWER' }),
        );
        await store.saveCall(call('later', { startedAt: T0 + DAY }));
        const overview = await store.overview({ from: T0, to: T0 + DAY });
        expect(overview.totals).toMatchObject({
          calls: 3,
          answered: 2,
          dropped: 1,
          rated: 2,
          poor: 1,
          reported: 2,
          talkedMs: 120_000,
        });
        expect(overview.causes.map(({ name, calls }) => `${name} ${String(calls)}`)).toEqual([
          'MEDIA_TIMEOUT 1',
          'NO_ANSWER 1',
          'NORMAL_CLEARING 1',
        ]);
        expect(overview.browsers).toMatchObject([{ name: 'Firefox 130', calls: 2, poor: 1 }]);
        expect(overview.mosClasses.reduce((sum, count) => sum + count, 0)).toBe(2);
        const { stepMs, steps } = overview.trend;
        expect(steps.length).toBeLessThanOrEqual(101);
        expect(steps.reduce((sum, { calls }) => sum + calls, 0)).toBe(3);
        expect(steps.find(({ calls }) => calls === 1)?.t).toBe(Math.floor(T0 / stepMs) * stepMs);
      });
    });

    describe('room', () => {
      it('is made by forgetting calls that are too old, with all that is theirs', async () => {
        const [a] = await saved(call('old'));
        await store.addReport(upload(a, report(a.callId)));
        await store.addRecording(upload(a, recording(a.callId)));
        await store.saveCall(call('new', { startedAt: T0 + 20 * DAY }));
        const live = { startedAt: T0, endedAt: null, cause: null };
        await store.saveCall(call('live', live));
        expect(readdirSync(join(folder, 'recordings'))).toHaveLength(1);
        expect(await store.prune(T0 + 31 * DAY)).toMatchObject({ removed: 1 });
        expect((await store.list({})).calls.map(({ id }) => id)).toEqual(['new', 'live']);
        expect(readdirSync(join(folder, 'recordings'))).toEqual([]);
        expect(await store.addReport(upload(a, report(a.callId)))).toMatchObject({ ok: false });
      });

      it('is made by forgetting the oldest when there is too much', async () => {
        await store.close();
        store = await open(options({ maxBytes: 1024 * 1024 }));
        const noise = (): string =>
          Buffer.from(crypto.getRandomValues(new Uint8Array(30_000))).toString('base64');
        for (let index = 0; index < 400; index += 1) {
          const id = `c${String(index).padStart(3, '0')}`;
          const [a] = await saved(call(id, { startedAt: T0 + index }));
          const logs = [{ timestamp: 't', level: 'info', message: noise() }];
          await store.addReport(upload(a, report(a.callId, { logs })));
        }
        const { bytes } = await store.prune(T0);
        expect(bytes).toBeLessThanOrEqual(1024 * 1024);
        const { calls, total } = await store.list({});
        expect(calls[0]?.id).toBe('c399');
        expect(total).toBeGreaterThan(0);
        expect(total).toBeLessThan(60);
      });
    });

    describe('quotas', () => {
      const noise = (bytes: number): string =>
        Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('base64');
      const uploadFor = (of: LegRecord, segment: number, bytes = 40_000): Upload =>
        upload(
          of,
          report(of.callId, {
            segment,
            logs: [{ timestamp: 't', level: 'info', message: noise(bytes) }],
          }),
        );

      beforeEach(async () => {
        await store.close();
        store = await open(options({ maxBytes: 4 * 1024 * 1024 }));
      });

      it('one end of a call that uploads without end costs nobody else anything', async () => {
        for (let index = 0; index < 100; index += 1) {
          await saved(call(`c${String(index)}`, { startedAt: T0 + index }));
        }
        const live = { endedAt: null, cause: null };
        const [a] = await saved(call('live', { ...live, startedAt: T0 + 1000 }));
        let refused = '';
        for (let segment = 0; segment < 200 && refused === ''; segment += 1) {
          const outcome = await store.addReport(uploadFor(a, segment));
          if (!outcome.ok) {
            refused = outcome.reason;
          }
        }
        expect(refused).toBe('leg_full');
        expect((await store.list({ limit: 1000 })).total).toBe(101);
        expect((await store.prune(T0 + 2000)).bytes).toBeLessThan(4 * 1024 * 1024);
      });

      it('one session that makes call after call is full, and so it stays', async () => {
        const reasons: string[] = [];
        for (let index = 0; index < 12; index += 1) {
          const id = `s${String(index)}`;
          const legs = [leg(`${id}-a`, { session: 'the same', callId: `x${id}` })];
          await store.saveCall(call(id, { startedAt: T0 + index, legs }));
          for (let segment = 0; segment < 6; segment += 1) {
            const [of] = legs;
            if (!of) {
              throw new Error('no leg');
            }
            const outcome = await store.addReport(uploadFor(of, segment));
            if (!outcome.ok) {
              reasons.push(outcome.reason);
            }
          }
        }
        expect(new Set(reasons)).toEqual(new Set(['session_full']));
      });

      it('what is too much for all together is made room for by whoever holds most', async () => {
        for (let index = 0; index < 60; index += 1) {
          await saved(call(`quiet${String(index)}`, { startedAt: T0 + index }));
        }
        for (let index = 0; index < 120; index += 1) {
          const id = `loud${String(index)}`;
          const own = leg(`${id}-a`, { user: 'loud', session: id });
          await store.saveCall(call(id, { startedAt: T0 + 1000 + index, legs: [own] }));
          expect(await store.addReport(uploadFor(own, 0, 60_000))).toMatchObject({ ok: true });
        }
        const { calls } = await store.list({ limit: 1000 });
        expect(calls.filter(({ id }) => id.startsWith('quiet'))).toHaveLength(60);
        expect(calls.some(({ id }) => id === 'loud119')).toBe(true);
        expect(calls.some(({ id }) => id === 'loud0')).toBe(false);
        expect((await store.prune(T0 + 2000)).bytes).toBeLessThanOrEqual(4 * 1024 * 1024);
      });
    });

    it('keeps everything for the next run', async () => {
      const [a] = await saved(call('c1'));
      await store.addReport(upload(a, report(a.callId)));
      await store.close();
      store = await open(options());
      expect((await store.list({})).calls).toMatchObject([{ id: 'c1', reports: 1 }]);
    });
  });
}
