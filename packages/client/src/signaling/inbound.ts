import {
  encodeResult,
  parseGatewayFrame,
  telnyxDialect,
  type GatewayMethod,
  type GatewayRequest,
} from '@offhook/protocol';
import type { SignalingContext, Tell } from './context.ts';
import type { Gateway } from './gateway.ts';
import type { Health } from './health.ts';
import type { SessionMemory } from './memory.ts';
import type { Registration } from './registration.ts';

/** Wire spec 3.4: what the gateway expects to see acknowledged, also for a call that is not known here. */
const ACKNOWLEDGED: readonly GatewayMethod[] = [
  'invite',
  'ringing',
  'media',
  'answer',
  'bye',
  'display',
  'candidate',
  'attach',
];

export interface InboundParts {
  readonly gateway: Gateway;
  readonly memory: SessionMemory;
  readonly health: Health;
  readonly registration: Registration;
  readonly tell: Tell;
}

/** Text from the socket → whom it is for. Never throws. */
export class Inbound {
  readonly #context: SignalingContext;
  readonly #parts: InboundParts;
  #upload = 0;

  constructor(context: SignalingContext, parts: InboundParts) {
    this.#context = context;
    this.#parts = parts;
  }

  take(text: string): void {
    const { log, platform } = this.#context;
    const { gateway, health, memory } = this.#parts;
    health.heard();
    this.#context.emit('telnyx.internal.socketActivity', { timestamp: platform.now() });
    gateway.rpc.tap?.(false, text);
    const parsed = parseGatewayFrame(text, telnyxDialect);
    if (!parsed.ok) {
      log.warn('frame not understood:', parsed.error.code, parsed.error.method ?? '');
      return;
    }
    const frame = parsed.value;
    if (frame.kind === 'speedtest') {
      this.#speedTest(frame.step, frame.value ?? 0);
      return;
    }
    memory.voiceSdkId = frame.voiceSdkId || memory.voiceSdkId;
    if (frame.kind === 'reply') {
      const method = gateway.rpc.settle(frame);
      if (method === undefined || method === 'gatewayState') this.#show(text);
      return;
    }
    this.#show(text);
    if (frame.kind === 'request') this.#handle(frame);
  }

  #handle(frame: GatewayRequest): void {
    const { gateway, registration, health, tell } = this.#parts;
    const calls = this.#context.calls();
    switch (frame.method) {
      case 'clientReady':
        calls.onReattachedSessions(frame.params.reattached_sessions ?? []);
        registration.poll(frame.voiceSdkId);
        // What a gateway of ours will answer, its login reply said before.
        if (gateway.features.registered) registration.take(gateway.features.registered, false);
        break;
      case 'gatewayState':
        registration.take(frame.params, true);
        break;
      case 'ping':
        health.probe();
        break;
      case 'punt':
        tell({ is: 'punted', callID: frame.params.callID, why: frame.params.offhook?.reason });
        break;
      default: {
        const { id, method } = frame;
        calls.onGatewayRequest(frame);
        if (id === undefined || !ACKNOWLEDGED.includes(method)) return;
        gateway.rpc.send(encodeResult(id, { method: telnyxDialect.toWire.get(method) }));
      }
    }
  }

  /** Applications see the frame as it came; parsed once more, so that nothing they do to it reaches us. */
  #show(text: string): void {
    const { listening, emit } = this.#context;
    if (!listening('telnyx.socket.message')) return;
    emit('telnyx.socket.message', JSON.parse(text) as Record<string, unknown>);
  }

  #speedTest(step: string, ms: number): void {
    if (step === 'upload') this.#upload = ms;
    if (step !== 'download') return;
    this.#context.emit('telnyx.internal.speedtest', { upDur: this.#upload, downDur: ms });
  }
}
