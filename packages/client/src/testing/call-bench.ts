import type { CallDeps, CallSettings } from '../calls/deps.ts';
import type { GatewayCallRequest } from '../calls/ports.ts';
import { CallRegistry } from '../calls/registry.ts';
import type { Call } from '../calls/call.ts';
import type { ICallOptions } from '../call-options.ts';
import { Devices } from '../media/devices.ts';
import { FakePlatform } from './fake-platform.ts';
import { fakeSdp } from './fake-peer-connection.ts';
import { FakeSignaling } from './fake-signaling.ts';
import { FakeWebRtc } from './fake-webrtc.ts';
import { settle } from './fake-clock.ts';

export const NO_SETTINGS: CallSettings = {
  login: '1001',
  iceServers: undefined,
  fallbackIceServers: [],
  trickleIce: undefined,
  prefetchIceCandidates: undefined,
  forceRelayCandidate: undefined,
  keepConnectionAliveOnSocketClose: undefined,
  autoRecoverCalls: true,
  mutedMicOnStart: undefined,
  mediaPermissionsRecovery: undefined,
  userVariables: undefined,
  audio: true,
  video: false,
  micId: undefined,
  micLabel: undefined,
  camId: undefined,
  camLabel: undefined,
  speakerId: undefined,
  localElement: null,
  remoteElement: null,
  ringtoneFile: 'ringtone.mp3',
  ringbackFile: 'ringback.mp3',
  debug: undefined,
  debugOutput: undefined,
  anonymous: false,
};

type Message<M extends GatewayCallRequest['method']> = Extract<GatewayCallRequest, { method: M }>;

/** A registry on fakes, and what it told the client. */
export class CallBench {
  readonly webrtc = new FakeWebRtc();
  readonly platform = new FakePlatform({ webrtc: this.webrtc });
  readonly signaling = new FakeSignaling();
  readonly registry: CallRegistry;
  readonly events: { event: string; payload: unknown }[] = [];
  /** `<callId> <state>` of every callUpdate, in order. */
  readonly updates: string[] = [];
  /** The same by object: a recovered call is another object with the same id. */
  readonly steps: { call: Call; state: string }[] = [];
  readonly errors: { code: number; fatal: boolean; extras: Record<string, unknown> }[] = [];
  readonly warnings: { code: number; extras: Record<string, unknown> }[] = [];
  readonly logged: unknown[][] = [];

  constructor(settings: Partial<CallSettings> = {}) {
    const log = (...args: readonly unknown[]): void => void this.logged.push([...args]);
    const deps: CallDeps = {
      signaling: this.signaling,
      platform: this.platform,
      logger: { debug: log, info: log, warn: log, error: log },
      settings: { ...NO_SETTINGS, ...settings },
      devices: new Devices(this.platform, log),
      version: '0.1.0',
      emit: (event, ...[payload]) => {
        const { type, call } = payload as { type?: string; call?: Call };
        this.events.push({ event, payload });
        if (type === 'callUpdate' && call) {
          this.updates.push(`${call.id} ${call.state}`);
          this.steps.push({ call, state: call.state });
        }
      },
      error: ({ code, fatal }, extras) => void this.errors.push({ code, fatal, extras }),
      listening: () => false,
      warn: ({ code }, extras) => void this.warnings.push({ code, extras }),
    };
    this.registry = new CallRegistry(deps);
  }

  get errorCodes(): number[] {
    return this.errors.map(({ code }) => code);
  }
  get warningCodes(): number[] {
    return this.warnings.map(({ code }) => code);
  }
  /** States of one call's updates. */
  statesOf(call: Call): string[] {
    return this.updates
      .filter((line) => line.startsWith(`${call.id} `))
      .map((line) => line.split(' ')[1] ?? '');
  }
  notifications(type: string): Record<string, unknown>[] {
    return this.events
      .filter(({ event }) => event === 'telnyx.notification')
      .map(({ payload }) => payload as Record<string, unknown>)
      .filter((payload) => payload['type'] === type);
  }

  /** A message of the gateway; resolves when everything it set off has settled. */
  async receive<M extends GatewayCallRequest['method']>(
    method: M,
    params: Message<M>['params'],
  ): Promise<void> {
    this.registry.onGatewayRequest({
      kind: 'request',
      id: 1,
      method,
      params,
    } as unknown as GatewayCallRequest);
    await settle();
  }

  /** Placed, and the invite is on the wire. */
  async dial(options: ICallOptions = {}): Promise<Call> {
    const call = this.registry.newCall({ destinationNumber: '1002', ...options });
    await settle();
    return call;
  }

  /** Placed and answered. */
  async connect(options: ICallOptions = {}): Promise<Call> {
    const call = await this.dial(options);
    this.signaling.last('invite').reply();
    await settle();
    await this.receive('answer', { callID: call.id, sdp: fakeSdp() });
    return call;
  }

  /** An inbound call that rings. */
  async ring(callID = 'in-1'): Promise<Call> {
    await this.receive('invite', {
      callID,
      sdp: fakeSdp(),
      caller_id_name: 'Ana',
      caller_id_number: '1003',
      callee_id_name: 'Desk',
      callee_id_number: '1001',
    });
    const call = this.registry.calls[callID];
    if (!call) {
      throw new Error('The invite made no call');
    }
    return call;
  }

  /** Inbound and answered. */
  async accept(callID = 'in-1'): Promise<Call> {
    const call = await this.ring(callID);
    await call.answer();
    this.signaling.last('answer').reply();
    await settle();
    return call;
  }

  /** Everything that must be gone when the last call is over. */
  running(): Record<string, number> {
    const { timers } = this.platform.running();
    return { timers, ...this.webrtc.running(), calls: Object.keys(this.registry.calls).length };
  }
}

export const NOTHING = { timers: 0, peers: 0, tracks: 0, elements: 0, listeners: 0, calls: 0 };
