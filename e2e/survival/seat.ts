import type { CallRecord, LogEntry } from '../pages/driver.ts';
import type { InboundFigures, Noted, PeerIdentity, Tally, Watched } from '../pages/survival.ts';

/** A browser's page, near or behind a network: whatever can evaluate an expression there. */
export interface PageLike {
  evaluate<T>(expression: string): Promise<T>;
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  close(): Promise<void>;
  /** A person clicks somewhere. */
  gesture(): Promise<void>;
}

/** What the application of a page was told, with the time of the common clock. */
export interface Told extends LogEntry {
  /** Epoch milliseconds. */
  readonly time: number;
}

const text = (value: unknown): string => JSON.stringify(value);

/** One person of a survival test: a page, an SDK in it, a tone as voice. */
export class Seat {
  readonly user: string;
  /** Of the voice. */
  readonly hz: number;
  readonly page: PageLike;
  readonly #host: () => string;

  constructor(user: string, hz: number, page: PageLike, host: () => string) {
    this.user = user;
    this.hz = hz;
    this.page = page;
    this.#host = host;
  }

  /** Signs in, now and after each reload. */
  async signIn(options: object, shared = true): Promise<void> {
    const all = { host: this.#host(), ...options };
    await this.page.evaluate(`survival.onReload(${text(all)}, ${text(shared)})`);
    await this.page.evaluate(`driver.signIn(${text(all)}, ${text(shared)})`);
  }

  async signOut(): Promise<void> {
    await this.page.evaluate('driver.signOut()');
  }

  dial(destinationNumber: string, options: object = {}): Promise<string> {
    return this.page.evaluate(`driver.dial(${text({ destinationNumber, ...options })})`);
  }

  /** The inbound call that rings; waits for it. */
  async ringing(ms = 10_000): Promise<string> {
    const found = `driver.calls().find((call) => call.direction === 'inbound' && call.state === 'ringing')`;
    await this.until(found, ms);
    return this.page.evaluate(`${found}.id`);
  }

  invoke(id: string, method: string, ...args: unknown[]): Promise<unknown> {
    return this.page.evaluate(`driver.invoke(${text(id)}, ${text(method)}, ${text(args)})`);
  }

  calls(): Promise<CallRecord[]> {
    return this.page.evaluate('driver.calls()');
  }

  async call(id: string): Promise<CallRecord> {
    const found = (await this.calls()).find((each) => each.id === id);
    if (!found) {
      throw new Error(`${this.user} knows no call ${id}.`);
    }
    return found;
  }

  /** Waits until the newest state of a call is this one; returns when that was seen. */
  reaches(id: string, state: string, ms = 10_000): Promise<number> {
    const call = `driver.calls().find((call) => call.id === ${text(id)})`;
    return this.until(`${call}?.states.at(-1) === ${text(state)}`, ms);
  }

  /** Waits in the page; returns when the condition held, in epoch milliseconds. */
  until(expression: string, ms = 10_000): Promise<number> {
    return this.page.evaluate(`survival.until(() => ${expression}, ${String(ms)})`);
  }

  /** What the application was told since a time. */
  async told(since = 0): Promise<Told[]> {
    const all = await this.page.evaluate<Told[]>(
      'driver.log.map(({ detail, ...entry }) => ({ ...entry, time: performance.timeOrigin + entry.at }))',
    );
    return all.filter(({ time }) => time >= since);
  }

  /** Waits until the application is told `telnyx.ready` after a time; returns when. */
  async readyAfter(since: number, ms: number): Promise<number> {
    const ready = `driver.log.find(({ event, at }) => event === 'ready' && performance.timeOrigin + at >= ${String(since)})`;
    await this.until(ready, ms);
    return this.page.evaluate(`performance.timeOrigin + ${ready}.at`);
  }

  /** Waits until a socket brings something after a time; returns when. */
  async heardAfter(since: number, ms: number): Promise<number> {
    const heard = `survival.heard.find((time) => time >= ${String(since)})`;
    await this.until(`${heard} !== undefined`, ms);
    return this.page.evaluate(heard);
  }

  /** Listens for a tone from now on; see {@link watched}. */
  async watch(hz: number): Promise<void> {
    await this.page.evaluate(`survival.watch(${String(hz)})`);
  }

  watched(): Promise<Watched> {
    return this.page.evaluate('survival.watched()');
  }

  /** Waits until the tone is there, and was for `ms`. */
  async hearsSteadily(ms: number, limit: number): Promise<Watched> {
    const until = Date.now() + limit;
    for (;;) {
      const watched = await this.watched();
      const last = watched.gaps.at(-1)?.to ?? watched.from;
      if (watched.toneNow && watched.to - last >= ms) {
        return watched;
      }
      if (Date.now() > until) {
        return watched;
      }
      await pause(50);
    }
  }

  peer(): Promise<PeerIdentity> {
    return this.page.evaluate('survival.peer()');
  }

  tally(): Promise<Tally> {
    return this.page.evaluate('survival.tally()');
  }

  inbound(): Promise<InboundFigures> {
    return this.page.evaluate('survival.inbound()');
  }

  /** What happened since a time, in a line: for whoever has to find out why it took so long. */
  async timeline(since: number): Promise<string> {
    const tried = (await this.attempts(since)).map((time) => ({ time, what: 'tried' }));
    const told = (await this.told(since)).map(({ time, event, state, code }) => ({
      time,
      what: [event, state, code].filter((part) => part !== undefined).join(' '),
    }));
    const all = await this.page.evaluate<Noted[]>('[...survival.ice]');
    return [...tried, ...told, ...all.filter(({ time }) => time >= since)]
      .sort((a, b) => a.time - b.time)
      .map(({ time, what }) => `${String(Math.round(time - since))} ${what}`)
      .join(', ');
  }

  /** When the page made sockets, or probed, after a time. */
  async attempts(since: number): Promise<number[]> {
    const all = await this.page.evaluate<number[]>('[...survival.attempts]');
    return all.filter((time) => time >= since);
  }

  /** Why this is not the tone of somebody, heard from the newest peer; undefined when it is. */
  async hears(hz: number, ms = 5000): Promise<string | undefined> {
    const until = Date.now() + ms;
    for (;;) {
      const why = await this.#listen(hz);
      if (why === undefined || Date.now() > until) {
        return why;
      }
    }
  }

  async #listen(hz: number): Promise<string | undefined> {
    try {
      const heard = await this.page.evaluate<{
        dbfs: number;
        peaks: { hz: number }[];
        playing: boolean;
      }>(`'MediaStreamTrackProcessor' in window ? ear.hear(300) : survival.level()`);
      const [peak] = heard.peaks;
      if (heard.dbfs < -40) {
        return `${this.user} hears silence (${String(heard.dbfs)} dBFS)`;
      }
      // Where pages cannot read samples, the level has to do.
      const unknown = heard.peaks.length === 0;
      if (!unknown && Math.abs((peak?.hz ?? 0) - hz) > 10) {
        return `${this.user} hears ${String(peak?.hz)} Hz`;
      }
      return heard.playing ? undefined : `${this.user} plays nothing`;
    } catch (error) {
      await pause(50);
      return `${this.user}: ${String(error)}`;
    }
  }
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));
