import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import './simulate.ts';
import type { Call } from './calls/call.ts';
import { TelnyxRTC } from './client.ts';
import { settle } from './testing/fake-clock.ts';
import { FakeGateway } from './testing/fake-gateway.ts';
import { fakeSdp } from './testing/fake-peer-connection.ts';
import { FakePlatform } from './testing/fake-platform.ts';
import { FakeWebRtc } from './testing/fake-webrtc.ts';

type Json = Record<string, unknown>;

/** A client that talks with a gateway of ours, which keeps its calls and attaches those whose peer is gone. */
async function talk(options: { readonly keep: boolean; readonly auto: boolean }) {
  const webrtc = new FakeWebRtc();
  const platform = new FakePlatform({ webrtc });
  const gateway = new FakeGateway(platform);
  const legs = new Set<string>();
  gateway.loginExtras = {
    offhook: { v: 1, trickle: true, reattach: true, replace: true, ping: true, ai: false },
  };
  const later = (act: () => void): Json => {
    queueMicrotask(() => queueMicrotask(act));
    return { message: 'OK' };
  };
  const callOf = (frame: Json): string =>
    ((frame['params'] as Json)['dialogParams'] as { callID: string }).callID;
  gateway.answers['login'] = (frame) => {
    const { offhook } = frame['params'] as {
      offhook?: { calls?: { callID: string; peer: string }[] };
    };
    const { socket } = platform;
    for (const callID of legs) {
      const told = offhook?.calls?.find((call) => call.callID === callID);
      if (told?.peer === 'live') {
        continue;
      }
      later(() => gateway.send(socket, 'attach', { callID, sdp: fakeSdp('again') }));
    }
    gateway.reattached = [...legs];
    return { message: 'logged in', sessid: gateway.sessionId, ...gateway.loginExtras };
  };
  gateway.answers['telnyx_rtc.invite'] = (frame) => {
    const callID = callOf(frame);
    const { socket } = platform;
    legs.add(callID);
    return later(() => gateway.send(socket, 'answer', { callID, sdp: fakeSdp() }));
  };
  gateway.answers['telnyx_rtc.bye'] = (frame) => {
    legs.delete(callOf(frame));
    return { message: 'OK' };
  };
  gateway.answers['telnyx_rtc.modify'] = (frame) => {
    const { action } = frame['params'] as { action: string };
    return action === 'updateMedia'
      ? { sdp: fakeSdp('newer') }
      : { holdState: action === 'hold' ? 'held' : 'active' };
  };
  const client = new TelnyxRTC(
    {
      host: 'wss://gw.test',
      login: '1001',
      password: 'p',
      keepConnectionAliveOnSocketClose: options.keep,
      autoRecoverCalls: options.auto,
      enableCallReports: false,
      iceServers: [],
    },
    platform,
  );
  const states = new Map<Call, string[]>();
  const lost: (string | undefined)[] = [];
  client.on('telnyx.notification', ({ type, call }) => {
    if (type === 'callUpdate' && call) {
      states.set(call, [...(states.get(call) ?? []), call.state]);
    }
  });
  client.on('telnyx.error', ({ error, callId }) => {
    if (error.code === 48501) {
      lost.push(callId);
    }
  });
  await client.connect({});
  client.newCall({ destinationNumber: '1002' });
  for (let i = 0; i < 4; i++) {
    await settle();
  }
  webrtc.peer.connection('connected');
  await settle();
  return { client, platform, gateway, webrtc, legs, states, lost };
}

type Bench = Awaited<ReturnType<typeof talk>>;
const call = ({ client }: Bench): Call | undefined => Object.values(client.calls)[0];

const STEPS: Readonly<Record<string, (bench: Bench) => unknown>> = {
  'socket lost': ({ platform }) => platform.socket.lose(),
  'black hole': ({ client }) => client.simulate('black-hole'),
  'host down': ({ platform, gateway }) => (platform.reachable = gateway.accepts = false),
  'host up': ({ platform, gateway }) => (platform.reachable = gateway.accepts = true),
  'gateway forgets': ({ legs, gateway }) => {
    legs.clear();
    gateway.sessionId = 'sess-2';
  },
  'attach, unasked': (bench) =>
    bench.gateway.send(bench.platform.socket, 'attach', {
      callID: call(bench)?.id ?? 'stranger',
      sdp: fakeSdp('odd'),
    }),
  bye: (bench) => {
    const id = call(bench)?.id ?? 'stranger';
    bench.legs.delete(id);
    bench.gateway.send(bench.platform.socket, 'bye', { callID: id });
  },
  disconnected: ({ webrtc }) => webrtc.peer.connection('disconnected'),
  failed: ({ webrtc }) => webrtc.peer.connection('failed'),
  connected: ({ webrtc }) => webrtc.peer.connection('connected'),
  'peer closed': ({ webrtc }) => (webrtc.peer.signalingState = 'closed'),
  'media plays': ({ webrtc }) => {
    for (const receiver of webrtc.peer.getReceivers()) {
      receiver.playedAt += 1;
    }
  },
  online: ({ platform }) => platform.fakeWindow.fire('online'),
  offline: ({ platform }) => platform.fakeWindow.fire('offline'),
  pageshow: ({ platform }) => platform.fakeWindow.fire('pageshow'),
  sleep: ({ platform }) => platform.clock.sleep(40_000),
  '300 ms': ({ platform }) => platform.clock.advance(300),
  '3 s': ({ platform }) => platform.clock.advance(3_000),
  '6 s': ({ platform }) => platform.clock.advance(6_000),
  '12 s': ({ platform }) => platform.clock.advance(12_000),
  hold: (bench) => void call(bench)?.hold(),
  unhold: (bench) => void call(bench)?.unhold(),
  digit: (bench) => call(bench)?.dtmf('1'),
  recover: (bench) => call(bench)?.recover(),
  hangup: (bench) => void call(bench)?.hangup(),
  connect: ({ client }) => client.connect(),
};

const LEGAL_LAST = ['destroy', 'recovering'];

describe('A client, its session and its call under faults in any order', () => {
  it('there is one object for the call at most, it ends at most once, and nothing runs on', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ keep: fc.boolean(), auto: fc.boolean() }),
        fc.array(fc.constantFrom(...Object.keys(STEPS)), { maxLength: 40 }),
        async (options, steps) => {
          const bench = await talk(options);
          const { client, platform, gateway, states, lost } = bench;
          for (const step of steps) {
            await STEPS[step]?.(bench);
            await settle();
            expect(Object.keys(client.calls).length).toBeLessThanOrEqual(1);
            const live = platform.sockets.filter(({ onclose }) => onclose !== null);
            expect(live.length).toBeLessThanOrEqual(2);
          }
          platform.reachable = gateway.accepts = true;
          const closing = client.disconnect();
          for (const socket of platform.sockets) {
            socket.answersClose = true;
          }
          await platform.clock.advance(30_000);
          await closing;
          expect(platform.running()).toEqual({ timers: 0, sockets: 0, listeners: 0 });
          expect(bench.webrtc.running()).toMatchObject({ peers: 0, tracks: 0, elements: 0 });
          for (const [one, seen] of states) {
            expect(LEGAL_LAST).toContain(one.state);
            expect(seen.filter((state) => state === 'hangup').length).toBeLessThanOrEqual(1);
          }
          expect(new Set(lost).size).toBe(lost.length);
          expect(platform.reported).toEqual([]);
        },
      ),
      { numRuns: Number(process.env['RUNS'] ?? 200) },
    );
  }, 60_000);
});
