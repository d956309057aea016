import { Coturn } from '../lib/coturn.ts';
import type { Party } from '../lib/party.ts';
import { expect, test } from '../lib/test.ts';

/** Checks before the first call, against the gateway's own loopback: no phone number is needed. */

interface Report {
  readonly verdict: string;
  readonly callId?: string;
  readonly reasons?: readonly { readonly code: string }[];
  readonly ice?: { readonly hasSelectedPair: boolean; readonly candidateCounts: { host: number } };
  readonly network?: { readonly inbound?: { readonly flowing: boolean }; readonly quality: string };
  readonly microphone?: { readonly audioDetected: boolean; readonly audioLevel: number };
  readonly serverTests?: readonly {
    readonly server: { readonly urls: string };
    readonly established: boolean;
    readonly ice?: { readonly candidateCounts: { readonly relay: number } };
    readonly error?: string;
  }[];
  readonly timings?: { readonly totalMs: number; readonly iceGatheringMs?: number };
  readonly skipped?: readonly { readonly code: string }[];
}

const check = (party: Party, method: string, options: object = {}): Promise<Report> =>
  party.page.evaluate(
    async ([name, given]) => {
      const client = window.driver.client as unknown as Record<
        string,
        (o: object) => Promise<Report>
      >;
      return JSON.parse(JSON.stringify(await client[name]?.(given))) as Report;
    },
    [method, options] as const,
  );

test('runPreCall places a call to the gateway’s loopback, measures it and hangs up', async ({
  party,
}) => {
  const ann = await party('1001');
  const report = await check(ann, 'runPreCall', { durationMs: 2000 });
  expect(report.verdict, JSON.stringify([report.reasons, report.network])).toBe('ready');
  expect(report.ice).toMatchObject({ hasSelectedPair: true });
  expect(report.network).toMatchObject({ quality: 'good', inbound: { flowing: true } });
  expect(report.timings?.totalMs).toBeGreaterThan(2000);
  expect(report.timings?.iceGatheringMs).toBeGreaterThanOrEqual(0);
  expect(report.microphone).toMatchObject({ audioDetected: true });
  expect(report.skipped).toBeUndefined();
  expect(ann.frames.sent('telnyx_rtc.invite')[0]).toMatchObject({
    dialogParams: { destination_number: 'echo' },
  });
  await expect.poll(() => ann.frames.sent('telnyx_rtc.bye').length).toBe(1);
});

test('runMicrophoneCheck hears the microphone and places no call', async ({ party }) => {
  const ann = await party('1001');
  const report = await check(ann, 'runMicrophoneCheck', { durationMs: 500 });
  expect(report.verdict).toBe('ready');
  expect(report.microphone).toMatchObject({ audioDetected: true });
  expect(report.microphone?.audioLevel).toBeGreaterThan(0.1);
  expect(ann.frames.sent('telnyx_rtc.invite')).toEqual([]);
});

test('runNetworkCheck tries each ICE server, a TURN server by relay, and names the one that fails', async ({
  party,
}) => {
  const coturn = await Coturn.start();
  try {
    const ann = await party('1001');
    const dead = { ...coturn.server, urls: 'turn:127.0.0.1:9?transport=udp' };
    const report = await check(ann, 'runNetworkCheck', { iceServers: [coturn.server, dead] });
    const [good, bad] = report.serverTests ?? [];
    expect(good).toMatchObject({ established: true, server: { urls: coturn.server.urls } });
    expect(good?.ice?.candidateCounts.relay).toBeGreaterThan(0);
    expect(bad).toMatchObject({ established: false, server: { urls: dead.urls } });
    expect(report.verdict).toBe('degraded');
    expect(report.reasons?.map(({ code }) => code)).toContain('ice_server_failed');
    expect(JSON.stringify(report)).not.toContain(coturn.credential);
  } finally {
    await coturn.stop();
  }
});

test('runNetworkCheck without ICE servers makes one direct call', async ({ party }) => {
  const ann = await party('1001');
  const report = await check(ann, 'runNetworkCheck');
  expect(report.verdict, JSON.stringify(report.reasons)).toBe('ready');
  expect(report.serverTests).toMatchObject([{ server: { urls: [] }, established: true }]);
  expect(report.skipped).toMatchObject([{ code: 'microphone_skipped' }]);
});

test('PreCallDiagnosis signs in with a token, measures, and leaves nothing behind', async ({
  party,
  gateway,
}) => {
  const ann = await party('1001', { options: false });
  const loginToken = await gateway.token('1001');
  const report = await ann.page.evaluate(
    ([host, token]) =>
      (
        window.TelnyxWebRTC as unknown as {
          PreCallDiagnosis: {
            run(options: object): Promise<{ summaryStats: { mos: number; quality: string } }>;
          };
        }
      ).PreCallDiagnosis.run({
        texMLApplicationNumber: 'echo',
        credentials: { loginToken: token },
        client: { host },
        timeoutMs: 4000,
      }),
    [gateway.host, loginToken] as const,
  );
  expect(report.summaryStats.mos).toBeGreaterThan(4);
  expect(report.summaryStats.quality).toBe('excellent');
});
