import { RequestError, type CallsPort } from '../calls/ports.ts';
import { Emitter } from '../emitter.ts';
import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';
import type { GatewayInfo } from './gateway-info.ts';
import type { SessionMemory } from './memory.ts';
import type { Requests } from './requests.ts';

/** Milliseconds. */
interface Cadence {
  /** Nothing heard, or nothing of ours answered, for so long: ping. The path out may be dead while frames still come in. */
  readonly silence: number;
  readonly unanswered: number;
  /** A ping must be answered within this, or the path is dead. */
  readonly limit: number;
}

/** Towards gateways that do not announce `ping` (wire spec 6). */
const PATIENT: Cadence = { silence: 20_000, unanswered: 35_000, limit: 5_000 };
/** Towards gateways that do, without a call. */
const WATCHFUL: Cadence = { silence: 15_000, unanswered: 15_000, limit: 5_000 };
/** Towards gateways that do, in a call: a dead path is noticed within 5 s. */
const IN_CALL: Cadence = { silence: 2_000, unanswered: 2_000, limit: 2_500 };

/** A timer this late means that the page slept: what was unanswered then says nothing. */
const DRIFT_MS = 2_000;
/** After that the gateway has this long. */
const WAKE_LIMIT_MS = 2_000;
/** So much earlier than it is due a ping may go out: less than the second that a call looks at its path in, or each look would ping. */
const SOON_MS = 900;
/** A second socket has this long to take over from one that is in doubt. */
const RENEWAL_MS = 15_000;

export interface LivenessEvents {
  /** No answer in a call, where a second socket may take over before this one is given up. */
  doubted: [];
  /** The gateway answered after all. */
  answered: [];
  /** The gateway gave no sign of life. */
  dead: [];
  /** A timer was late: the page slept. */
  woke: [];
}

/**
 * The one liveness rule of a socket: when nothing was heard, or nothing of ours was answered, for the cadence's time, a ping goes
 * out; when no ping is answered within the limit (outside a call twice it while other frames keep coming), the path is dead. In a
 * call with a gateway that can resume on another socket it is doubted first. One timer.
 *
 * A hidden page's timers may be up to a minute late, which looks like sleep. Therefore sleep excuses one unanswered ping, not the
 * next: with late timers too a dead path is found.
 */
export class Liveness {
  readonly events: Emitter<LivenessEvents>;
  readonly #platform: Platform;
  readonly #requests: Requests;
  readonly #info: GatewayInfo;
  readonly #memory: SessionMemory;
  readonly #calls: () => CallsPort;
  readonly #timer: Timer;
  #startedAt = 0;
  /** When the oldest ping without a reply went out. */
  #pingedAt: number | undefined;
  #running = false;
  /** Late timers have been excused since the last answer. */
  #excused = false;
  #doubted = false;
  /** From the last ping to its answer. */
  #tookMs = 0;
  #lastHeardAt = 0;

  constructor(
    platform: Platform,
    requests: Requests,
    info: GatewayInfo,
    memory: SessionMemory,
    calls: () => CallsPort,
  ) {
    this.events = new Emitter((error) => {
      platform.reportError(error);
    });
    this.#platform = platform;
    this.#requests = requests;
    this.#info = info;
    this.#memory = memory;
    this.#calls = calls;
    this.#timer = new Timer(platform);
  }

  /** How long nothing was heard. */
  get silentMs(): number {
    return this.#platform.elapsed() - this.#lastHeardAt;
  }

  /** How long our oldest unanswered ping is overdue, measured by the one before; 0 when none is out. */
  get unansweredMs(): number {
    if (this.#pingedAt === undefined) {
      return 0;
    }
    return Math.max(this.#platform.elapsed() - this.#pingedAt - 2 * this.#tookMs, 1);
  }

  start(): void {
    this.#running = true;
    this.#excused = this.#doubted = false;
    this.#startedAt = this.#lastHeardAt = this.#platform.elapsed();
    this.#pingedAt = undefined;
    this.recheck();
  }

  stop(): void {
    this.#running = false;
    this.#pingedAt = undefined;
    this.#timer.stop();
  }

  /** Any frame came in. */
  heard(): void {
    this.#lastHeardAt = this.#platform.elapsed();
  }

  /** Asks now: the network may have changed, the page woke, or the gateway pinged and this is our answer. */
  probe(): void {
    if (!this.#running) {
      return;
    }
    const sentAt = this.#platform.elapsed();
    this.#pingedAt ??= sentAt;
    const answered = (): void => {
      if ((this.#pingedAt ?? Infinity) > sentAt) {
        return;
      }
      this.#tookMs = this.#platform.elapsed() - sentAt;
      this.#pingedAt = undefined;
      this.#excused = false;
      const doubted = this.#doubted;
      this.#doubted = false;
      if (doubted) {
        this.events.emit('answered');
      }
      this.recheck();
    };
    const options = { urgent: true, unlimited: true, voiceSdkId: this.#memory.voiceSdkId };
    this.#requests.request('ping', {}, options).then(answered, (error: unknown) => {
      // A refusal is an answer: the path lives. How long it takes is judged by the timer, a lost socket by its close.
      if (error instanceof RequestError && error.code === 'rejected') {
        answered();
      }
    });
    this.recheck();
  }

  /** The page is awake for something else: a ping that is due soon goes out now. One long overdue slept: its timer tells so. */
  seize(): void {
    if (this.#running && this.#pingedAt === undefined) {
      const rest = this.#dueAt() - this.#platform.elapsed();
      if (rest < SOON_MS && rest > -DRIFT_MS) {
        this.probe();
      }
    }
  }

  /** The cadence may have changed: a call began or ended. */
  recheck(): void {
    if (!this.#running) {
      return;
    }
    const now = this.#platform.elapsed();
    const dueAt = Math.max(this.#dueAt(), now);
    this.#timer.start(dueAt - now, () => {
      this.#check(dueAt);
    });
  }

  #dueAt(): number {
    const { inCall } = this.#calls();
    const { silence, unanswered, limit } = !this.#info.features.ping
      ? PATIENT
      : inCall
        ? IN_CALL
        : WATCHFUL;
    if (this.#pingedAt === undefined) {
      const answeredAt = Math.max(this.#requests.answeredAt, this.#startedAt);
      return Math.min(this.#lastHeardAt + silence, answeredAt + unanswered);
    }
    const patience = !inCall && this.#lastHeardAt > this.#pingedAt ? 2 : 1;
    const wait = this.#excused ? Math.min(limit, WAKE_LIMIT_MS) : limit * patience;
    return this.#pingedAt + wait + (this.#doubted ? RENEWAL_MS : 0);
  }

  #check(expected: number): void {
    const now = this.#platform.elapsed();
    const slept = now - expected > DRIFT_MS;
    if (slept) {
      this.events.emit('woke');
    }
    // Whoever was told may have closed the socket.
    if (!this.#running) {
      return;
    }
    const excused = slept && !this.#excused;
    if (excused) {
      this.#excused = true;
      this.#pingedAt = undefined;
    }
    const { ping, reattach } = this.#info.features;
    if (!excused && now < this.#dueAt()) {
      this.recheck();
    } else if (this.#pingedAt === undefined) {
      this.probe();
    } else if (!this.#doubted && this.#calls().inCall && ping && reattach) {
      this.#doubted = true;
      this.recheck();
      this.events.emit('doubted');
    } else {
      this.stop();
      this.events.emit('dead');
    }
  }
}
