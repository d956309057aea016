import {
  encodeResult,
  parseGatewayFrame,
  type Dialect,
  type GatewayMethod,
  type GatewayRequest,
} from '@offhook/protocol';
import type { CallsPort } from '../calls/ports.ts';
import type { ClientEvents } from '../events.ts';
import type { Logger } from '../logger.ts';
import type { GatewayStateInfo } from './registration.ts';
import type { Rpc } from './rpc.ts';

/** Wire spec 3.4: what the gateway expects to see acknowledged, also for a call that is not known here. */
const ACKNOWLEDGED: ReadonlySet<GatewayMethod> = new Set([
  'invite',
  'ringing',
  'media',
  'answer',
  'bye',
  'display',
  'candidate',
  'attach',
]);

export interface InboundDeps {
  readonly log: Logger;
  now(): number;
  readonly dialect: Dialect;
  readonly rpc: Rpc;
  readonly hooks: {
    calls(): CallsPort;
    listening(event: keyof ClientEvents): boolean;
    emit<K extends keyof ClientEvents>(event: K, ...args: ClientEvents[K]): void;
  };
  send(text: string): boolean;
  onVoiceSdkId(id: string): void;
  onClientReady(voiceSdkId: string | undefined): void;
  onGatewayState(info: GatewayStateInfo): void;
  onPing(): void;
  onPunt(callID: string | undefined): void;
}

/** Text from the socket → whom it is for. Never throws. */
export class Inbound {
  readonly #deps: InboundDeps;
  #upload = 0;

  constructor(deps: InboundDeps) {
    this.#deps = deps;
  }

  take(text: string): void {
    const { dialect, hooks, log, rpc, onVoiceSdkId } = this.#deps;
    if (hooks.listening('telnyx.internal.socketActivity')) {
      hooks.emit('telnyx.internal.socketActivity', { timestamp: this.#deps.now() });
    }
    const parsed = parseGatewayFrame(text, dialect);
    if (!parsed.ok) {
      const { code, method } = parsed.error;
      log.warn(`frame not understood: ${code}${method ? ` in ${method}` : ''}`);
      return;
    }
    const frame = parsed.value;
    if (frame.kind === 'speedtest') {
      this.#speedTest(frame.step, frame.value ?? 0);
      return;
    }
    if (frame.voiceSdkId) onVoiceSdkId(frame.voiceSdkId);
    switch (frame.kind) {
      case 'reply': {
        const method = rpc.settle(frame);
        if (method === undefined || method === 'gatewayState') this.#tell(text);
        break;
      }
      case 'unknown':
        log.debug(`frame ignored: ${frame.method ?? 'no method'}`);
        this.#tell(text);
        break;
      case 'request':
        this.#tell(text);
        this.#handle(frame);
        break;
    }
  }

  #handle(frame: GatewayRequest): void {
    const { hooks } = this.#deps;
    switch (frame.method) {
      case 'clientReady':
        hooks.calls().onReattachedSessions(frame.params.reattached_sessions ?? []);
        this.#deps.onClientReady(frame.voiceSdkId);
        break;
      case 'gatewayState':
        this.#deps.onGatewayState(frame.params);
        break;
      case 'ping':
        this.#deps.onPing();
        break;
      case 'punt':
        this.#deps.onPunt(frame.params.callID);
        break;
      default:
        hooks.calls().onGatewayRequest(frame);
        this.#acknowledge(frame);
    }
  }

  #acknowledge({ id, method }: GatewayRequest): void {
    if (id === undefined || !ACKNOWLEDGED.has(method)) return;
    this.#deps.send(encodeResult(id, { method: this.#deps.dialect.toWire.get(method) }));
  }

  /** Applications see the frame as it came; parsed once more, so that nothing they do to it reaches us. */
  #tell(text: string): void {
    const { hooks } = this.#deps;
    if (!hooks.listening('telnyx.socket.message')) return;
    hooks.emit('telnyx.socket.message', JSON.parse(text) as Record<string, unknown>);
  }

  #speedTest(step: string, ms: number): void {
    if (step === 'upload') this.#upload = ms;
    if (step !== 'download') return;
    this.#deps.hooks.emit('telnyx.internal.speedtest', { upDur: this.#upload, downDur: ms });
  }
}
