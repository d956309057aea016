import type { LoadUser } from './credentials.ts';
import { FailureCount } from './failure-count.ts';
import type { LoadReport } from './load-report.ts';
import { noPackets, silentEnd } from './media-end.ts';
import type { RtpTotals } from './media-end.ts';
import { Participant, asLoadError } from './participant.ts';
import { RtpClock } from './rtp-clock.ts';
import { LoadError } from './load-error.ts';
import type { RtpEnd } from './rtp-end.ts';
import { Samples } from './samples.ts';
import { repeat, wait } from './timing.ts';

export interface LoadOptions {
  readonly target: URL;
  readonly users: readonly LoadUser[];
  readonly signInsPerSecond: number;
  readonly callsPerSecond: number;
  /** How long each call talks. */
  readonly callSeconds: number;
  /** How long calls are placed; those that stand then are ended in their time. */
  readonly seconds: number;
  /** Call this instead of each other: a service such as `echo`. */
  readonly destination?: string;
  readonly rtp: boolean;
}

/** What a run has done so far. */
export interface LoadProgress {
  readonly phase: 'signing in' | 'calling' | 'ending';
  readonly signedIn: number;
  readonly signInFailures: number;
  readonly calls: number;
  readonly callFailures: number;
  readonly atOnce: number;
  /** Audio packets that came through. */
  readonly packets: number;
}

/** Who calls, whom, and whether they are in a call. */
interface Line {
  readonly caller: Participant;
  readonly destination: string;
  readonly callee: Participant | null;
  busy: boolean;
}

/**
 * Signs clients in at a rate, lets pairs of them call each other at a rate, and says what came of it. Ends by itself, and at
 * once when its signal is aborted; afterwards nothing of it is open.
 */
export class LoadRun {
  readonly #options: LoadOptions;
  readonly #signal: AbortSignal;
  readonly #signIns = { ms: new Samples(), failures: new FailureCount(), seconds: 0 };
  readonly #calls = { ms: new Samples(), failures: new FailureCount(), seconds: 0, skipped: 0 };
  readonly #rtp: RtpTotals = noPackets();
  readonly #talking = new Set<Promise<void>>();
  readonly #participants: Participant[] = [];
  #phase: LoadProgress['phase'] = 'signing in';
  #lost = 0;
  #ok = 0;
  #atOnce = 0;

  constructor(options: LoadOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  get progress(): LoadProgress {
    return {
      phase: this.#phase,
      signedIn: this.#signIns.ms.count - this.#lost,
      signInFailures: this.#signIns.failures.total,
      calls: this.#ok,
      callFailures: this.#calls.failures.total,
      atOnce: this.#talking.size,
      packets: this.#rtp.received,
    };
  }

  async run(): Promise<LoadReport> {
    const from = performance.now();
    const makeEnd = await this.#endMaker();
    try {
      await this.#signIn(makeEnd);
      this.#phase = 'calling';
      await this.#call();
      this.#phase = 'ending';
      await Promise.all(this.#talking);
    } finally {
      await Promise.all(this.#participants.map((each) => each.close()));
    }
    return this.#report((performance.now() - from) / 1000);
  }

  async #endMaker(): Promise<() => RtpEnd | typeof silentEnd> {
    if (!this.#options.rtp) {
      return () => silentEnd;
    }
    // Only a load with audio needs a WebRTC library.
    const { RtpEnd } = await import('./rtp-end.ts').catch((error: unknown) => {
      throw new LoadError(
        'no_library',
        'Calls with audio need the package "werift", which @offhook/gateway has as an optional dependency and which is not installed here. npm install werift',
        { cause: error },
      );
    });
    const clock = new RtpClock();
    return () => new RtpEnd(clock, this.#rtp);
  }

  async #signIn(makeEnd: () => RtpEnd | typeof silentEnd): Promise<void> {
    const { users, signInsPerSecond, target } = this.#options;
    const from = performance.now();
    const open: Promise<void>[] = [];
    await repeat(signInsPerSecond, users.length, this.#signal, (index) => {
      const user = users[index];
      if (user === undefined) {
        return;
      }
      const participant = new Participant(target, user, makeEnd, () => {
        this.#lost += 1;
      });
      this.#participants.push(participant);
      open.push(this.#signInOne(participant));
    });
    await Promise.all(open);
    this.#signIns.seconds = (performance.now() - from) / 1000;
  }

  async #signInOne(participant: Participant): Promise<void> {
    const from = performance.now();
    try {
      await participant.client.signIn();
      this.#signIns.ms.add(performance.now() - from);
    } catch (error) {
      this.#signIns.failures.add(asLoadError(error));
    }
  }

  async #call(): Promise<void> {
    const { callsPerSecond, seconds } = this.#options;
    const lines = this.#lines();
    if (lines.length === 0 || callsPerSecond === 0) {
      if (callsPerSecond === 0) {
        await wait(seconds * 1000, this.#signal);
      }
      return;
    }
    const from = performance.now();
    let next = 0;
    await repeat(callsPerSecond, Math.ceil(callsPerSecond * seconds), this.#signal, () => {
      const line = freeLine(lines, next);
      if (line === null) {
        this.#calls.skipped += 1;
        return;
      }
      next = lines.indexOf(line) + 1;
      line.busy = true;
      const talk = this.#talk(line).finally(() => {
        line.busy = false;
        this.#talking.delete(talk);
      });
      this.#talking.add(talk);
      this.#atOnce = Math.max(this.#atOnce, this.#talking.size);
    });
    this.#calls.seconds = (performance.now() - from) / 1000;
  }

  #lines(): Line[] {
    const { destination } = this.#options;
    const ready = this.#participants.filter(({ client }) => client.ready);
    if (destination !== undefined) {
      return ready.map((caller) => ({ caller, destination, callee: null, busy: false }));
    }
    return ready.flatMap((caller, index) => {
      const callee = ready[index + 1];
      if (index % 2 === 1 || callee === undefined) {
        return [];
      }
      return [{ caller, callee, destination: callee.user, busy: false }];
    });
  }

  async #talk({ caller, callee, destination }: Line): Promise<void> {
    try {
      const call = await caller.call(destination);
      this.#calls.ms.add(call.answeredAfter);
      await wait(this.#options.callSeconds * 1000, this.#signal);
      await call.hangup();
      this.#ok += 1;
    } catch (error) {
      this.#calls.failures.add(asLoadError(error));
    }
    for (const failure of callee?.failures.splice(0) ?? []) {
      this.#calls.failures.add(failure);
    }
  }

  #report(seconds: number): LoadReport {
    const { target, rtp } = this.#options;
    return {
      target: target.origin === 'null' ? `${target.protocol}//${target.host}` : target.origin,
      interrupted: this.#signal.aborted,
      seconds: tenth(seconds),
      signIns: {
        ok: this.#signIns.ms.count,
        perSecond: rate(this.#signIns.ms.count, this.#signIns.seconds),
        ms: this.#signIns.ms.summary(),
        failures: this.#signIns.failures.list(),
      },
      lost: this.#lost,
      calls: {
        ok: this.#ok,
        perSecond: rate(this.#ok, this.#calls.seconds),
        answerMs: this.#calls.ms.summary(),
        skipped: this.#calls.skipped,
        atOnce: this.#atOnce,
        failures: this.#calls.failures.list(),
      },
      rtp: rtp
        ? {
            connected: this.#rtp.connected,
            sent: this.#rtp.sent,
            received: this.#rtp.received,
            lost: this.#rtp.lost,
            delayMs: this.#rtp.delay.summary(),
          }
        : null,
    };
  }
}

/** The next one in turn that is not in a call. */
function freeLine(lines: readonly Line[], from: number): Line | null {
  for (let step = 0; step < lines.length; step += 1) {
    const line = lines[(from + step) % lines.length];
    if (line?.busy === false && line.caller.client.ready) {
      return line;
    }
  }
  return null;
}

const tenth = (value: number): number => Math.round(value * 10) / 10;
const rate = (count: number, seconds: number): number => (seconds > 0 ? tenth(count / seconds) : 0);
