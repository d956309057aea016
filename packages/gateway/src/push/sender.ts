import { createRequire } from 'node:module';
import type { IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import type { Logger } from 'pino';
import type * as WebPush from 'web-push';
import type { PostRequest } from '../http-post.ts';
import { publicLookup } from '../public-hosts.ts';
import type { Subscription } from './subscription.ts';
import { subscriptionProblem } from './subscription.ts';
import type { VapidKeys } from './vapid.ts';

// CommonJS; its types have no default export.
const webPush = createRequire(import.meta.url)('web-push') as typeof WebPush;

export interface PushMessage {
  /** JSON text. */
  readonly payload: string;
  /** How long a push service keeps it for a device that it does not reach. */
  readonly ttlSeconds: number;
  readonly urgency: 'high' | 'normal';
  /** One that was not delivered yet is replaced by the next of its topic (RFC 8030, 5.4). */
  readonly topic: string;
}

/** `gone`: the browser takes no more of them. `later`: it may go well another time. `refused`: it will not. */
export type PushOutcome = 'taken' | 'gone' | 'later' | 'refused' | 'too_many';

export interface SenderDeps {
  readonly keys: VapidKeys;
  /** Whom push services turn to: `mailto:` or an https address. */
  readonly subject: string;
  /** Push services that may be inside. */
  readonly hosts: readonly string[];
  readonly post: (request: PostRequest) => Promise<IncomingMessage>;
  readonly logger: Logger;
  readonly onOutcome: (outcome: PushOutcome) => void;
}

const MAX_AT_ONCE = 32;
const MAX_WAITING = 1000;
const ANSWER_MS = 10_000;

/** Encrypts messages for browsers (RFC 8291), signs them (RFC 8292), and posts them to push services (RFC 8030). */
export class Sender {
  readonly #deps: SenderDeps;
  readonly #lookup: LookupFunction;
  readonly #waiting: (() => void)[] = [];
  readonly #stop = new AbortController();
  #underWay = 0;

  constructor(deps: SenderDeps) {
    this.#deps = deps;
    this.#lookup = publicLookup((host) => deps.hosts.includes(host));
  }

  /** Never rejects. */
  async send(to: Subscription, message: PushMessage): Promise<PushOutcome> {
    const outcome = await this.#inTurn(() => this.#post(to, message));
    this.#deps.onOutcome(outcome);
    return outcome;
  }

  /** What is under way is given up. */
  close(): void {
    this.#stop.abort();
    for (const start of this.#waiting.splice(0)) {
      start();
    }
  }

  async #inTurn(work: () => Promise<PushOutcome>): Promise<PushOutcome> {
    if (this.#underWay >= MAX_AT_ONCE) {
      if (this.#waiting.length >= MAX_WAITING) {
        return 'too_many';
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#underWay += 1;
    try {
      return this.#stop.signal.aborted ? 'later' : await work();
    } finally {
      this.#underWay -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #post(to: Subscription, message: PushMessage): Promise<PushOutcome> {
    const { hosts, post, logger } = this.#deps;
    const where = { host: URL.parse(to.endpoint)?.host };
    // The rules may have changed since it was taken.
    const problem = subscriptionProblem(to, hosts);
    if (problem !== null) {
      logger.warn({ ...where, problem }, 'A push was not sent');
      return 'refused';
    }
    try {
      const { headers, body } = this.#request(to, message);
      const response = await post({
        url: to.endpoint,
        headers,
        body,
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(ANSWER_MS)]),
        lookup: this.#lookup,
      });
      response.destroy();
      const outcome = outcomeOf(response.statusCode ?? 0);
      if (outcome !== 'taken' && outcome !== 'gone') {
        logger.warn({ ...where, status: response.statusCode }, 'A push service refused a push');
      }
      return outcome;
    } catch (error) {
      // The endpoint is a secret, and an error may quote it.
      const { code, name } = error as NodeJS.ErrnoException;
      logger.warn({ ...where, reason: code ?? name }, 'A push could not be sent');
      return 'later';
    }
  }

  #request(
    { endpoint, p256dh, auth }: Subscription,
    { payload, ttlSeconds, urgency, topic }: PushMessage,
  ): { headers: Record<string, string>; body: Buffer } {
    const { keys, subject } = this.#deps;
    const details = webPush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, payload, {
      vapidDetails: { subject, ...keys },
      contentEncoding: 'aes128gcm',
      TTL: ttlSeconds,
      urgency,
      topic,
    });
    return {
      headers: details.headers,
      body: details.body,
    };
  }
}

function outcomeOf(status: number): PushOutcome {
  if (status >= 200 && status < 300) {
    return 'taken';
  }
  if (status === 404 || status === 410) {
    return 'gone';
  }
  return status === 429 || status >= 500 ? 'later' : 'refused';
}
