import { expect, vi } from 'vitest';
import type { Call } from '../calls/call.ts';
import { TelnyxRTC } from '../client.ts';
import type { ClientEvents } from '../events.ts';
import '../extras/debugging.ts';
import '../extras/extras.ts';
import '../extras/recordings.ts';
import '../extras/reporting.ts';
import type { ClientOptions } from '../options.ts';
import { FakeGateway } from './fake-gateway.ts';
import { fakeSdp } from './fake-peer-connection.ts';
import { FakePlatform } from './fake-platform.ts';
import { FakeWebRtc } from './fake-webrtc.ts';

/** A call report as it was posted. */
export type Body = {
  summary: Record<string, unknown>;
  stats: Record<string, unknown>[];
  logs?: { message: string; level: string }[];
  segment?: number;
  flushReason?: { type: string; socketClose?: Record<string, unknown> };
  offhook: { events: Record<string, unknown>[]; feedback?: Record<string, unknown> };
};

export const SECRET = 'correct horse battery staple';

/** A client with a gateway that answers its calls, and what it uploads. */
export class Bench {
  readonly webrtc = new FakeWebRtc();
  readonly platform = new FakePlatform({ webrtc: this.webrtc });
  readonly gateway = new FakeGateway(this.platform);
  readonly client: TelnyxRTC;
  readonly clock = this.platform.clock;

  constructor(options: ClientOptions = {}) {
    this.client = new TelnyxRTC(
      { host: 'ws://gw.test:8080', login: '1001', password: SECRET, ...options },
      this.platform,
    );
  }

  /** Signed in, and a call that is answered. */
  async call(options: object = {}): Promise<Call> {
    if (!this.client.connected) {
      await this.client.connect({});
    }
    const call = this.client.newCall({ destinationNumber: '1002', ...options });
    // Under load a module that is there already may still take more than one turn.
    await vi.dynamicImportSettled();
    await this.clock.advance(10);
    this.gateway.send(this.platform.socket, 'answer', { callID: call.id, sdp: fakeSdp() });
    await this.clock.advance(10);
    expect(call.state).toBe('active');
    return call;
  }

  bodies(path = '/call_report'): Body[] {
    return this.platform.posted
      .filter(({ url }) => url.endsWith(path))
      .map(({ body }) => body as unknown as Body);
  }

  record<K extends keyof ClientEvents>(event: K): ClientEvents[K][] {
    const seen: ClientEvents[K][] = [];
    this.client.on(event, (...args: ClientEvents[K]) => void seen.push(args));
    return seen;
  }
}
