import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallBench, NOTHING } from '../testing/call-bench.ts';
import { settle } from '../testing/fake-clock.ts';
import { fakeSdp } from '../testing/fake-peer-connection.ts';
import {
  CALL_TABLE,
  nextPhase,
  publicState,
  type CallTransition,
  type Phase,
} from './call-state.ts';

const phases = Object.keys(CALL_TABLE) as Phase[];
const legal = new Set(
  phases.flatMap((from) =>
    Object.values(CALL_TABLE[from]).map((to) => `${publicState(from)} ${publicState(to)}`),
  ),
);

describe('The table of call states', () => {
  it('has no exits from its terminal states and reaches every other one', () => {
    expect(CALL_TABLE.destroy).toEqual({});
    expect(CALL_TABLE.replaced).toEqual({});
    const reached = new Set<Phase>(['new']);
    for (const from of reached) {
      for (const to of Object.values(CALL_TABLE[from])) {
        reached.add(to);
      }
    }
    expect([...reached].sort()).toEqual([...phases].sort());
  });

  it('never takes an answered call back to a state before it', () => {
    for (const phase of ['early', 'active', 'held'] as const) {
      for (const to of Object.values(CALL_TABLE[phase])) {
        expect(['new', 'requesting', 'trying', 'ringing', 'answering']).not.toContain(to);
      }
    }
  });

  it('can end from every live phase, whatever came before', () => {
    const events = [...new Set(phases.flatMap((phase) => Object.keys(CALL_TABLE[phase])))];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...(events as CallTransition[]))), (order) => {
        let phase: Phase = 'new';
        for (const event of order) {
          phase = nextPhase(phase, event) ?? phase;
        }
        if (!['replaced', 'destroy', 'hangup'].includes(phase)) {
          expect(nextPhase(phase, 'end')).toBe('hangup');
        }
      }),
    );
  });
});

/** What can happen to a client with calls, in any order. The number picks the call, or the open request. */
const STEPS = [
  'newCall',
  'invite',
  'attach',
  'ringing',
  'media',
  'answered',
  'answeredBare',
  'bye',
  'candidate',
  'info',
  'held',
  'resumed',
  'display',
  'badSdp',
  'reply',
  'replyHeld',
  'replyActive',
  'replySdp',
  'refuse',
  'timeout',
  'connectionLost',
  'answer',
  'hangup',
  'hangupLocal',
  'reject',
  'hold',
  'unhold',
  'dtmf',
  'mute',
  'unmute',
  'device',
  'deviceFails',
  'restart',
  'lost',
  'listed',
  'unlisted',
  'ready',
  'failed',
  'disconnected',
  'connected',
  'captureFails',
  'wait',
  'waitLong',
  'browserFails',
  'stats',
  'sample',
  'peerClosed',
  'peerDestroyed',
  'wake',
  'played',
  'pathDead',
  'pathAlive',
  'renewed',
  'recover',
] as const;
type Step = (typeof STEPS)[number];

async function take(bench: CallBench, step: Step, n: number, pending: unknown[]): Promise<void> {
  const { registry, signaling, webrtc } = bench;
  const calls = Object.values(registry.calls);
  const call = calls[n % Math.max(calls.length, 1)];
  const callID = call?.id ?? `stranger-${String(n % 3)}`;
  const open = signaling.open[n % Math.max(signaling.open.length, 1)];
  const peer = webrtc.peers[n % Math.max(webrtc.peers.length, 1)];
  const gateway = (method: string, params: object): void =>
    registry.onGatewayRequest({
      kind: 'request',
      id: 1,
      method,
      params: { callID, ...params },
    } as never);
  switch (step) {
    case 'newCall':
      if (calls.length < 4) {
        registry.newCall({ destinationNumber: '1002' });
      }
      break;
    case 'invite':
      gateway('invite', { callID: `in-${String(n % 4)}`, sdp: fakeSdp() });
      break;
    case 'attach':
      gateway('attach', { callID: n % 2 ? callID : `in-${String(n % 4)}`, sdp: fakeSdp('again') });
      break;
    case 'ringing':
      gateway('ringing', {});
      break;
    case 'media':
      gateway('media', { sdp: fakeSdp() });
      break;
    case 'answered':
      gateway('answer', { sdp: fakeSdp() });
      break;
    case 'answeredBare':
      gateway('answer', {});
      break;
    case 'badSdp':
      gateway('answer', { sdp: 'rubbish' });
      break;
    case 'bye':
      gateway('bye', {});
      break;
    case 'candidate':
      gateway('candidate', { candidate: 'candidate:1 1 udp 1 192.0.2.1 1 typ host', sdpMid: '0' });
      break;
    case 'info':
      gateway('info', { dtmf: '5' });
      break;
    case 'held':
      gateway('offhook', { event: 'remote_held' });
      break;
    case 'resumed':
      gateway('offhook', { event: 'remote_resumed' });
      break;
    case 'display':
      gateway('display', { display_name: 'x' });
      break;
    case 'reply':
      open?.reply();
      break;
    case 'replyHeld':
      open?.reply({ holdState: 'held' });
      break;
    case 'replyActive':
      open?.reply({ holdState: 'active' });
      break;
    case 'replySdp':
      open?.reply({ sdp: fakeSdp() });
      break;
    case 'refuse':
      open?.fail('rejected');
      break;
    case 'timeout':
      open?.fail('timeout');
      break;
    case 'connectionLost':
      open?.fail('connection_lost');
      break;
    case 'answer':
      pending.push(call?.answer());
      break;
    case 'hangup':
      pending.push(call?.hangup());
      break;
    case 'hangupLocal':
      pending.push(call?.hangup({}, false));
      break;
    case 'reject':
      pending.push(call?.reject());
      break;
    case 'hold':
      pending.push(call?.hold());
      break;
    case 'unhold':
      pending.push(call?.unhold());
      break;
    case 'dtmf':
      call?.dtmf('1');
      break;
    case 'mute':
      call?.muteAudio();
      break;
    case 'unmute':
      call?.unmuteAudio();
      break;
    case 'device':
      pending.push(call?.setAudioInDevice('mic-2'));
      break;
    case 'deviceFails':
      webrtc.captureFailures.push(new DOMException('gone', 'NotFoundError'));
      pending.push(call?.setAudioInDevice('mic-3'));
      break;
    case 'restart':
      call?.peer?.restartIce();
      break;
    case 'lost':
      signaling.ready = false;
      registry.onSignalingLost();
      for (const request of signaling.open) {
        if (n % 2) {
          request.fail('connection_lost');
        }
      }
      break;
    case 'listed':
      registry.onReattachedSessions(calls.map(({ id }) => id));
      break;
    case 'unlisted':
      registry.onReattachedSessions(n % 2 ? [] : [callID]);
      break;
    case 'ready':
      signaling.ready = true;
      registry.onSignalingReady();
      break;
    case 'failed':
      peer?.connection('failed');
      break;
    case 'disconnected':
      peer?.connection('disconnected');
      break;
    case 'connected':
      peer?.connection('connected');
      break;
    case 'captureFails':
      webrtc.captureFailures.push(new DOMException('no', 'NotAllowedError'));
      break;
    case 'browserFails':
      peer?.failures.set(
        ['createOffer', 'createAnswer', 'setLocalDescription', 'setRemoteDescription', 'getStats'][
          n % 5
        ] ?? '',
        new Error('browser'),
      );
      break;
    case 'stats':
      call?.getStats(() => undefined);
      break;
    case 'sample':
      call?.on('sample', () => undefined);
      break;
    case 'peerClosed':
      if (peer) {
        peer.signalingState = 'closed';
      }
      break;
    case 'peerDestroyed':
      pending.push(call?.peer?.close());
      break;
    case 'wake':
      registry.onWake();
      break;
    case 'played':
      for (const receiver of peer?.getReceivers() ?? []) {
        receiver.playedAt += 1;
      }
      break;
    case 'pathDead':
      signaling.unansweredMs = 900;
      break;
    case 'pathAlive':
      signaling.unansweredMs = 0;
      break;
    case 'renewed':
      signaling.ready = true;
      registry.onSignalingRenewed();
      break;
    case 'recover':
      call?.recover();
      break;
    case 'wait':
      await bench.platform.clock.advance(n);
      break;
    case 'waitLong':
      await bench.platform.clock.advance(n * 500);
      break;
  }
}

const run = fc.record({
  trickle: fc.boolean(),
  keepAlive: fc.boolean(),
  auto: fc.boolean(),
  ours: fc.record({ reattach: fc.boolean(), replace: fc.boolean() }),
  steps: fc.array(
    fc.record({
      // What makes calls comes often, or most runs would have none.
      step: fc.oneof(
        {
          weight: 2,
          arbitrary: fc.constantFrom<Step>('newCall', 'invite', 'reply', 'answered', 'answer'),
        },
        { weight: 5, arbitrary: fc.constantFrom(...STEPS) },
      ),
      n: fc.nat(40),
      settles: fc.boolean(),
    }),
    { minLength: 5, maxLength: 60 },
  ),
  pauses: fc.array(fc.nat(3), { minLength: 1, maxLength: 20 }),
});

describe('Calls under events in any order, late, doubled or missing', () => {
  it('take only legal steps, never leave a terminal state, and leave nothing running after the end', async () => {
    await fc.assert(
      fc.asyncProperty(run, async ({ trickle, keepAlive, auto, ours, steps, pauses }) => {
        const bench = new CallBench({
          keepConnectionAliveOnSocketClose: keepAlive,
          autoRecoverCalls: auto,
        });
        bench.signaling.features = {
          v: 1,
          trickle,
          ...ours,
          ping: true,
          ai: true,
          transfer: false,
        };
        let turn = 0;
        bench.webrtc.pause = async () => {
          for (let left = pauses[turn++ % pauses.length] ?? 0; left > 0; left--) {
            await Promise.resolve();
          }
        };
        const ends: unknown[] = [];
        for (const { step, n, settles } of steps) {
          const before = new Set(Object.values(bench.registry.calls));
          await take(bench, step, n, ends);
          for (const call of Object.values(bench.registry.calls)) {
            if (!before.has(call)) {
              ends.push(
                call.whenEnded(),
                call.whenActive().catch(() => undefined),
              );
            }
          }
          if (settles) {
            await settle();
          }
        }
        const over = bench.registry.endAll({ bye: true, purge: true, initiator: 'test' });
        await bench.platform.clock.advance(60_000);
        for (const request of bench.signaling.open) {
          request.fail('closed');
        }
        await over;
        bench.registry.dispose();
        await Promise.all(ends);
        await settle();

        const last = new Map<unknown, string>();
        for (const { call, state } of bench.steps) {
          const from = last.get(call);
          if (from !== undefined) {
            expect(legal).toContain(`${from} ${state}`);
          }
          last.set(call, state);
        }
        for (const state of last.values()) {
          expect(['destroy', 'recovering']).toContain(state);
        }
        const told = bench.errors.filter(({ code }) => code === 48501);
        expect(new Set(told.map(({ extras }) => extras['callId'])).size).toBe(told.length);
        const hung = bench.steps.filter(({ state }) => state === 'hangup');
        expect(new Set(hung.map(({ call }) => call)).size).toBe(hung.length);
        expect(bench.running()).toEqual(NOTHING);
      }),
      {
        numRuns: Number(process.env['RUNS'] ?? 600),
        examples: [
          [
            // A call ends while the browser replaces its microphone.
            {
              trickle: false,
              keepAlive: false,
              auto: false,
              ours: { reattach: false, replace: false },
              steps: [
                { step: 'newCall', n: 0, settles: true },
                { step: 'peerClosed', n: 0, settles: false },
                { step: 'device', n: 0, settles: false },
                { step: 'answered', n: 0, settles: false },
                { step: 'newCall', n: 0, settles: true },
                { step: 'newCall', n: 0, settles: false },
              ],
              pauses: [1],
            },
          ],
        ],
      },
    );
  }, 60_000);
});
