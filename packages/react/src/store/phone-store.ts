import type {
  Call,
  ClientEvents,
  INotification,
  ITelnyxErrorEvent,
  ITelnyxWarning,
  ITelnyxWarningEvent,
  TelnyxRTC,
} from '@offhook/client';
import { CallList } from './call-list.ts';
import { isAnswered, type CallSnapshot } from './call-snapshot.ts';
import { connectionStateOf, type ConnectionState } from './connection-state.ts';
import { DeviceChoice, type DeviceSnapshot, type DevicesSnapshot } from './device-choice.ts';

/** An error or a warning of the client, as it is shown to a person. */
export interface PhoneProblem {
  /** Unique in this store. */
  readonly key: number;
  readonly level: 'error' | 'warning';
  readonly code: number;
  /** Upper snake case, such as `MEDIA_MICROPHONE_PERMISSION_DENIED`. */
  readonly name: string;
  readonly message: string;
  readonly description: string;
  readonly causes: readonly string[];
  readonly solutions: readonly string[];
  /** The page on it. */
  readonly docs: string;
  readonly fatal: boolean;
  readonly callId: string | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Everything a phone shows, at one moment. Never changed in place: `===` tells whether something is new. */
export interface PhoneSnapshot {
  readonly connection: ConnectionState;
  /** Live calls, oldest first. */
  readonly calls: readonly CallSnapshot[];
  /** The call that ended last, with its cause; null before the first. */
  readonly lastEnded: CallSnapshot | null;
  readonly devices: DevicesSnapshot;
  /** Newest last, at most 20. */
  readonly problems: readonly PhoneProblem[];
}

export interface PhoneStoreOptions {
  /** Milliseconds since the epoch. Default: `Date.now`. */
  readonly now?: () => number;
}

/**
 * A client as one value that changes: `subscribe` and `getSnapshot`, as `useSyncExternalStore` and its like in other
 * frameworks want it. It listens to the client only while somebody listens to it, and never connects, disconnects or
 * ends anything by itself.
 */
export interface PhoneStore {
  readonly client: TelnyxRTC;
  readonly getSnapshot: () => PhoneSnapshot;
  /** Calls back after each change. Returns its undo. */
  readonly subscribe: (listener: () => void) => () => void;
  /** Calls back with the final snapshot of each call that ends. Returns its undo. */
  readonly onCallEnded: (listener: (call: CallSnapshot) => void) => () => void;
  /** Opens the connection; `connection` goes to `connecting`. */
  connect(): void;
  /** For new calls and for those that are up; null is the browser's default. Rejects when the device cannot be opened. */
  selectMicrophone(deviceId: string | null): Promise<void>;
  /** For new calls and for those that are up; null is the browser's default. */
  selectSpeaker(deviceId: string | null): Promise<void>;
  /** Reads the device list again. With `ask`, asks the person for the microphone when names are hidden. */
  refreshDevices(options?: { readonly ask?: boolean }): Promise<void>;
  dismissProblem(key: number): void;
}

const MAX_PROBLEMS = 20;

/** @param client One client; the store does not own it. */
export function createPhoneStore(client: TelnyxRTC, options: PhoneStoreOptions = {}): PhoneStore {
  return new ClientPhoneStore(client, options);
}

/** Chromium lists its own choice as `default`; others list it first. */
function browserChoice(devices: readonly DeviceSnapshot[]): string | null {
  return (devices.find(({ id }) => id === 'default') ?? devices[0])?.id ?? null;
}

class ClientPhoneStore implements PhoneStore {
  readonly client: TelnyxRTC;
  readonly #now: () => number;
  readonly #calls: CallList;
  readonly #devices: DeviceChoice;
  readonly #listeners = new Set<() => void>();
  readonly #endListeners = new Set<(call: CallSnapshot) => void>();
  #connection: ConnectionState;
  /** The session was ready since it was opened by `connect()`. */
  #wasReady = false;
  #problems: readonly PhoneProblem[] = [];
  #lastEnded: CallSnapshot | null = null;
  #nextKey = 1;
  /** Told to the end listeners after the snapshot without them is out. */
  readonly #justEnded: CallSnapshot[] = [];
  #snapshot: PhoneSnapshot;
  #undo: readonly (() => void)[] | undefined;
  #batch = 0;
  #stale = false;

  constructor(client: TelnyxRTC, options: PhoneStoreOptions) {
    this.client = client;
    this.#now = options.now ?? (() => Date.now());
    const changed = () => this.#changed();
    this.#devices = new DeviceChoice(client.devices, changed);
    this.#calls = new CallList({ changed, ended: (call) => this.#ended(call) }, this.#now);
    this.#connection = this.#readConnection();
    this.#snapshot = this.#take();
  }

  readonly getSnapshot = (): PhoneSnapshot => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    // A wrapper, so that the same function subscribed twice is two subscriptions.
    const entry = () => listener();
    this.#listeners.add(entry);
    this.#start();
    return () => {
      this.#listeners.delete(entry);
      this.#stopWhenUnused();
    };
  };

  readonly onCallEnded = (listener: (call: CallSnapshot) => void): (() => void) => {
    const entry = (call: CallSnapshot) => listener(call);
    this.#endListeners.add(entry);
    this.#start();
    return () => {
      this.#endListeners.delete(entry);
      this.#stopWhenUnused();
    };
  };

  // Functions of their own, so that they work also on a store that a framework has wrapped in a proxy.

  readonly connect = (): void => {
    void this.client.connect();
    this.#connectionChanged();
  };

  readonly selectMicrophone = async (deviceId: string | null): Promise<void> => {
    this.#devices.choose({ microphoneId: deviceId });
    this.client.micId = deviceId ?? undefined;
    const target = deviceId ?? browserChoice(this.#devices.snapshot.microphones);
    if (target === null) {
      return;
    }
    await Promise.all(this.#withMedia().map((call) => call.setAudioInDevice(target)));
  };

  readonly selectSpeaker = async (deviceId: string | null): Promise<void> => {
    this.#devices.choose({ speakerId: deviceId });
    this.client.speaker = deviceId;
    const target = deviceId ?? browserChoice(this.#devices.snapshot.speakers);
    if (target === null) {
      return;
    }
    await Promise.all(this.#withMedia().map((call) => call.setAudioOutDevice(target)));
  };

  readonly refreshDevices = async ({
    ask = false,
  }: { readonly ask?: boolean } = {}): Promise<void> => {
    if (ask) {
      await this.client.checkPermissions(true, false);
    }
    await this.#devices.refresh();
  };

  readonly dismissProblem = (key: number): void => {
    const rest = this.#problems.filter((problem) => problem.key !== key);
    if (rest.length === this.#problems.length) {
      return;
    }
    this.#problems = rest;
    this.#changed();
  };

  #withMedia(): Call[] {
    return Object.values(this.client.calls).filter((call) => isAnswered(call.state));
  }

  #start(): void {
    if (this.#undo) {
      return;
    }
    const { client } = this;
    this.#undo = [
      this.#listen('telnyx.session.state', () => this.#connectionChanged()),
      this.#listen('telnyx.error', (payload) => this.#failed(payload)),
      this.#listen('telnyx.warning', (payload) => this.#warned(payload)),
      this.#listen('telnyx.notification', (payload) => this.#notified(payload)),
    ];
    // What happened while nobody listened.
    this.#batched(() => {
      this.#connectionChanged();
      for (const call of Object.values(client.calls)) {
        this.#calls.update(call);
      }
      this.#devices.start();
    });
  }

  #stopWhenUnused(): void {
    if (!this.#undo || this.#listeners.size > 0 || this.#endListeners.size > 0) {
      return;
    }
    this.#undo.forEach((stop) => stop());
    this.#undo = undefined;
    this.#batched(() => {
      this.#calls.clear();
      this.#devices.stop();
    });
  }

  #listen<K extends keyof ClientEvents>(
    event: K,
    listener: (...args: ClientEvents[K]) => void,
  ): () => void {
    this.client.on(event, listener);
    return () => void this.client.off(event, listener);
  }

  #connectionChanged(): void {
    const next = this.#readConnection();
    if (next === this.#connection) {
      return;
    }
    this.#connection = next;
    this.#changed();
  }

  #readConnection(): ConnectionState {
    const { sessionState, sessionOutcome } = this.client;
    const next = connectionStateOf(sessionState, sessionOutcome, this.#wasReady);
    if (next !== 'reconnecting') {
      this.#wasReady = next === 'ready';
    }
    return next;
  }

  #notified({ type, call }: INotification): void {
    if (!call || type !== 'callUpdate') {
      return;
    }
    this.#batched(() => {
      const hadMedia = this.#snapshot.calls.some((known) => isAnswered(known.state));
      this.#calls.update(call);
      // The first answered call means that the microphone was given: names can be read now.
      if (!hadMedia && isAnswered(call.state)) {
        void this.#devices.refresh();
      }
    });
  }

  #failed({ error, callId }: ITelnyxErrorEvent): void {
    this.#problem('error', error, error.fatal, callId);
  }

  #warned({ warning, callId }: ITelnyxWarningEvent): void {
    this.#problem('warning', warning, false, callId);
  }

  #problem(
    level: PhoneProblem['level'],
    source: ITelnyxWarning | ITelnyxErrorEvent['error'],
    fatal: boolean,
    callId: string | undefined,
  ): void {
    const { code, name, message, description, causes, solutions, docs } = source;
    const problem: PhoneProblem = {
      key: this.#nextKey++,
      level,
      code,
      name,
      message,
      description,
      causes,
      solutions,
      docs,
      fatal,
      callId: callId ?? null,
      at: this.#now(),
    };
    // The same trouble again is one line with a new time, not a list.
    const others = this.#problems.filter(
      (known) => known.code !== code || known.callId !== problem.callId,
    );
    this.#problems = [...others, problem].slice(-MAX_PROBLEMS);
    this.#changed();
  }

  #ended(call: CallSnapshot): void {
    this.#lastEnded = call;
    this.#justEnded.push(call);
    this.#changed();
  }

  #batched(change: () => void): void {
    this.#batch += 1;
    try {
      change();
    } finally {
      this.#batch -= 1;
      if (this.#batch === 0 && this.#stale) {
        this.#changed();
      }
    }
  }

  #changed(): void {
    if (this.#batch > 0) {
      this.#stale = true;
      return;
    }
    this.#stale = false;
    this.#snapshot = this.#take();
    for (const listener of [...this.#listeners]) {
      // One that left because of this change wants to hear no more.
      if (this.#listeners.has(listener)) {
        listener();
      }
    }
    for (const call of this.#justEnded.splice(0)) {
      for (const listener of [...this.#endListeners]) {
        listener(call);
      }
    }
  }

  #take(): PhoneSnapshot {
    return {
      connection: this.#connection,
      calls: this.#calls.snapshots,
      lastEnded: this.#lastEnded,
      devices: this.#devices.snapshot,
      problems: this.#problems,
    };
  }
}
