import { describe, expect, it } from 'vitest';
import { settle } from '../testing/fake-clock.ts';
import { CallBench, NOTHING } from '../testing/call-bench.ts';
import { fakeSdp } from '../testing/fake-peer-connection.ts';

describe('Hold', () => {
  it('is held and resumed by the gateway, and says so', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    const told: unknown[] = [];
    call.on('hold', (change) => told.push(change));
    const held = call.hold();
    await settle();
    expect(bench.signaling.last('modify').params).toMatchObject({
      action: 'hold',
      sessid: 'session-1',
    });
    bench.signaling.last('modify').reply({ holdState: 'held' });
    expect(await held).toBe(true);
    expect(call.state).toBe('held');
    const resumed = call.unhold();
    await settle();
    bench.signaling.last('modify').reply({ holdState: 'active' });
    expect(await resumed).toBe(true);
    expect(call.state).toBe('active');
    expect(told).toEqual([
      { side: 'local', held: true },
      { side: 'local', held: false },
    ]);
  });

  it('resolves false with 44001 and changes nothing when the gateway refuses', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    const held = call.toggleHold();
    await settle();
    bench.signaling.last('modify').fail('rejected');
    expect(await held).toBe(false);
    expect(bench.errorCodes).toEqual([44001]);
    expect(call.state).toBe('active');
  });

  it.each(['hold', 'toggleHold'] as const)(
    '%s() whose reply was lost with the socket is asked for again, as what was meant',
    async (action) => {
      const bench = new CallBench();
      const call = await bench.connect();
      const held = call[action]();
      await settle();
      bench.signaling.ready = false;
      bench.registry.onSignalingLost();
      bench.signaling.last('modify').fail('connection_lost');
      await settle();
      expect(bench.signaling.of('modify')).toHaveLength(1);
      bench.registry.onReattachedSessions([call.id]);
      bench.signaling.ready = true;
      bench.registry.onSignalingReady();
      await settle();
      expect(bench.signaling.of('modify')).toHaveLength(2);
      expect(bench.signaling.last('modify').params).toMatchObject({ action: 'hold' });
      bench.signaling.last('modify').reply({ holdState: 'held' });
      expect(await held).toBe(true);
      expect(call.state).toBe('held');
      expect(bench.errorCodes).toEqual([]);
    },
  );

  it('resolves false when the reply is lost twice', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    const held = call.hold();
    for (let socket = 0; socket < 2; socket += 1) {
      await settle();
      bench.signaling.last('modify').fail('connection_lost');
    }
    expect(await held).toBe(false);
    expect(bench.errorCodes).toEqual([44001]);
  });

  it('settles, false, when the call ends meanwhile', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    const both = Promise.all([call.hold(), call.unhold()]);
    await settle();
    await bench.receive('bye', { callID: call.id });
    expect(await both).toEqual([false, false]);
  });

  it('of the far side is told by a gateway of ours', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    const told: unknown[] = [];
    call.on('hold', (change) => told.push(change));
    await bench.receive('offhook', { callID: call.id, event: 'remote_held' });
    expect(call.remoteHeld).toBe(true);
    await bench.receive('offhook', { callID: call.id, event: 'remote_resumed' });
    await bench.receive('offhook', { callID: call.id, event: 'of a later version' });
    expect(call.remoteHeld).toBe(false);
    expect(told).toEqual([
      { side: 'remote', held: true },
      { side: 'remote', held: false },
    ]);
  });
});

describe('The far side’s network', () => {
  it('that goes and comes back is told, once each', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    const told: boolean[] = [];
    call.on('remoteAway', (away) => told.push(away));
    for (const event of ['remote_away', 'remote_away', 'remote_back', 'remote_back']) {
      await bench.receive('offhook', { callID: call.id, event });
      expect(call.remoteAway).toBe(event === 'remote_away');
    }
    expect(told).toEqual([true, false]);
    expect(call.remoteHeld).toBe(false);
  });
});

describe('Hanging up', () => {
  it('is done once, however often it is asked for', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    const first = call.hangup();
    const second = call.hangup({ cause: 'CALL_REJECTED', causeCode: 21 });
    bench.signaling.last('bye').reply();
    await Promise.all([first, second, call.hangup()]);
    expect(bench.signaling.of('bye')).toHaveLength(1);
    expect(call.cause).toBe('NORMAL_CLEARING');
    expect(bench.statesOf(call).filter((state) => state === 'hangup')).toHaveLength(1);
  });

  it('is over here at once, and for everyone after 5 s without a reply', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    let done = false;
    void call.hangup().then(() => (done = true));
    expect(bench.webrtc.running()).toEqual({ peers: 0, tracks: 0, elements: 0, listeners: 0 });
    await bench.platform.clock.advance(4_999);
    expect(done).toBe(false);
    await bench.platform.clock.advance(1);
    expect(done).toBe(true);
    expect(bench.running()).toEqual(NOTHING);
  });

  it('does not wait for a gateway that cannot be reached; the BYE goes when it can', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    bench.signaling.ready = false;
    bench.registry.onSignalingLost();
    await call.hangup();
    expect(call.state).toBe('destroy');
    expect(bench.signaling.of('bye')).toHaveLength(1);
  });

  it('tells 44003 when the gateway refuses the BYE, and ends all the same', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    const ended = call.hangup();
    bench.signaling.last('bye').fail('rejected');
    await ended;
    expect(bench.errorCodes).toEqual([44003]);
    expect(call.state).toBe('destroy');
  });

  it('adds headers of either spelling, and reads those of the gateway', async () => {
    const bench = new CallBench();
    const header = { name: 'X-Why', value: 'done' };
    for (const params of [
      { customHeaders: [header] },
      { dialogParams: { customHeaders: [header] } },
    ]) {
      const call = await bench.connect();
      void call.hangup(params);
      expect(bench.signaling.last('bye').params['dialogParams']).toMatchObject({
        custom_headers: [header],
      });
    }
    for (const dialogParams of [{ custom_headers: [header] }, { customHeaders: [header] }]) {
      const call = await bench.connect();
      await bench.receive('bye', {
        callID: call.id,
        client_state: 'c3RhdGU=',
        dialogParams,
      });
      expect(call.options.customHeaders).toEqual([header]);
      expect(call.options.clientState).toBe('c3RhdGU=');
    }
  });

  it('leaves options that another call can be placed with', async () => {
    const bench = new CallBench();
    const order = { name: 'X-Order', value: '1' };
    const call = await bench.connect({ customHeaders: [order] });
    await bench.receive('ringing', {
      callID: call.id,
      telnyx_call_control_id: 'control',
      telnyx_session_id: 'session',
      telnyx_leg_id: 'leg',
    });
    expect(call.telnyxIDs.telnyxLegId).toBe('leg');
    const why = { name: 'X-Why', value: 'done' };
    void call.hangup({ customHeaders: [why] });
    expect(bench.signaling.last('bye').params['dialogParams']).toMatchObject({
      custom_headers: [order, why],
    });
    const next = await bench.dial({ ...call.options, id: undefined });
    const dialog = bench.signaling.last('invite').params['dialogParams'];
    expect(dialog).toMatchObject({ custom_headers: [order] });
    expect(dialog).not.toHaveProperty('telnyxLegId');
    expect(next.telnyxIDs.telnyxSessionId).toBeUndefined();
  });

  it('survives a listener that throws, and one that hangs up in every state', async () => {
    const bench = new CallBench();
    const call = await bench.dial({
      onNotification: () => {
        throw new Error('of the application');
      },
    });
    call.on('state', () => {
      void call.hangup();
      throw new Error('of the application');
    });
    bench.signaling.last('invite').reply();
    await settle();
    bench.signaling.last('bye').reply();
    await settle();
    expect(call.state).toBe('destroy');
    expect(bench.running()).toEqual(NOTHING);
  });

  it('of all calls at once purges each, and takes no longer than one', async () => {
    const bench = new CallBench();
    const calls = [await bench.connect(), await bench.accept(), await bench.dial()];
    let done = false;
    void bench.registry
      .endAll({ bye: true, purge: true, initiator: 'test' })
      .then(() => (done = true));
    await bench.platform.clock.advance(5_000);
    expect(done).toBe(true);
    for (const call of calls) {
      expect(bench.statesOf(call).slice(-3)).toEqual(['purge', 'hangup', 'destroy']);
      expect(call.causeCode).toBe(16);
    }
    expect(bench.running()).toEqual(NOTHING);
  });
});

describe('Digits, messages and the assistant', () => {
  it('sends digits, not later than 5 s after they were pressed, and reports what was not delivered', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    call.dtmf('12#');
    const { params, options } = bench.signaling.last('info');
    expect(params).toMatchObject({ dtmf: '12#', dialogParams: { callID: call.id } });
    expect(options.maxAgeMs).toBe(5_000);
    bench.signaling.last('info').fail('expired');
    await settle();
    expect(bench.errors).toMatchObject([
      { code: 49001, fatal: false, extras: { callId: call.id } },
    ]);
    expect(call.state).toBe('active');
  });

  it('hears the digits of the far side, on the call and as the notification of the reference', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    const digits: string[] = [];
    call.on('dtmf', (digit) => digits.push(digit));
    await bench.receive('info', { callID: call.id, dtmf: '1#' });
    expect(digits).toEqual(['1', '#']);
    expect(bench.notifications('event')).toEqual([{ callID: call.id, dtmf: '1#', type: 'event' }]);
  });

  it('sends text in the name of the login', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    call.message('ext-9', 'hi');
    await settle();
    expect(bench.signaling.last('info').params['msg']).toEqual({
      from: '1001',
      to: 'ext-9',
      body: 'hi',
    });
  });

  it('talks to the assistant; attachments are optional, and the call is named where the gateway wants it', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    const reply = call.sendConversationMessage('Where is it?');
    await settle();
    bench.signaling.last('ai_conversation').reply({ message: 'ok' });
    expect(await reply).toEqual({ message: 'ok' });
    expect(bench.signaling.last('ai_conversation').params).toMatchObject({
      previous_item_id: null,
      item: {
        type: 'message',
        role: 'user',
        content: [{ type: 'input_text', text: 'Where is it?' }],
      },
    });
    bench.signaling.features = {
      v: 1,
      trickle: true,
      reattach: true,
      replace: true,
      ping: true,
      ai: true,
      transfer: false,
    };
    call.sendAIConversationMessage({ type: 'function_call_output', call_id: 'fc', output: '{}' });
    expect(bench.signaling.notifications).toMatchObject([
      { params: { call_id: call.id, item: { output: '{}' } } },
    ]);
    bench.signaling.ready = false;
    expect(() =>
      call.sendAIConversationMessage({ type: 'response.audio_stream.subscribe' }),
    ).toThrow();
  });

  it('shows who is at the other end, the right way round', async () => {
    const bench = new CallBench();
    const call = await bench.connect();
    await bench.receive('display', {
      callID: call.id,
      display_name: 'Room',
      display_number: '3000',
      display_direction: 'inbound',
    });
    expect(bench.notifications('participantData')).toMatchObject([
      { displayName: 'Room', displayNumber: '3000', displayDirection: 'outbound' },
    ]);
    expect(call.extension).toBe('3000');
  });
});

describe('Several calls', () => {
  it('each play on an element of their own, which goes with them', async () => {
    const bench = new CallBench();
    const calls = [await bench.connect(), await bench.connect()];
    const playing = bench.webrtc.elements.filter(({ srcObject }) => srcObject);
    expect(playing).toHaveLength(2);
    expect(playing.every(({ hidden, isConnected }) => hidden && isConnected)).toBe(true);
    expect(bench.warningCodes.filter((code) => code === 33010)).toHaveLength(1);
    await bench.receive('bye', { callID: calls[0]?.id ?? '' });
    expect(bench.webrtc.elements.filter(({ srcObject }) => srcObject)).toHaveLength(1);
  });

  it('warn with 33011 when they share the element of the client, and the first does not take it away', async () => {
    const bench = new CallBench();
    const element = bench.webrtc.element();
    Object.assign(bench, {});
    const remoteElement = element as unknown as HTMLMediaElement;
    const first = await bench.connect({ remoteElement });
    const second = await bench.connect({ remoteElement });
    expect(bench.warningCodes).toContain(33011);
    await bench.receive('bye', { callID: first.id });
    expect(element.srcObject).toBe(second.remoteStream);
  });

  it('tell an event of a channel that is a call to that call', async () => {
    const bench = new CallBench();
    const seen: unknown[] = [];
    const call = await bench.connect({
      onNotification: (notification) => seen.push(notification.type),
    });
    await bench.receive('event', { eventChannel: call.id, eventData: { a: 1 } });
    await bench.receive('event', { eventChannel: 'room-3', eventData: { b: 2 } });
    expect(seen.at(-1)).toBe('event');
    expect(bench.events).toEqual([
      { event: 'telnyx.notification', payload: { eventChannel: 'room-3', eventData: { b: 2 } } },
    ]);
  });
});

describe('Playing', () => {
  it('that the browser refuses is a warning, and starts at the next gesture', async () => {
    const bench = new CallBench();
    bench.webrtc.playFailure = new DOMException('gesture', 'NotAllowedError');
    const call = await bench.dial({ ringbackFile: undefined });
    bench.signaling.last('invite').reply();
    await bench.receive('answer', { callID: call.id, sdp: fakeSdp() });
    expect(bench.warningCodes).toContain(37001);
    bench.webrtc.playFailure = null;
    const element = bench.webrtc.elements.find(({ srcObject }) => srcObject);
    const before = element?.plays ?? 0;
    bench.webrtc.fakeDocument.fire('pointerdown');
    bench.webrtc.fakeDocument.fire('keydown');
    expect(element?.plays).toBe(before + 1);
    await bench.receive('bye', { callID: call.id });
    expect(bench.running()).toEqual(NOTHING);
  });

  it('goes to the chosen output; a refusal is false', async () => {
    const bench = new CallBench({ speakerId: 'speaker-1' });
    const call = await bench.connect();
    const element = bench.webrtc.elements.find(({ srcObject }) => srcObject);
    expect(element?.sinkId).toBe('speaker-1');
    expect(await call.setAudioOutDevice('speaker-2')).toBe(true);
    expect(element?.sinkId).toBe('speaker-2');
    if (element) {
      element.sinkFailure = new Error('no');
    }
    expect(await call.setAudioOutDevice('speaker-3')).toBe(false);
    expect(await call.setAudioOutDevice('')).toBe(false);
  });
});
