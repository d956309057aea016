import { describe, expect, it } from 'vitest';
import { Bench, type Body } from '../testing/extras-bench.ts';
import { settle } from '../testing/fake-clock.ts';

type Extra = Body['offhook'] & {
  readonly environment?: Record<string, unknown>;
  readonly devices?: Record<string, unknown>;
  readonly timings?: {
    readonly mode: string;
    readonly steps: readonly { readonly label: string }[];
  };
  readonly paths: readonly Record<string, unknown>[];
};

const extra = (body: Body | undefined): Extra => body?.offhook as Extra;
const events = (body: Body | undefined, type: string) =>
  extra(body).events.filter((event) => event['type'] === type);

const pair = (id: string, more: object) => ({
  id,
  type: 'candidate-pair',
  localCandidateId: 'L',
  remoteCandidateId: 'R',
  ...more,
});

function stats(selected: string, more: object = {}): Map<string, unknown> {
  const list = [
    { id: 'T', type: 'transport', selectedCandidatePairId: selected },
    pair('A', { state: 'succeeded', nominated: true, ...more }),
    pair('B', { state: 'waiting' }),
    {
      id: 'L',
      type: 'local-candidate',
      candidateType: 'srflx',
      protocol: 'udp',
      address: '192.0.2.7',
    },
    { id: 'R', type: 'remote-candidate', candidateType: 'host', protocol: 'udp', port: 9 },
  ];
  return new Map(list.map((entry) => [entry.id, entry]));
}

describe('A call report tells of', () => {
  it('browser, devices and set-up, once, and again at the end', async () => {
    const bench = new Bench();
    bench.webrtc.devices = [
      bench.webrtc.device('audioinput', 'one'),
      bench.webrtc.device('audiooutput', 'two'),
    ];
    const call = await bench.call();
    for (let n = 0; n < 2; n++) {
      await bench.clock.advance(3_000);
      call.flushIntermediateCallReport();
      await settle();
    }
    await call.hangup();
    await settle();
    const [first, second, last] = bench.bodies().map(extra);
    for (const body of [first, last]) {
      expect(body?.environment).toMatchObject({ userAgent: 'FakeBrowser/1.0' });
      expect(body?.devices).toMatchObject({ inputs: 1, outputs: 1, cameras: 0 });
      expect(body?.devices).not.toHaveProperty('list');
      const steps = body?.timings?.steps.map(({ label }) => label);
      expect(steps).toEqual(expect.arrayContaining(['new call start', 'send sdp', 'call active']));
    }
    expect(second).not.toHaveProperty('environment');
    expect(second).not.toHaveProperty('timings');
  });

  it('names of devices only where the application allows them', async () => {
    const bench = new Bench({ callReportDetail: { devices: true } });
    bench.webrtc.devices = [bench.webrtc.device('audioinput', 'my-own')];
    const call = await bench.call();
    await call.hangup();
    await settle();
    const list = extra(bench.bodies()[0]).devices?.['list'];
    expect(list).toMatchObject([{ kind: 'audioinput', deviceId: 'my-own' }]);
  });

  it('candidate pairs when they are first seen, taken, left or fail, and not of each check', async () => {
    const bench = new Bench();
    const call = await bench.call();
    bench.webrtc.peer.stats = stats('A');
    await bench.clock.advance(2_000);
    bench.webrtc.peer.stats = stats('A', { state: 'in-progress' });
    await bench.clock.advance(2_000);
    bench.webrtc.peer.stats = stats('B', { state: 'failed' });
    await bench.clock.advance(2_000);
    await call.hangup();
    await settle();
    const { paths } = extra(bench.bodies()[0]);
    expect(paths.map(({ id, selected, state }) => [id, selected, state])).toEqual([
      ['A', true, 'succeeded'],
      ['B', false, 'waiting'],
      ['A', false, 'failed'],
      ['B', true, 'waiting'],
    ]);
    expect(paths[0]?.['local']).toEqual({ candidateType: 'srflx', protocol: 'udp' });
  });

  it('network, page, signalling and warnings, raised and cleared, with their times', async () => {
    const bench = new Bench();
    const call = await bench.call();
    const { fakeWindow, document } = bench.platform;
    const from = bench.platform.now();
    fakeWindow.fire('offline');
    Object.assign(document as object, { visibilityState: 'hidden' });
    document?.dispatchEvent(new Event('visibilitychange'));
    bench.webrtc.peer.stats = stats('A', { currentRoundTripTime: 0.5 });
    await bench.clock.advance(4_000);
    bench.webrtc.peer.stats = stats('A', { currentRoundTripTime: 0.05 });
    await bench.clock.advance(2_000);
    await call.hangup();
    await settle();
    const [body] = bench.bodies();
    expect(events(body, 'network')).toHaveLength(1);
    expect(events(body, 'page')).toMatchObject([{ t: from, visible: false }]);
    const rtt = events(body, 'warning').filter(({ code }) => code === 31001);
    expect(rtt.map(({ phase }) => phase)).toEqual(['raised', 'cleared']);
    expect(rtt[0]).toMatchObject({ name: 'HIGH_RTT', value: 500 });
    expect(Number(rtt[1]?.['t']) - Number(rtt[0]?.['t'])).toBe(rtt[1]?.['lastedMs']);
  });
});
