import { describe, expect, it } from 'vitest';
import './simulate.ts';
import type { Call } from './calls/call.ts';
import { TelnyxRTC } from './client.ts';
import type { SimulatedFault } from './simulate.ts';
import { settle } from './testing/fake-clock.ts';
import { FakeGateway } from './testing/fake-gateway.ts';
import { fakeSdp } from './testing/fake-peer-connection.ts';
import { FakePlatform } from './testing/fake-platform.ts';
import { FakeWebRtc } from './testing/fake-webrtc.ts';

const OURS = { v: 1, trickle: true, reattach: true, replace: true, ping: true, ai: false };

/** A client that talks. */
async function talk() {
  const webrtc = new FakeWebRtc();
  const platform = new FakePlatform({ webrtc });
  const gateway = new FakeGateway(platform);
  gateway.loginExtras = { offhook: OURS };
  const client = new TelnyxRTC(
    {
      host: 'wss://gw.test',
      login: '1001',
      password: 'p',
      keepConnectionAliveOnSocketClose: true,
      enableCallReports: false,
      iceServers: [],
    },
    platform,
  );
  const codes: number[] = [];
  client.on('telnyx.error', ({ error }) => codes.push(error.code));
  await client.connect({});
  const call = client.newCall({ destinationNumber: '1002' });
  await platform.clock.advance(0);
  await settle();
  gateway.send(platform.socket, 'answer', { callID: call.id, sdp: fakeSdp() });
  await settle();
  webrtc.peer.connection('connected');
  await settle();
  gateway.reattached = [call.id];
  const end = async (): Promise<void> => {
    const closing = client.disconnect();
    await platform.clock.advance(20_000);
    await closing;
    expect(platform.running()).toEqual({ timers: 0, sockets: 0, listeners: 0 });
  };
  const live = (): Call | undefined => Object.values(client.calls)[0];
  return { client, platform, gateway, webrtc, call, codes, live, end };
}

describe('client.simulate', () => {
  it('is of a call that talks, to begin with', async () => {
    const { call, end } = await talk();
    expect(call.state).toBe('active');
    await end();
  });

  for (const fault of ['socket-loss', 'black-hole'] as const) {
    it(`${fault}: the same call goes on over another socket`, async () => {
      const { client, platform, call, codes, live, end } = await talk();
      await client.simulate(fault);
      await platform.clock.advance(6_000);
      expect(platform.sockets).toHaveLength(2);
      expect(client.sessionState).toBe('ready');
      expect(live()).toBe(call);
      expect(call.state).toBe('active');
      expect(codes).toEqual([]);
      await end();
    });
  }

  it('outage: the gateway cannot be reached, then it can', async () => {
    const { client, platform, gateway, live, call, end } = await talk();
    let over = false;
    void client.simulate('outage', { forMs: 20_000 }).then(() => (over = true));
    await settle();
    // What the browser makes of an address that nobody has.
    platform.reachable = gateway.accepts = false;
    await platform.clock.advance(19_000);
    expect(client.sessionState).not.toBe('ready');
    expect(platform.fetched.at(-1)).toContain('outage.invalid');
    platform.reachable = gateway.accepts = true;
    await platform.clock.advance(12_000);
    expect(over).toBe(true);
    expect(client.sessionState).toBe('ready');
    expect(platform.socket.url).toContain('gw.test');
    expect(live()).toBe(call);
    await end();
  });

  it('path-loss: ICE is restarted, the call is the same', async () => {
    const { client, platform, live, call, end } = await talk();
    await client.simulate('path-loss');
    await platform.clock.advance(2_500);
    expect(platform.socket.methods).toContain('telnyx_rtc.modify');
    expect(live()).toBe(call);
    await end();
  });

  it('path-failure: another call takes its place', async () => {
    const { client, platform, live, call, end } = await talk();
    await client.simulate('path-failure', { callId: call.id });
    await platform.clock.advance(5_500);
    expect(live()?.recoveredCallId).toBe(call.id);
    expect(live()?.id).not.toBe(call.id);
    await end();
  });

  it('peer-closed: told, and a new offer is asked for', async () => {
    const { client, platform, call, end } = await talk();
    let told = 0;
    client.on('telnyx.rtc.peerConnectionSignalingStateClosed', () => told++);
    await client.simulate('peer-closed');
    await platform.clock.advance(500);
    expect(told).toBe(1);
    expect(call.signalingStateClosed).toBe(true);
    expect(platform.socket.sent[0]?.['params']).toMatchObject({
      offhook: { calls: [{ callID: call.id, peer: 'gone' }] },
    });
    await end();
  });

  it('gateway-restart: the call ends once with 48501', async () => {
    const { client, platform, gateway, call, codes, end } = await talk();
    gateway.reattached = [];
    gateway.sessionId = 'sess-2';
    await client.simulate('gateway-restart');
    await platform.clock.advance(1_000);
    expect(platform.socket.last('login')?.['params']).not.toHaveProperty('sessid');
    expect(codes).toEqual([48501]);
    expect(call).toMatchObject({ state: 'destroy', causeCode: 41 });
    await end();
  });

  it('drain, punt, taken-over and offline do what they are named after', async () => {
    const outcomes: unknown[] = [];
    for (const fault of ['drain', 'punt', 'taken-over', 'offline'] as const) {
      const { client, platform, codes, end } = await talk();
      void client.simulate(fault, { forMs: 3_000 });
      await platform.clock.advance(2_500);
      outcomes.push([fault, client.sessionState, client.sessionOutcome, codes]);
      await platform.clock.advance(2_000);
      await end();
    }
    expect(outcomes).toEqual([
      ['drain', 'waiting', undefined, []],
      ['punt', 'closed', 'punted', []],
      ['taken-over', 'closed', 'taken_over', []],
      ['offline', 'ready', undefined, [48001]],
    ]);
  });

  it('refuses what is no fault', async () => {
    const { client, end } = await talk();
    await expect(client.simulate('nonsense' as SimulatedFault)).rejects.toThrow(TypeError);
    await end();
  });
});
