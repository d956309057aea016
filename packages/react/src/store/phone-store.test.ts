import { describe, expect, it, vi } from 'vitest';
import { FakeClient } from '../testing/fake-client.ts';
import { createPhoneStore } from './phone-store.ts';

function setUp() {
  const client = new FakeClient();
  const media = client.devices;
  let now = 1000;
  const store = createPhoneStore(client.asClient, { now: () => now });
  const changed = vi.fn();
  const stop = store.subscribe(changed);
  const last = () => store.getSnapshot().calls.at(-1);
  return { client, media, store, changed, stop, last, advance: (ms: number) => (now += ms) };
}

describe('the connection', () => {
  it('goes from idle over connecting to ready, and reconnects after a loss', () => {
    const { client, store } = setUp();
    expect(store.getSnapshot().connection).toBe('idle');
    store.connect();
    expect(store.getSnapshot().connection).toBe('connecting');
    client.ready();
    expect(store.getSnapshot().connection).toBe('ready');
    client.loseSocket();
    expect(store.getSnapshot().connection).toBe('reconnecting');
    client.openSocket();
    expect(store.getSnapshot().connection).toBe('reconnecting');
    client.ready();
    expect(store.getSnapshot().connection).toBe('ready');
  });

  it('is closed after disconnect, and failed after the client gave up', () => {
    const { client, store } = setUp();
    client.ready();
    void client.disconnect();
    expect(store.getSnapshot().connection).toBe('closed');
    store.connect();
    expect(store.getSnapshot().connection).toBe('connecting');
    client.openSocket();
    client.refuse();
    expect(store.getSnapshot().connection).toBe('failed');
  });

  it('stays ready when only a renewal of the sign-in failed', () => {
    const { client, store } = setUp();
    client.ready();
    client.fail(46001);
    expect(store.getSnapshot().connection).toBe('ready');
    expect(store.getSnapshot().problems).toHaveLength(1);
  });

  it('is known also when the store starts after the client', () => {
    const client = new FakeClient();
    client.ready();
    client.receiveCall('1002');
    const store = createPhoneStore(client.asClient);
    const stop = store.subscribe(() => undefined);
    expect(store.getSnapshot().connection).toBe('ready');
    expect(store.getSnapshot().calls).toHaveLength(1);
    stop();
  });
});

describe('a call', () => {
  it('appears with its first update and says who it is', () => {
    const { client, last } = setUp();
    client.newCall({ destinationNumber: '1002' });
    expect(last()).toMatchObject({ number: '1002', name: '', direction: 'outbound', state: 'new' });
    client.receiveCall('1003', 'Ada');
    expect(last()).toMatchObject({ number: '1003', name: 'Ada', direction: 'inbound' });
  });

  it('shows the far end ringing, mute and remote hold, which are no states', () => {
    const { client, last } = setUp();
    const call = client.newCall({ destinationNumber: '1002' }).to('requesting').to('trying');
    expect(last()?.ringing).toBe(false);
    call.ring();
    expect(last()?.ringing).toBe(true);
    call.to('active');
    call.muteAudio();
    call.holdRemotely(true);
    expect(last()).toMatchObject({ muted: true, remoteHeld: true, held: false });
    call.loseRemote(true);
    expect(last()).toMatchObject({ remoteAway: true, remoteHeld: true });
    call.loseRemote(false);
    expect(last()?.remoteAway).toBe(false);
  });

  it('keeps the time of its first answer through hold and through a replaced object', () => {
    const { client, last, advance } = setUp();
    const call = client.newCall({ destinationNumber: '1002' }).to('active');
    expect(last()?.startedAt).toBe(1000);
    advance(5000);
    call.to('held').to('active');
    expect(last()?.startedAt).toBe(1000);
    call.to('recovering');
    client.addCall({ id: call.id, direction: 'outbound', number: '1002' }).to('active');
    call.to('destroy');
    expect(last()).toMatchObject({ startedAt: 1000, state: 'active' });
    client
      .addCall({ id: 'b', direction: 'outbound', number: '1002', recoveredCallId: call.id })
      .to('active');
    expect(last()).toMatchObject({ id: 'b', startedAt: 1000 });
    expect(client.calls[call.id]).toBeDefined();
  });

  it('of a page that was reloaded has been talked on since it was answered', () => {
    const { client, store } = setUp();
    const call = client.addCall({
      id: 'a',
      direction: 'inbound',
      number: '1002',
      recoveredCallId: 'a',
    });
    call.answeredAt = 400;
    call.to('recovering').to('active');
    expect(store.getSnapshot().calls.at(-1)).toMatchObject({ startedAt: 400 });
  });

  it('leaves with its cause, is told once to those who wait for ends, and loses its listeners', () => {
    const { client, store, advance } = setUp();
    const ended = vi.fn();
    store.onCallEnded(ended);
    const call = client.newCall({ destinationNumber: '1002' }).to('active');
    expect(call.listenerCount).toBeGreaterThan(0);
    advance(3000);
    call.end('USER_BUSY', 17);
    expect(store.getSnapshot().calls).toHaveLength(0);
    expect(store.getSnapshot().lastEnded).toMatchObject({
      cause: 'USER_BUSY',
      endedAt: 4000,
      endedBy: 'remote',
    });
    expect(ended).toHaveBeenCalledTimes(1);
    expect(call.listenerCount).toBe(0);
  });

  it('is gone from the snapshot when those who wait for ends are told', () => {
    const { client, store } = setUp();
    const seen: number[] = [];
    store.onCallEnded(() => seen.push(store.getSnapshot().calls.length));
    client.newCall({ destinationNumber: '1002' }).end();
    expect(seen).toEqual([0]);
  });
});

describe('a snapshot', () => {
  it('is the same object until something changes, and never changes itself', () => {
    const { client, store, changed } = setUp();
    const call = client.newCall({ destinationNumber: '1002' });
    const before = store.getSnapshot();
    const calls = before.calls;
    changed.mockClear();
    call.to('new');
    expect(changed).not.toHaveBeenCalled();
    expect(store.getSnapshot()).toBe(before);
    call.to('requesting');
    expect(changed).toHaveBeenCalledTimes(1);
    expect(store.getSnapshot()).not.toBe(before);
    expect(calls[0]?.state).toBe('new');
  });

  it('leaves the calls alone when only the connection changes', () => {
    const { client, store } = setUp();
    client.newCall({ destinationNumber: '1002' });
    const { calls } = store.getSnapshot();
    client.ready();
    expect(store.getSnapshot().calls).toBe(calls);
  });
});

describe('problems', () => {
  it('carry what to do, do not repeat themselves, and can be dismissed', () => {
    const { client, store } = setUp();
    client.fail(44001, { callId: 'a' });
    client.fail(44001, { callId: 'a' });
    client.fail(44001, { callId: 'b' });
    const { problems } = store.getSnapshot();
    expect(problems.map((problem) => problem.callId)).toEqual(['a', 'b']);
    expect(problems[0]?.solutions).toEqual(['A solution']);
    store.dismissProblem(problems[0]?.key ?? 0);
    expect(store.getSnapshot().problems.map((problem) => problem.callId)).toEqual(['b']);
  });

  it('are kept to the newest twenty', () => {
    const { client, store } = setUp();
    for (let code = 0; code < 25; code++) {
      client.fail(code);
    }
    expect(store.getSnapshot().problems.map((problem) => problem.code)[0]).toBe(5);
  });
});

describe('devices', () => {
  const mic = (deviceId: string, label = deviceId) =>
    ({ kind: 'audioinput', deviceId, label }) as const;

  it('are read without asking, and again when one is plugged in', async () => {
    const { client, media, store } = setUp();
    media.plug([mic('', ''), { kind: 'audiooutput', deviceId: 'desk', label: 'Desk' }]);
    await vi.waitFor(() => expect(store.getSnapshot().devices.speakers).toHaveLength(1));
    expect(store.getSnapshot().devices).toMatchObject({ microphones: [], labelled: false });
    media.plug([mic('usb')]);
    await vi.waitFor(() => expect(store.getSnapshot().devices.labelled).toBe(true));
    expect(client.actions).toEqual([]);
  });

  it('are chosen for new calls and for those that are up', async () => {
    const { client, store } = setUp();
    const call = client.newCall({ destinationNumber: '1002' }).to('active');
    const waiting = client.receiveCall('1003');
    await store.selectMicrophone('usb');
    await store.selectSpeaker('desk');
    expect(client).toMatchObject({ micId: 'usb', speaker: 'desk' });
    expect(call.actions).toEqual([
      ['setAudioInDevice', 'usb'],
      ['setAudioOutDevice', 'desk'],
    ]);
    expect(waiting.actions).toEqual([]);
    expect(store.getSnapshot().devices).toMatchObject({ microphoneId: 'usb', speakerId: 'desk' });
  });

  it('go back to what the browser would choose', async () => {
    const { client, media, store } = setUp();
    media.plug([mic('built-in'), mic('default')]);
    await vi.waitFor(() => expect(store.getSnapshot().devices.microphones).toHaveLength(2));
    const call = client.newCall({ destinationNumber: '1002' }).to('active');
    await store.selectMicrophone('built-in');
    await store.selectMicrophone(null);
    await store.selectSpeaker(null);
    expect(client.micId).toBeUndefined();
    expect(call.actions).toEqual([
      ['setAudioInDevice', 'built-in'],
      ['setAudioInDevice', 'default'],
    ]);
  });
});

describe('the end of a subscription', () => {
  it('leaves no listener on the client, its calls or the devices', () => {
    const { client, media, store, stop } = setUp();
    const call = client.newCall({ destinationNumber: '1002' }).to('active');
    const stopEnds = store.onCallEnded(() => undefined);
    stop();
    expect(client.listenerCount).toBeGreaterThan(0);
    stopEnds();
    stopEnds();
    expect(client.listenerCount).toBe(0);
    expect(call.listenerCount).toBe(0);
    expect(media.listenerCount).toBe(0);
  });

  it('does not tell a listener that left during the same change', () => {
    const { client, store } = setUp();
    const late = vi.fn();
    const undo: (() => void)[] = [];
    store.subscribe(() => undo[0]?.());
    undo.push(store.subscribe(late));
    client.ready();
    client.loseSocket();
    expect(late).toHaveBeenCalledTimes(0);
  });
});
