import { randomUUID } from 'node:crypto';
import { loginOf, type Device } from '../../auth/devices.ts';
import type { Clock } from '../../clock.ts';
import { parseNameAddress, parseUri, type NameAddress } from '../core/address.ts';
import type { Flow } from '../core/flow.ts';
import { cseqOf, type SipRequest } from '../core/message.ts';

/** Where a device is to be called. */
export interface Binding {
  readonly id: string;
  readonly device: Device;
  /** The URI of its Contact. */
  readonly contact: string;
  /** By which way it registered, and is called. */
  readonly flow: Flow;
  /** Of Contact, 0 to 1. */
  readonly preference: number;
  readonly userAgent: string;
  /** Epoch milliseconds of the first registration. */
  readonly since: number;
  /** By the clock that never jumps. */
  readonly expiresAt: number;
  readonly callId: string;
  readonly sequence: number;
}

export interface RegisterReply {
  readonly status: number;
  readonly reason?: string;
  readonly headers: readonly (readonly [string, string])[];
}

export interface RegistrarEvents {
  /** A device can be called where it could not before. */
  added(binding: Binding): void;
  removed(binding: Binding): void;
}

/** Contacts of one device at once. */
const MAX_CONTACTS = 4;
/** All devices together. */
const MAX_BINDINGS = 20_000;
const MAX_URI = 512;
/** Shorter registrations are refused (RFC 3261, 10.2.8). */
const MIN_SECONDS = 60;

/** Who is registered where (RFC 3261, 10.3). Each device has contacts of its own: no phone unregisters another one of its user. */
export class Registrar {
  readonly #clock: Clock;
  readonly #maxSeconds: number;
  readonly #events: RegistrarEvents;
  /** By login. */
  readonly #bindings = new Map<string, readonly Binding[]>();
  /** Logins of each user. */
  readonly #logins = new Map<string, Set<string>>();
  /** Bindings at each address. */
  readonly #addresses = new Map<string, number>();
  readonly #byFlow = new Map<string, ReadonlySet<Binding>>();
  readonly #timers = new Map<string, () => void>();
  #size = 0;

  constructor(clock: Clock, maxSeconds: number, events: RegistrarEvents) {
    this.#clock = clock;
    this.#maxSeconds = maxSeconds;
    this.#events = events;
  }

  get size(): number {
    return this.#size;
  }

  /** Those of a user, the preferred ones first; those of everybody without a user. */
  list(user?: string): readonly Binding[] {
    const logins = user === undefined ? this.#bindings.keys() : (this.#logins.get(user) ?? []);
    return [...logins]
      .flatMap((login) => this.#bindings.get(login) ?? [])
      .sort((a, b) => b.preference - a.preference);
  }

  of(device: Device): readonly Binding[] {
    return this.#bindings.get(loginOf(device)) ?? [];
  }

  /** Whether a device is registered from that address. */
  knows(address: string): boolean {
    return this.#addresses.has(address);
  }

  /** Who registered by that very way; a telephone system has several devices. */
  at(flow: Flow): readonly Binding[] {
    return [...(this.#byFlow.get(flowKey(flow)) ?? [])];
  }

  /** Does what a REGISTER of a device asks, all of it or nothing. */
  register(device: Device, request: SipRequest, flow: Flow): RegisterReply {
    const { headers } = request;
    const own = this.of(device);
    const callId = headers.get('Call-ID') ?? '';
    const sequence = cseqOf(headers).number;
    const isOld = (each: Binding): boolean => each.callId === callId && each.sequence >= sequence;
    const whole = readSeconds(headers.get('Expires'));
    const values = headers.all('Contact');
    if (values.includes('*')) {
      if (values.length > 1 || whole !== 0) {
        return refusal(400, 'Bad Contact');
      }
      if (own.some(isOld)) {
        return refusal(400, 'CSeq Too Old');
      }
      for (const each of own) {
        this.#remove(each);
      }
      return this.#granted(device);
    }
    if (values.length > MAX_CONTACTS) {
      return refusal(403, 'Too Many Contacts');
    }
    let next = [...own];
    for (const value of values) {
      const contact = parseNameAddress(value);
      if (!contact || !isSip(contact.uri)) {
        return refusal(400, 'Bad Contact');
      }
      const asked = readSeconds(contact.parameters.get('expires')) ?? whole ?? this.#maxSeconds;
      if (asked > 0 && asked < MIN_SECONDS) {
        return { status: 423, headers: [['Min-Expires', String(MIN_SECONDS)]] };
      }
      const former = next.find((each) => isSame(each, contact.uri));
      if (former && isOld(former)) {
        return refusal(400, 'CSeq Too Old');
      }
      // By one way comes one phone: its old Contact there leads nowhere any more.
      next = next.filter((each) => each !== former && flowKey(each.flow) !== flowKey(flow));
      if (asked === 0) {
        continue;
      }
      const seconds = Math.min(asked, this.#maxSeconds);
      next.push({
        id: former?.id ?? randomUUID(),
        device,
        contact: contact.uri,
        flow,
        preference: readPreference(contact),
        userAgent: (headers.get('User-Agent') ?? '').replace(/\p{C}+/gu, ' ').slice(0, 128),
        since: former?.since ?? this.#clock.now(),
        expiresAt: this.#clock.monotonic() + 1000 * seconds,
        callId,
        sequence,
      });
    }
    if (next.length > MAX_CONTACTS) {
      return refusal(403, 'Too Many Contacts');
    }
    if (this.#size - own.length + next.length > MAX_BINDINGS) {
      return { status: 503, headers: [['Retry-After', '60']] };
    }
    for (const each of own) {
      if (!next.includes(each)) {
        this.#remove(each, next);
      }
    }
    for (const each of next) {
      if (!own.includes(each)) {
        this.#add(each, own);
      }
    }
    return this.#granted(device);
  }

  /** A connection is gone, and with it who was reached by it. */
  flowClosed(flow: Flow): void {
    if (!flow.isReliable) {
      return;
    }
    for (const binding of this.at(flow)) {
      this.#remove(binding);
    }
  }

  remove(binding: Binding): void {
    if (this.of(binding.device).includes(binding)) {
      this.#remove(binding);
    }
  }

  dispose(): void {
    for (const cancel of this.#timers.values()) {
      cancel();
    }
    this.#timers.clear();
  }

  #granted(device: Device): RegisterReply {
    const now = this.#clock.monotonic();
    const headers = this.of(device).map(({ contact, expiresAt, preference }) => {
      const seconds = Math.max(1, Math.round((expiresAt - now) / 1000));
      const q = preference === 1 ? '' : `;q=${String(preference)}`;
      return ['Contact', `<${contact}>;expires=${String(seconds)}${q}`] as const;
    });
    return {
      status: 200,
      headers: [...headers, ['Date', new Date(this.#clock.now()).toUTCString()]],
    };
  }

  #add(binding: Binding, before: readonly Binding[]): void {
    const login = loginOf(binding.device);
    this.#bindings.set(login, [...this.of(binding.device), binding]);
    const { user } = binding.device;
    this.#logins.set(user, (this.#logins.get(user) ?? new Set()).add(login));
    const { address } = binding.flow.remote;
    this.#addresses.set(address, (this.#addresses.get(address) ?? 0) + 1);
    this.#byFlow.set(flowKey(binding.flow), new Set([...this.at(binding.flow), binding]));
    this.#size += 1;
    this.#timers.get(binding.id)?.();
    this.#timers.set(
      binding.id,
      this.#clock.schedule(() => {
        this.#remove(binding);
      }, binding.expiresAt - this.#clock.monotonic()),
    );
    if (!before.some(({ id }) => id === binding.id)) {
      this.#events.added(binding);
    }
  }

  #remove(binding: Binding, after: readonly Binding[] = []): void {
    const login = loginOf(binding.device);
    const left = this.of(binding.device).filter((each) => each !== binding);
    if (left.length > 0) {
      this.#bindings.set(login, left);
    } else {
      this.#bindings.delete(login);
      const logins = this.#logins.get(binding.device.user);
      logins?.delete(login);
      if (logins?.size === 0) {
        this.#logins.delete(binding.device.user);
      }
    }
    const { address } = binding.flow.remote;
    const others = (this.#addresses.get(address) ?? 1) - 1;
    if (others === 0) {
      this.#addresses.delete(address);
    } else {
      this.#addresses.set(address, others);
    }
    const key = flowKey(binding.flow);
    const there = this.at(binding.flow).filter((each) => each !== binding);
    if (there.length > 0) {
      this.#byFlow.set(key, new Set(there));
    } else {
      this.#byFlow.delete(key);
    }
    this.#size -= 1;
    this.#timers.get(binding.id)?.();
    this.#timers.delete(binding.id);
    if (!after.some(({ id }) => id === binding.id)) {
      this.#events.removed(binding);
    }
  }
}

function flowKey({ protocol, remote }: Flow): string {
  return `${protocol} ${remote.address} ${String(remote.port)}`;
}

function refusal(status: number, reason: string): RegisterReply {
  return { status, reason, headers: [] };
}

/** Undefined: it is not said. What is no number is taken for an hour (RFC 3261, 20.19), which is more than is granted. */
function readSeconds(text: string | undefined): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  return /^\d{1,10}$/.test(text.trim()) ? Number(text) : 3600;
}

function readPreference({ parameters }: NameAddress): number {
  const q = parameters.get('q');
  return q !== undefined && /^(0(\.\d{1,3})?|1(\.0{1,3})?)$/.test(q) ? Number(q) : 1;
}

function isSip(uri: string): boolean {
  const parsed = uri.length > MAX_URI ? undefined : parseUri(uri);
  return parsed !== undefined && parsed.scheme !== 'tel' && !/[\s<>"]/.test(uri);
}

/** RFC 3261, 19.1.4, as far as Contacts differ. */
function isSame({ contact }: Binding, uri: string): boolean {
  return placeOf(contact) === placeOf(uri);
}

function placeOf(uri: string): string {
  const { user, host, port, parameters } = parseUri(uri) ?? { user: '', host: '', port: 0 };
  return `${user}@${host}:${String(port)} ${parameters?.get('transport')?.toLowerCase() ?? ''}`;
}
