import type { Call, ClientEvents, Platform, TelnyxRTC } from '../index.ts';
import { Emitter } from '../emitter.ts';
import { Timer } from '../timer.ts';
import { FollowedCall } from './followed-call.ts';
import { PhoneDevices } from './phone-devices.ts';
import {
  isOver,
  isUp,
  type ChosenDevices,
  type PhoneCall,
  type PhoneProblem,
  type PhoneState,
  type PhoneStatus,
} from './phone-state.ts';
import { Ringer } from './ringer.ts';

/** What the controller tells. */
export interface ControllerEvents {
  /** Something of {@link PhoneState} is new. */
  change: [];
  status: [status: PhoneStatus];
  /** A call has another status. */
  call: [call: PhoneCall];
  problem: [problem: PhoneProblem];
  chosen: [chosen: ChosenDevices];
}

/** What the sides of a call are called; '' and undefined: what the gateway and the SDK say. */
export interface CallNames {
  readonly own?: string;
  readonly remote?: string;
}

/** How long a call that ended is shown. */
const LINGER_MS = 4_000;
/** How long a call may wait for the sign-in. */
const READY_MS = 15_000;

/** Errors that the status tells already, and the SDK mends; and those of a call that is over, or of nothing that the element has. */
const NOT_SHOWN: ReadonlySet<number> = new Set([45002, 45004, 48001, 44003, 44004, 44005]);

/** One client's phone: what a person can do, and everything that is shown. Uses the public API of the client only. */
export class PhoneController {
  readonly #platform: Platform;
  readonly #events: Emitter<ControllerEvents>;
  readonly #devices: PhoneDevices;
  readonly #ringer: Ringer;
  readonly #calls = new Set<FollowedCall>();
  readonly #lingering = new Map<FollowedCall, Timer>();
  readonly #told = new Map<string, PhoneCall['status']>();
  #client: TelnyxRTC | null = null;
  #owned = false;
  #wasReady = false;
  /** A call waits for the sign-in. */
  #dialling: AbortController | null = null;
  #undo: (() => void)[] = [];
  #status: PhoneStatus = 'off';
  #problem: PhoneProblem | null = null;
  #state: PhoneState;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#events = new Emitter((error) => platform.reportError(error));
    this.#devices = new PhoneDevices(() => this.#changed());
    this.#ringer = new Ringer(platform);
    this.#state = this.#take();
  }

  get client(): TelnyxRTC | null {
    return this.#client;
  }
  get state(): PhoneState {
    return this.#state;
  }
  /** Calls that are not over, or one that waits for the sign-in. */
  get busy(): boolean {
    return this.#dialling !== null || this.#state.calls.some((call) => !isOver(call));
  }

  on<K extends keyof ControllerEvents>(
    event: K,
    listener: (...args: ControllerEvents[K]) => void,
  ): () => void {
    return this.#events.on(event, listener);
  }

  /** Begins to show a client. @param owned the client is this phone's: connected here, and disconnected by {@link stop} */
  start(client: TelnyxRTC, owned: boolean): void {
    void this.stop();
    this.#client = client;
    this.#owned = owned;
    this.#problem = null;
    this.#wasReady = false;
    this.#undo = [
      this.#listen('telnyx.session.state', () => this.#sessionChanged()),
      this.#listen('telnyx.error', ({ error, callId }) => {
        const { code, message } = error;
        if (!NOT_SHOWN.has(code)) {
          this.fail({ code, message, key: this.#keyOf(callId) });
        }
      }),
      this.#listen('telnyx.notification', ({ type, call }) => {
        if (type === 'callUpdate') {
          this.#updated(call);
        }
      }),
    ];
    this.#devices.start(client);
    for (const call of Object.values(client.calls)) {
      this.#updated(call);
    }
    if (owned) {
      void client.connect();
    }
    this.#sessionChanged();
  }

  /** Stops showing it. Resolves when nothing of an own client is left: its calls end. */
  async stop(): Promise<void> {
    const client = this.#client;
    this.#dialling?.abort();
    this.#ringer.stop();
    this.#devices.stop();
    this.#undo.splice(0).forEach((undo) => undo());
    for (const call of [...this.#calls]) {
      this.#forget(call);
    }
    this.#client = null;
    this.#setStatus('off');
    this.#changed();
    if (client && this.#owned) {
      await client.disconnect();
    }
  }

  /** Shows a problem, and tells of it. */
  fail(problem: PhoneProblem): void {
    this.#problem = problem;
    this.#changed();
    this.#events.emit('problem', problem);
  }

  dismiss(): void {
    this.#problem = null;
    this.#changed();
  }

  /** Places a call when the client is ready; the call that is up is held. Never rejects: a problem tells. */
  async dial(destinationNumber: string, names: CallNames = {}): Promise<void> {
    const client = this.#client;
    if (!client || this.#dialling) {
      return;
    }
    this.#problem = null;
    const waiting = new AbortController();
    const timer = new Timer(this.#platform);
    this.#dialling = waiting;
    this.#changed();
    try {
      if (client.sessionState !== 'ready') {
        timer.start(READY_MS, () => waiting.abort(new DOMException('No answer', 'TimeoutError')));
        await (this.#owned ? client.connect() : undefined);
        await client.ready(waiting.signal);
      }
      waiting.signal.throwIfAborted();
      const call = client.newCall({
        destinationNumber,
        callerName: names.own || undefined,
        remoteCallerName: names.remote || undefined,
      });
      this.#updated(call);
      this.#holdOthers(call);
    } catch (error) {
      // An error event of the client has told already; `stop()` and `cancel()` are no failures.
      if (!this.#state.problem && (!waiting.signal.aborted || isTimeout(waiting.signal))) {
        this.fail({ code: 45001, message: messageOf(error), key: null });
      }
    } finally {
      timer.stop();
      this.#dialling = null;
      this.#changed();
    }
  }

  /** Gives up a call that waits for the sign-in. */
  cancel(): void {
    this.#dialling?.abort();
  }

  answer(key: string): void {
    const call = this.#find(key)?.call;
    if (call) {
      // At the same time: nobody waits for a hold to be confirmed.
      this.#run(call.answer(), key);
      this.#holdOthers(call);
    }
  }

  decline(key: string): void {
    this.#run(this.#find(key)?.call.reject(), key);
  }

  hangup(key: string): void {
    this.#run(this.#find(key)?.call.hangup(), key);
  }

  toggleHold(key: string): void {
    const followed = this.#find(key);
    if (!followed) {
      return;
    }
    const { call, snapshot } = followed;
    if (snapshot.status === 'held') {
      this.#holdOthers(call);
      this.#run(call.unhold(), key);
    } else {
      this.#run(call.hold(), key);
    }
  }

  toggleMute(key: string): void {
    this.#find(key)?.call.toggleAudioMute();
  }

  sendDigits(key: string, digits: string): void {
    const followed = this.#find(key);
    followed?.call.dtmf(digits);
    followed?.sent(digits);
  }

  /** Hands the far party over to a number, or to the far party of another call. Never rejects: a problem tells. */
  async transfer(key: string, to: { number: string } | { key: string }): Promise<void> {
    const followed = this.#find(key);
    const target = 'number' in to ? to.number : this.#find(to.key)?.call;
    if (!followed || target === undefined) {
      return;
    }
    followed.transferring(true);
    try {
      await followed.call.transfer(target);
    } catch (error) {
      const { reason = 'failed' } = error as { reason?: unknown };
      this.fail({ code: `transfer_${String(reason)}`, message: messageOf(error), key });
    } finally {
      followed.transferring(false);
    }
  }

  /** Devices for calls from now on, and for those that are up. */
  choose(choice: Partial<ChosenDevices>): void {
    this.#devices.choose(choice);
    const { microphone, speaker } = choice;
    for (const { call, snapshot, key } of this.#calls) {
      if (!isUp(snapshot)) {
        continue;
      }
      // An empty id is none to a call that is up, so the system's choice counts from the next one on.
      if (microphone) {
        this.#run(call.setAudioInDevice(microphone), key);
      }
      if (speaker) {
        this.#run(call.setAudioOutDevice(speaker), key);
      }
    }
    this.#events.emit('chosen', this.#devices.chosen);
  }

  /** Reads the devices again. @param ask opens the microphone once, so that the browser tells names */
  async refreshDevices(ask: boolean): Promise<void> {
    await this.#devices.refresh(ask);
  }

  #listen<K extends keyof ClientEvents>(
    event: K,
    listener: (...args: ClientEvents[K]) => void,
  ): () => void {
    const client = this.#client;
    client?.on(event, listener);
    return () => void client?.off(event, listener);
  }

  #find(key: string): FollowedCall | undefined {
    return [...this.#calls].find((call) => call.key === key && !isOver(call.snapshot));
  }

  #keyOf(callId: string | undefined): string | null {
    return [...this.#calls].find(({ call }) => call.id === callId)?.key ?? null;
  }

  /** What the SDK has no error event for. */
  #run(action: Promise<unknown> | undefined, key: string): void {
    action?.catch((error: unknown) => {
      this.fail({ code: 'failed', message: messageOf(error), key });
    });
  }

  #holdOthers(call: Call): void {
    for (const other of this.#calls) {
      if (other.call !== call && other.snapshot.status === 'active') {
        this.#run(other.call.hold(), other.key);
      }
    }
  }

  #updated(call: Call): void {
    const known = [...this.#calls].find((followed) => followed.knows(call));
    if (known) {
      // The last words of an object that another one goes on for.
      if (known.call === call || !call.end) {
        known.adopt(call);
      }
      return;
    }
    if (call.end || call.options.screenShare) {
      return;
    }
    const followed = new FollowedCall(call, () => this.#callChanged(followed));
    this.#calls.add(followed);
    this.#callChanged(followed);
  }

  #callChanged(followed: FollowedCall): void {
    const { snapshot, key } = followed;
    if (isOver(snapshot) && !this.#lingering.has(followed)) {
      const timer = new Timer(this.#platform);
      this.#lingering.set(followed, timer);
      timer.start(LINGER_MS, () => {
        this.#forget(followed);
        this.#changed();
      });
    }
    this.#changed();
    if (this.#told.get(key) !== snapshot.status) {
      this.#told.set(key, snapshot.status);
      if (snapshot.status === 'active') {
        void this.#devices.refresh();
      }
      this.#events.emit('call', snapshot);
    }
  }

  #forget(followed: FollowedCall): void {
    followed.dispose();
    this.#lingering.get(followed)?.stop();
    this.#lingering.delete(followed);
    this.#told.delete(followed.key);
    this.#calls.delete(followed);
  }

  #sessionChanged(): void {
    const { sessionState, sessionOutcome } = this.#client ?? {};
    switch (sessionState) {
      case undefined:
      case 'idle':
      case 'closing':
        this.#setStatus('off');
        break;
      case 'ready':
        this.#wasReady = true;
        this.#setStatus('ready');
        break;
      case 'rejected':
        this.#setStatus('failed');
        break;
      case 'closed':
      case 'failed':
        this.#setStatus(sessionOutcome === 'disconnected' ? 'off' : 'failed');
        break;
      default:
        this.#setStatus(this.#wasReady ? 'reconnecting' : 'connecting');
    }
  }

  #setStatus(status: PhoneStatus): void {
    if (status === this.#status) {
      return;
    }
    this.#status = status;
    // What went wrong with the sign-in is over.
    if (status === 'ready' && this.#problem?.key === null && !isSetup(this.#problem)) {
      this.#problem = null;
    }
    this.#changed();
    this.#events.emit('status', status);
  }

  #changed(): void {
    this.#state = this.#take();
    this.#ring();
    this.#events.emit('change');
  }

  #take(): PhoneState {
    return {
      status: this.#status,
      dialling: this.#dialling !== null,
      problem: this.#problem,
      calls: [...this.#calls].map(({ snapshot }) => snapshot),
      ...this.#devices.listed,
      chosen: this.#devices.chosen,
    };
  }

  #ring(): void {
    const { calls } = this.#state;
    const { ringer, speaker } = this.#devices.chosen;
    const client = this.#client;
    const incoming = calls.some(({ status }) => status === 'incoming');
    if (incoming && ringer !== 'off' && client?.ringtoneFile === undefined) {
      this.#ringer.play(calls.some(isUp) ? 'waiting' : 'incoming', ringer);
      return;
    }
    const ringing = calls.some(({ status }) => status === 'ringing');
    const tone = ringing && client?.ringbackFile === undefined;
    this.#ringer.play(tone ? 'ringback' : null, tone ? speaker : '');
  }
}

const isSetup = ({ code }: PhoneProblem): boolean => String(code).startsWith('setup_');

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const isTimeout = ({ reason }: AbortSignal): boolean =>
  reason instanceof DOMException && reason.name === 'TimeoutError';
