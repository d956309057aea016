import type { CallsPort } from '../calls/ports.ts';
import { createLogger } from '../logger.ts';
import type { ClientOptions } from '../options.ts';
import { settle } from '../testing/fake-clock.ts';
import { FakeGateway } from '../testing/fake-gateway.ts';
import { FakePlatform, type FakePlatformOptions } from '../testing/fake-platform.ts';
import { Session } from './session.ts';

type Survivor = ReturnType<CallsPort['survivors']>[number];

/** A session on fakes, with what it told the client. */
export function makeSession(options: ClientOptions = {}, platformOptions?: FakePlatformOptions) {
  const platform = new FakePlatform(platformOptions);
  const gateway = new FakeGateway(platform);
  const all: ClientOptions = {
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
    woken: 0,
    markers: [] as readonly unknown[],
    restored: [] as readonly unknown[],
  };
  const calls: CallsPort = {
    get inCall() {
      return state.inCall;
    },
    endAll: ({ bye }) => {
      if (bye) {
        log.push('hang up');
      } else {
        state.ended++;
        state.inCall = false;
      }
      return Promise.resolve();
    },
    onGatewayRequest: ({ method }) => log.push(`request ${method}`),
    onReattachedSessions: (ids) => log.push(`reattached ${ids.join(',')}`),
    survivors: () => state.survivors,
    onSignalingReady: () => log.push('calls: ready'),
    onSignalingLost: () => log.push('calls: lost'),
    onSignalingRenewed: () => log.push('calls: renewed'),
    markers: () => state.markers,
    restore: (markers) => (state.restored = markers),
    onWake: () => (state.woken += 1),
  };
  const session = new Session({
    platform,
    log: createLogger(platform, 'debug'),
    options: all,
    calls: () => calls,
  });
  const { events } = session;
  events.on('state', () => log.push('telnyx.session.state'));
  events.on('open', () => log.push('telnyx.socket.open'));
  events.on('closed', () => log.push('telnyx.socket.close'));
  events.on('socketError', () => log.push('telnyx.socket.error'));
  events.on('ready', (told) => {
    log.push('telnyx.ready', JSON.stringify({ ...told, type: 'vertoClientReady' }));
  });
  events.on('error', (code, cause) => {
    codes.push(code);
    causes.push(cause);
    log.push(`error ${code}`);
  });
  events.on('warning', (code) => {
    codes.push(code);
    log.push(`warning ${code}`);
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
      if (session.state !== 'ready') {
        throw new Error(`Not ready but ${session.state}`);
      }
    },
  };
}

/** A token that nobody signed. */
export function jwt(claims: Record<string, unknown>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.x`;
}
