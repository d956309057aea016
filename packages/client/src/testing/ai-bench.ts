import type { AiEventBody } from '@offhook/protocol';
import '../assistant/index.ts';
import '../assistant/json-schema.ts';
import type { Call } from '../calls/call.ts';
import { CallBench } from './call-bench.ts';
import { settle } from './fake-clock.ts';

/** A call to an assistant, whose gateway is the test. */
export class AiBench extends CallBench {
  call!: Call;

  static async start({ announced = true } = {}): Promise<AiBench> {
    const bench = new AiBench({ anonymous: true });
    bench.signaling.features = { ...bench.signaling.features, v: 1, ai: announced };
    bench.call = await bench.connect({ destinationNumber: '' });
    return bench;
  }

  /** An event of the assistant on this call. */
  async tell(event: AiEventBody, callId: string | undefined = this.call.id): Promise<void> {
    this.hear(event, callId);
    await settle();
  }

  /** As {@link tell}, without letting anything settle. */
  hear(event: AiEventBody, callId: string | undefined = this.call.id): void {
    this.registry.onGatewayRequest({
      kind: 'request',
      id: undefined,
      method: 'ai_conversation',
      params: { ...event, ...(callId === undefined ? {} : { call_id: callId }) },
    } as never);
  }

  /** The assistant wants a tool run. */
  async ask(name: string, args: string, id = 'fc-1'): Promise<void> {
    await this.tell({
      type: 'conversation.item.created',
      item: { type: 'function_call', call_id: id, name, arguments: args },
    });
  }

  /** What was given back to the assistant: id → output. */
  get outputs(): [string, unknown][] {
    return this.signaling.notifications.flatMap(({ params }) => {
      const { item } = params as { item?: { type: string; call_id: string; output: string } };
      return item?.type === 'function_call_output'
        ? [[item.call_id, JSON.parse(item.output) as unknown]]
        : [];
    });
  }
}
