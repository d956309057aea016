import type { CallsPort } from '../calls/ports.ts';
import type { ClientEvents } from '../events.ts';
import { createLogger } from '../logger.ts';
import type { IClientOptions } from '../options.ts';
import { settle } from '../testing/fake-clock.ts';
import { FakeGateway } from '../testing/fake-gateway.ts';
import { FakePlatform, type FakePlatformOptions } from '../testing/fake-platform.ts';
import './renewal.ts';
import './storage.ts';
import { Session } from './session.ts';

type Survivor = ReturnType<CallsPort['survivors']>[number];

/** A session on fakes, with what it told the client. */
export function makeSession(options: IClientOptions = {}, platformOptions?: FakePlatformOptions) {
  const platform = new FakePlatform(platformOptions);
  const gateway = new FakeGateway(platform);
  const all: IClientOptions = {
    host: 'ws://gw.test:8080',
    login: '1001',
    password: 'secret-password',
    ...options,
  };
  const log: string[] = [];
  const codes: number[] = [];
  const causes: unknown[] = [];
  const state = {
    inCall: false,
    survivors: [] as Survivor[],
    ended: 0,
    markers: [] as readonly unknown[],
    restored: [] as readonly unknown[],
  };
  const calls: CallsPort & { hasActiveCall(): boolean } = {
    onGatewayRequest: ({ method }) => log.push(`request ${method}`),
    onReattachedSessions: (ids) => log.push(`reattached ${ids.join(',')}`),
    survivors: () => state.survivors,
    onSignalingReady: () => log.push('calls: ready'),
    onSignalingLost: () => log.push('calls: lost'),
    onSignalingRenewed: () => log.push('calls: renewed'),
    markers: () => state.markers,
    restore: (markers) => (state.restored = markers),
    onWake: () => undefined,
    hasActiveCall: () => state.inCall,
    get inCall() {
      return state.inCall;
    },
    endAll: () => Promise.resolve(),
  };
  const session = new Session({
    platform,
    log: createLogger(platform, 'debug'),
    options: () => all,
    calls: () => calls,
    listening: () => true,
    emit: (event: keyof ClientEvents, ...args: unknown[]) => {
      if (event.startsWith('telnyx.internal') || event === 'telnyx.socket.message') return;
      log.push(event);
      if (event === 'telnyx.ready') log.push(JSON.stringify(args[0]));
    },
    error: (code, cause) => {
      codes.push(code);
      causes.push(cause);
      log.push(`error ${code}`);
    },
    warn: (code) => {
      codes.push(code);
      log.push(`warning ${code}`);
    },
    endCalls: () => {
      state.ended++;
      state.inCall = false;
    },
    hangUp: () => log.push('hang up'),
    onSocketLost: () => undefined,
  });
  return {
    platform,
    gateway,
    session,
    options: all,
    log,
    codes,
    causes,
    state,
    clock: platform.clock,
    /** Connects and waits for ready. */
    async up(): Promise<void> {
      session.connect();
      await settle();
      if (session.state !== 'ready') throw new Error(`Not ready but ${session.state}`);
    },
  };
}

/** A token that nobody signed. */
export function jwt(claims: Record<string, unknown>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.x`;
}
