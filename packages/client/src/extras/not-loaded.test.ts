import { afterEach, describe, expect, it, vi } from 'vitest';
import { Bench } from '../testing/extras-bench.ts';
import { settle } from '../testing/fake-clock.ts';

const gone = (): never => {
  throw new TypeError('Failed to fetch dynamically imported module');
};

/** The page as it is when a new version has replaced its files: what was not loaded yet is not there. */
const withdraw = (path: string): void => void vi.doMock(path, gone);

const about = async (bench: Bench): Promise<unknown[]> => {
  const seen = bench.record('telnyx.warning');
  const call = await bench.call();
  await vi.dynamicImportSettled();
  await settle();
  return seen
    .filter(([{ warning }]) => warning.code === 37006)
    .map(([{ warning, callId, extra, reason }]) => {
      expect(warning).toMatchObject({ name: 'EXTRA_NOT_LOADED' });
      expect(callId).toBe(call.id);
      expect(reason).toEqual(expect.any(String));
      return extra;
    });
};

describe('What goes along with a call and could not be loaded', () => {
  afterEach(() => {
    vi.doUnmock('./extras.ts');
    vi.doUnmock('./reporting.ts');
    vi.doUnmock('./recordings.ts');
    vi.doUnmock('./debugging.ts');
    vi.doUnmock('../diagnostics/client-checks.ts');
    vi.doUnmock('../simulate.ts');
    vi.doUnmock('../speed-test.ts');
  });

  it('is named by warning 37006, and the call goes on', async () => {
    withdraw('./extras.ts');
    expect(await about(new Bench())).toEqual(['callExtras']);
  });

  it('says which it was, and takes nothing else along', async () => {
    withdraw('./recordings.ts');
    withdraw('./debugging.ts');
    const bench = new Bench({ enableCallRecording: true, debug: true });
    expect((await about(bench)).sort()).toEqual(['callRecording', 'debugReport']);
    await Object.values(bench.client.calls)[0]?.hangup();
    await settle();
    expect(bench.bodies()).toHaveLength(1);
  });

  it('is loaded with the next call, if it is there again', async () => {
    withdraw('./reporting.ts');
    const bench = new Bench();
    expect(await about(bench)).toEqual(['callReports']);
    await Object.values(bench.client.calls)[0]?.hangup();
    vi.doUnmock('./reporting.ts');
    expect(await about(bench)).toEqual([]);
    await Object.values(bench.client.calls)[0]?.hangup();
    await settle();
    expect(bench.bodies()).toHaveLength(1);
  });

  it('is told of a fault that an application asked for, and of a speed test, which reject', async () => {
    withdraw('../simulate.ts');
    withdraw('../speed-test.ts');
    const bench = new Bench();
    const seen = bench.record('telnyx.warning');
    await expect(bench.client.simulate('socket-loss')).rejects.toThrow();
    await expect(bench.client.speedTest(1_000)).rejects.toThrow();
    expect(seen.map(([{ warning, extra }]) => [warning.code, extra])).toEqual([
      [37006, 'simulate'],
      [37006, 'speedTest'],
    ]);
  });

  it('is told of a check before calls too, which is inconclusive then', async () => {
    const bench = new Bench();
    const seen = bench.record('telnyx.warning');
    for (const check of ['runMicrophoneCheck', 'runPreCall', 'runNetworkCheck'] as const) {
      withdraw('../diagnostics/client-checks.ts');
      const { verdict, reasons } = await bench.client[check]();
      expect([check, verdict, reasons?.map(({ code }) => code)]).toEqual([
        check,
        'inconclusive',
        ['check_not_loaded'],
      ]);
      expect(seen.pop()?.[0].extra).toBe('preCallDiagnosis');
    }
  });
});
