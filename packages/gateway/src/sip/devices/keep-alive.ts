import { randomUUID } from 'node:crypto';
import type { Device } from '../../auth/devices.ts';
import type { Clock } from '../../clock.ts';
import { newTag } from '../core/invite-session.ts';
import { Headers } from '../core/headers.ts';
import type { UserAgent } from '../core/user-agent.ts';
import type { Binding } from './registrar.ts';

/** NATs forget a way of datagrams after 30 seconds and more (RFC 4787, 4.3). */
const PING_MS = 25_000;
/** Unanswered pings after which a device that answered before is taken for gone. */
const MISSED = 2;

interface Pinged {
  answered: boolean;
  missed: number;
  cancel: () => void;
}

/** Keeps the ways to devices open (OPTIONS), and tells which of them answer. */
export class KeepAlive {
  readonly #agent: UserAgent;
  readonly #clock: Clock;
  readonly #realm: string;
  readonly #now: (id: string, device: Device) => Binding | undefined;
  readonly #pinged = new Map<string, Pinged>();

  /** @param now the binding of that id, as it was renewed last */
  constructor(
    agent: UserAgent,
    clock: Clock,
    realm: string,
    now: (id: string, device: Device) => Binding | undefined,
  ) {
    this.#agent = agent;
    this.#clock = clock;
    this.#realm = realm;
    this.#now = now;
  }

  begin({ id, device }: Binding): void {
    const pinged: Pinged = { answered: false, missed: 0, cancel: () => undefined };
    this.#pinged.set(id, pinged);
    this.#schedule(id, device, pinged);
  }

  end({ id }: Binding): void {
    this.#pinged.get(id)?.cancel();
    this.#pinged.delete(id);
  }

  /** Null: it never answered, as not all phones do. */
  isReachable({ id }: Binding): boolean | null {
    const pinged = this.#pinged.get(id);
    return pinged?.answered === true ? pinged.missed < MISSED : null;
  }

  dispose(): void {
    for (const { cancel } of this.#pinged.values()) {
      cancel();
    }
    this.#pinged.clear();
  }

  #schedule(id: string, device: Device, pinged: Pinged): void {
    pinged.cancel = this.#clock.schedule(
      () => {
        const binding = this.#now(id, device);
        if (binding) {
          this.#ping(binding, pinged);
        }
        if (this.#pinged.get(id) === pinged) {
          this.#schedule(id, device, pinged);
        }
      },
      // Not all at once after a restart.
      PING_MS * (0.8 + 0.2 * Math.random()),
    );
  }

  #ping({ contact, flow }: Binding, pinged: Pinged): void {
    const own = `<sip:${this.#realm}>`;
    const headers = new Headers([
      ['Max-Forwards', '70'],
      ['From', `${own};tag=${newTag()}`],
      ['To', `<${contact}>`],
      ['Call-ID', randomUUID()],
      ['CSeq', '1 OPTIONS'],
      ['Accept', 'application/sdp'],
    ]);
    const request = {
      kind: 'request',
      method: 'OPTIONS',
      uri: contact,
      headers,
      body: '',
    } as const;
    this.#agent.send(request, flow, undefined, {
      response: () => {
        pinged.answered = true;
        pinged.missed = 0;
      },
      failed: () => {
        pinged.missed += 1;
      },
    });
  }
}
