import { describe, expect, it } from 'vitest';
import { CallBench } from '../testing/call-bench.ts';
import { settle } from '../testing/fake-clock.ts';
import { fakeSdp } from '../testing/fake-peer-connection.ts';
import { TransferError } from './call-events.ts';

const TRANSFERS = {
  v: 1,
  trickle: true,
  reattach: true,
  replace: true,
  ping: true,
  ai: false,
  transfer: true,
};

async function talking() {
  const bench = new CallBench();
  bench.signaling.features = TRANSFERS;
  const call = await bench.connect();
  return { bench, call };
}

/** How a transfer ended. */
const outcomeOf = (promise: Promise<void>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: unknown) => (error instanceof TransferError ? error.reason : error),
  );

/** The transfer's request is on its way. */
async function asked(bench: CallBench) {
  await settle();
  return bench.signaling.last('modify');
}

const idOf = (params: unknown): string =>
  (params as { readonly offhook: { readonly transfer: string } }).offhook.transfer;

const lose = (bench: CallBench): void => {
  bench.signaling.ready = false;
  bench.registry.onSignalingLost();
};

const resume = async (bench: CallBench, callIDs: readonly string[]): Promise<void> => {
  bench.registry.onReattachedSessions(callIDs);
  bench.signaling.ready = true;
  bench.registry.onSignalingReady();
  await settle();
};

/** The gateway offers the call again, and another leg takes it over. */
const attach = async (bench: CallBench, callID: string): Promise<void> => {
  await bench.receive('attach', { callID, sdp: fakeSdp('again') });
  bench.signaling.last('attach').reply();
  await settle();
};

describe('call.transfer()', () => {
  it('is done when the gateway ends this leg so', async () => {
    const { bench, call } = await talking();
    const outcome = outcomeOf(call.transfer('1003'));
    const request = await asked(bench);
    expect(request.params).toMatchObject({
      action: 'transfer',
      destination: '1003',
      dialogParams: { callID: call.id },
    });
    request.reply({ action: 'transfer' });
    await settle();
    await bench.receive('bye', { callID: call.id, cause: 'BLIND_TRANSFER', causeCode: 600 });
    expect(await outcome).toBe('done');
    expect(bench.errorCodes).toEqual([]);
  });

  it.each([
    ['USER_BUSY', 'busy'],
    ['CALL_REJECTED', 'declined'],
    ['NO_ANSWER', 'no_answer'],
    ['something new', 'failed'],
    [undefined, 'failed'],
  ])('fails by %s, and the call goes on', async (cause, reason) => {
    const { bench, call } = await talking();
    const outcome = outcomeOf(call.transfer('1003'));
    const request = await asked(bench);
    request.reply({ action: 'transfer' });
    await settle();
    const about = { callID: call.id, event: 'transfer_failed', cause };
    await bench.receive('offhook', { ...about, transfer: 'another one' });
    await bench.receive('offhook', { ...about, transfer: idOf(request.params) });
    expect(await outcome).toBe(reason);
    expect(call.state).toBe('active');
  });

  it('is refused at once, with the words of the gateway', async () => {
    const { bench, call } = await talking();
    const failed = call.transfer('+4990012345').catch((error: unknown) => error);
    const request = await asked(bench);
    const data = {
      cause: 'OUTGOING_CALL_BARRED',
      causeCode: 52,
      sipCode: 403,
      sipReason: 'NOT_ALLOWED',
    };
    request.fail('rejected', data);
    expect(await failed).toMatchObject({
      name: 'TransferError',
      reason: 'not_allowed',
      failure: data,
    });
  });

  it('by another call names that one, also through a proxy', async () => {
    const { bench, call } = await talking();
    const other = await bench.connect();
    const outcome = outcomeOf(new Proxy(call, {}).transfer(new Proxy(other, {})));
    const request = await asked(bench);
    expect(request.params).toMatchObject({ action: 'replace', replaceCallID: other.id });
    request.reply({ action: 'replace' });
    await settle();
    await bench.receive('bye', { callID: call.id, cause: 'ATTENDED_TRANSFER', causeCode: 601 });
    expect(await outcome).toBe('done');
  });

  it.each([null, undefined, '', '  ', {}, [], Number.NaN, true, 'x'.repeat(300), 'a\nb'])(
    'asks nothing for %j',
    async (junk) => {
      const { bench, call } = await talking();
      const outcome = await outcomeOf(call.transfer(junk as never, null));
      expect(outcome).toBe('invalid');
      expect(bench.signaling.of('modify')).toHaveLength(0);
    },
  );

  it('not to itself', async () => {
    const { call } = await talking();
    expect(await outcomeOf(call.transfer(call))).toBe('invalid');
  });

  it('not before the answer, and not after the end', async () => {
    const { bench, call } = await talking();
    await bench.receive('bye', { callID: call.id });
    expect(await outcomeOf(call.transfer('1003'))).toBe('call_ended');
    const ringing = await bench.dial();
    expect(await outcomeOf(ringing.transfer('1003'))).toBe('in_progress');
  });

  it('not at a gateway that cannot', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    expect(await outcomeOf(call.transfer('1003'))).toBe('unsupported');
    expect(bench.signaling.of('modify')).toHaveLength(0);
  });

  it('the call ends first', async () => {
    const { bench, call } = await talking();
    const outcome = outcomeOf(call.transfer('1003'));
    (await asked(bench)).reply({ action: 'transfer' });
    await settle();
    await bench.receive('bye', { callID: call.id, cause: 'NORMAL_CLEARING', causeCode: 16 });
    expect(await outcome).toBe('call_ended');
  });

  it('is asked again when the reply was lost with the socket, by the same id', async () => {
    const { bench, call } = await talking();
    const outcome = outcomeOf(call.transfer('1003'));
    const first = await asked(bench);
    bench.signaling.ready = false;
    bench.registry.onSignalingLost();
    first.fail('connection_lost');
    await settle();
    expect(bench.signaling.of('modify')).toHaveLength(1);
    bench.registry.onReattachedSessions([call.id]);
    bench.signaling.ready = true;
    bench.registry.onSignalingReady();
    await settle();
    const second = bench.signaling.last('modify');
    expect(bench.signaling.of('modify')).toHaveLength(2);
    expect(idOf(second.params)).toBe(idOf(first.params));
    second.reply({ action: 'transfer' });
    await settle();
    await bench.receive('bye', { callID: call.id, cause: 'BLIND_TRANSFER', causeCode: 600 });
    expect(await outcome).toBe('done');
  });

  it('is taken back by its signal', async () => {
    const { bench, call } = await talking();
    const aborting = new AbortController();
    const outcome = outcomeOf(call.transfer('1003', { signal: aborting.signal }));
    const request = await asked(bench);
    request.reply({ action: 'transfer' });
    await settle();
    aborting.abort();
    await settle();
    const transfer = idOf(request.params);
    expect(bench.signaling.last('modify').params).toMatchObject({
      offhook: { transfer, cancel: true },
    });
    const about = { callID: call.id, event: 'transfer_failed', cause: 'ORIGINATOR_CANCEL' };
    await bench.receive('offhook', { ...about, transfer });
    expect(await outcome).toBe('cancelled');
    expect(await outcomeOf(call.transfer('1003', { signal: aborting.signal }))).toBe('cancelled');
  });

  it('goes out by the leg that took the place of the one it waited with', async () => {
    const { bench, call } = await talking();
    lose(bench);
    const outcome = outcomeOf(call.transfer('1003'));
    await settle();
    await attach(bench, call.id);
    await resume(bench, [call.id]);
    const modify = bench.signaling.of('modify');
    expect(modify).toHaveLength(1);
    expect(modify[0]?.params).toMatchObject({ dialogParams: { callID: call.id, attach: true } });
    modify[0]?.reply({ action: 'transfer' });
    await settle();
    await bench.receive('bye', { callID: call.id, cause: 'BLIND_TRANSFER', causeCode: 600 });
    expect(await outcome).toBe('done');
  });

  it('is asked for again when another leg takes over while the request is on its way', async () => {
    const { bench, call } = await talking();
    let settled = false;
    const outcome = outcomeOf(call.transfer('1003')).finally(() => (settled = true));
    const first = await asked(bench);
    await attach(bench, call.id);
    expect(settled).toBe(false);
    expect(bench.signaling.of('modify')).toHaveLength(2);
    const second = bench.signaling.last('modify');
    expect(idOf(second.params)).toBe(idOf(first.params));
    second.reply({ action: 'transfer' });
    await settle();
    expect(settled).toBe(false);
    await bench.receive('bye', { callID: call.id, cause: 'BLIND_TRANSFER', causeCode: 600 });
    expect(await outcome).toBe('done');
    expect(bench.errorCodes).toEqual([]);
  });

  it('is asked for as often as its reply is lost, and no more when the call is over', async () => {
    const { bench, call } = await talking();
    const outcome = outcomeOf(call.transfer('1003'));
    await settle();
    for (let lost = 1; lost <= 4; lost += 1) {
      expect(bench.signaling.of('modify')).toHaveLength(lost);
      lose(bench);
      bench.signaling.last('modify').fail('connection_lost');
      await settle();
      await resume(bench, [call.id]);
    }
    lose(bench);
    bench.signaling.last('modify').fail('connection_lost');
    await settle();
    await resume(bench, []);
    expect(await outcome).toBe('call_ended');
    expect(bench.signaling.of('modify')).toHaveLength(5);
  });

  it('is cancelled at once while nothing was sent, and nothing goes out later', async () => {
    const { bench, call } = await talking();
    lose(bench);
    const aborting = new AbortController();
    const outcome = outcomeOf(call.transfer('1003', { signal: aborting.signal }));
    await settle();
    aborting.abort();
    expect(await outcome).toBe('cancelled');
    await resume(bench, [call.id]);
    expect(bench.signaling.of('modify')).toHaveLength(0);
    expect(call.state).toBe('active');
  });

  it('is cancelled though the signal aborts in the moment before it would go out', async () => {
    const { bench, call } = await talking();
    lose(bench);
    const aborting = new AbortController();
    const outcome = outcomeOf(call.transfer('1003', { signal: aborting.signal }));
    await settle();
    const resumed = resume(bench, [call.id]);
    aborting.abort();
    await resumed;
    expect(await outcome).toBe('cancelled');
    expect(bench.signaling.of('modify')).toHaveLength(0);
  });

  it('a cancel that was lost with the socket is sent again', async () => {
    const { bench, call } = await talking();
    const aborting = new AbortController();
    const outcome = outcomeOf(call.transfer('1003', { signal: aborting.signal }));
    const order = await asked(bench);
    order.reply({ action: 'transfer' });
    await settle();
    aborting.abort();
    await settle();
    expect(bench.signaling.of('modify')).toHaveLength(2);
    lose(bench);
    bench.signaling.last('modify').fail('connection_lost');
    await settle();
    await resume(bench, [call.id]);
    await attach(bench, call.id);
    const transfer = idOf(order.params);
    const cancels = bench.signaling.of('modify').slice(1);
    expect(cancels).toHaveLength(3);
    for (const { params } of cancels) {
      expect(params).toMatchObject({ offhook: { transfer, cancel: true } });
    }
    const about = { callID: call.id, event: 'transfer_failed', cause: 'ORIGINATOR_CANCEL' };
    await bench.receive('offhook', { ...about, transfer });
    expect(await outcome).toBe('cancelled');
    bench.signaling.last('modify').fail('timeout');
    await settle();
    expect(bench.errorCodes).toEqual([]);
  });

  it('a cancel that the gateway refuses is told', async () => {
    const { bench, call } = await talking();
    const aborting = new AbortController();
    const outcome = outcomeOf(call.transfer('1003', { signal: aborting.signal }));
    (await asked(bench)).reply({ action: 'transfer' });
    await settle();
    aborting.abort();
    await settle();
    bench.signaling.last('modify').fail('rejected');
    await settle();
    expect(bench.errorCodes).toEqual([49001]);
    await bench.receive('bye', { callID: call.id, cause: 'BLIND_TRANSFER', causeCode: 600 });
    expect(await outcome).toBe('done');
  });

  it('by another call names the id that this one has whenever it is asked for', async () => {
    const { bench, call } = await talking();
    const other = await bench.connect();
    let moved = other.id;
    other.on('recovered', ({ id }) => (moved = id));
    const outcome = outcomeOf(call.transfer(other));
    const first = await asked(bench);
    expect(first.params).toMatchObject({ replaceCallID: other.id });
    // The other call goes on under a new id.
    bench.webrtc.peer.connection('failed');
    await bench.platform.clock.advance(5_000);
    expect(moved).not.toBe(other.id);
    lose(bench);
    first.fail('connection_lost');
    await settle();
    await resume(bench, [call.id, moved]);
    const second = bench.signaling.last('modify');
    expect(second.params).toMatchObject({ action: 'replace', replaceCallID: moved });
    expect(idOf(second.params)).toBe(idOf(first.params));
    await bench.receive('bye', { callID: call.id, cause: 'ATTENDED_TRANSFER', causeCode: 601 });
    expect(await outcome).toBe('done');
  });

  it('asks nothing for a call whose id cannot be read, nor with what is no signal', async () => {
    const { bench, call } = await talking();
    const broken = {
      get id(): string {
        throw new Error('broken');
      },
    };
    expect(await outcomeOf(call.transfer(broken as never))).toBe('invalid');
    const signal = { addEventListener: () => undefined };
    const outcome = await outcomeOf(call.transfer('1003', { signal: signal as never }));
    expect(outcome).toBeInstanceOf(TypeError);
    expect(bench.signaling.of('modify')).toHaveLength(0);
  });
});

it('who is at the far end now is told, and kept', async () => {
  const { bench, call } = await talking();
  expect(call.remoteParty).toBeNull();
  const told: unknown[] = [];
  call.on('remoteParty', (party) => told.push(party));
  await bench.receive('display', {
    callID: call.id,
    display_name: 'Carla',
    display_number: '1003',
    display_direction: 'inbound',
  });
  expect(told).toEqual([{ name: 'Carla', number: '1003' }]);
  expect(call.remoteParty).toEqual({ name: 'Carla', number: '1003' });
});

it('a display that names nobody, or who is known, tells of nobody else', async () => {
  const { bench, call } = await talking();
  const told: unknown[] = [];
  call.on('remoteParty', (party) => told.push(party));
  const shown = (display_name?: string, display_number?: string) =>
    bench.receive('display', { callID: call.id, display_name, display_number });
  await shown();
  await shown('', '');
  await shown('Ana', '1002');
  expect(call.remoteParty).toBeNull();
  await shown('Carla', '1003');
  await shown('Carla', '1003');
  await shown('', '');
  expect(told).toEqual([{ name: 'Carla', number: '1003' }]);
  await shown('Ana', '1002');
  expect(call.remoteParty).toEqual({ name: 'Ana', number: '1002' });
});
