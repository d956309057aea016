import * as v from 'valibot';
import type { Clock } from '../../clock.ts';
import type { Guard } from '../../guard.ts';
import {
  ASK_MS,
  MAX_ASKED,
  MAX_MESSAGE,
  type MessageService,
  type Messages,
  type NoReply,
  type Reply,
} from '../messages.ts';
import type { RedisLink } from './redis-link.ts';

/** Version 1. A gateway reads nothing of a version that it does not know. */
const Envelope = v.object({
  v: v.literal(1),
  from: v.string(),
  /** Of a question and its answer. */
  ask: v.optional(v.number()),
  reply: v.optional(v.number()),
  failed: v.optional(v.boolean()),
  body: v.optional(v.unknown()),
});

export interface MessageMetrics {
  message(outcome: 'sent' | 'dropped' | 'unreadable'): void;
}

export interface RedisMessagesDeps {
  readonly link: RedisLink;
  readonly clock: Clock;
  readonly guard: Guard;
  readonly metrics: MessageMetrics;
}

/** By Redis' publish and subscribe: each gateway reads one channel. */
export class RedisMessages implements Messages {
  readonly #deps: RedisMessagesDeps;
  readonly #asked = new Map<number, { readonly to: string; settle: (reply: Reply) => void }>();
  #service: MessageService | null = null;
  #lastAsk = 0;

  constructor(deps: RedisMessagesDeps) {
    this.#deps = deps;
    deps.link.onText((text) => {
      deps.guard.run('cluster', () => {
        this.#read(text);
      });
    });
    deps.link.onWorks((works) => {
      deps.guard.run('cluster', () => {
        this.#service?.works(works);
      });
    });
  }

  get node(): string {
    return this.#deps.link.node;
  }

  get works(): boolean {
    return this.#deps.link.works;
  }

  serve(service: MessageService): void {
    this.#service = service;
  }

  tell(to: string, body: unknown): void {
    this.#send(to, { body }, () => undefined);
  }

  ask(to: string, body: unknown, settle: (reply: Reply) => void): void {
    if (this.#asked.size >= MAX_ASKED) {
      this.#deps.metrics.message('dropped');
      settle({ ok: false, why: 'busy' });
      return;
    }
    const id = ++this.#lastAsk;
    const cancel = this.#deps.clock.schedule(() => {
      this.#settle(id, { ok: false, why: 'timeout' });
    }, ASK_MS);
    this.#asked.set(id, {
      to,
      settle: (reply) => {
        cancel();
        settle(reply);
      },
    });
    this.#send(to, { ask: id, body }, (why) => {
      this.#settle(id, { ok: false, why });
    });
  }

  #settle(id: number, reply: Reply): void {
    const asked = this.#asked.get(id);
    if (asked && this.#asked.delete(id)) {
      this.#deps.guard.run('cluster', () => {
        asked.settle(reply);
      });
    }
  }

  #send(to: string, content: Record<string, unknown>, failed: (why: NoReply) => void): void {
    const { link, metrics } = this.#deps;
    const text = JSON.stringify({ v: 1, from: link.node, ...content });
    if (!link.works || text.length > MAX_MESSAGE) {
      metrics.message('dropped');
      failed(link.works ? 'too_large' : 'away');
      return;
    }
    link.publish(link.channel(to), text).then(
      (readers) => {
        metrics.message(readers > 0 ? 'sent' : 'dropped');
        if (readers === 0) {
          failed('gone');
        }
      },
      () => {
        metrics.message('dropped');
        failed('away');
      },
    );
  }

  #read(text: string): void {
    const message = text.length > MAX_MESSAGE ? null : parse(text);
    if (!message) {
      this.#deps.metrics.message('unreadable');
      return;
    }
    const { from, ask, reply, failed, body } = message;
    if (reply !== undefined) {
      // Nobody else's answer counts.
      if (this.#asked.get(reply)?.to === from) {
        this.#settle(reply, failed === true ? { ok: false, why: 'failed' } : { ok: true, body });
      }
    } else if (ask === undefined) {
      this.#service?.told(from, body);
    } else {
      this.#deps.guard.run(
        'cluster',
        () => {
          this.#service?.asked(from, body, (answer) => {
            this.#send(from, { reply: ask, body: answer }, () => undefined);
          });
        },
        () => {
          this.#send(from, { reply: ask, failed: true }, () => undefined);
        },
      );
    }
  }
}

function parse(text: string): v.InferOutput<typeof Envelope> | null {
  try {
    const read = v.safeParse(Envelope, JSON.parse(text));
    return read.success ? read.output : null;
  } catch {
    return null;
  }
}
