import type { Call } from '@offhook/client';
import { FakeCallAi } from './fake-call-ai.ts';

type CallEvent =
  'state' | 'recovered' | 'ringing' | 'hold' | 'remoteAway' | 'remoteParty' | 'mute' | 'ended';
type Side = 'local' | 'remote';

export interface FakeCallInit {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly number: string;
  readonly name?: string;
  readonly recoveredCallId?: string;
}

/** A call without media or signalling: the test is the far end. Actions are obeyed at once and written down. */
export class FakeCall {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly options: {
    destinationNumber: string;
    remoteCallerName: string;
    remoteCallerNumber: string;
  };
  readonly recoveredCallId: string;
  /** Every action with its arguments, in order. */
  readonly actions: (readonly [name: string, ...args: unknown[]])[] = [];
  readonly ai = new FakeCallAi();
  state = 'new';
  ringing = false;
  remoteHeld = false;
  remoteAway = false;
  remoteParty: { readonly name: string; readonly number: string } | null = null;
  answeredAt: number | undefined;
  isAudioMuted = false;
  cause: string | undefined;
  causeCode: number | undefined;
  sipCode: number | null | undefined;
  sipReason: string | null | undefined;
  levels = { local: 0, remote: 0 };
  transferred: { resolve(): void; reject(error: unknown): void } | null = null;
  readonly #listeners = new Map<CallEvent, Set<(...payload: unknown[]) => void>>();
  readonly #updated: (call: FakeCall) => void;

  constructor(init: FakeCallInit, updated: (call: FakeCall) => void) {
    this.id = init.id;
    this.direction = init.direction;
    this.recoveredCallId = init.recoveredCallId ?? '';
    this.options = {
      destinationNumber: init.direction === 'outbound' ? init.number : '1001',
      remoteCallerName: init.name ?? (init.direction === 'outbound' ? 'Outbound Call' : ''),
      remoteCallerNumber: init.number,
    };
    this.#updated = updated;
  }

  get listenerCount(): number {
    return [...this.#listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }

  on(event: CallEvent, listener: (...payload: unknown[]) => void): () => void {
    const set = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, set.add(listener));
    return () => void set.delete(listener);
  }

  emit(event: CallEvent, ...payload: unknown[]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      listener(...payload);
    }
  }

  /** A new state, with its `callUpdate`. */
  to(state: string): this {
    const before = this.state;
    this.state = state;
    this.#updated(this);
    this.emit('state', state, before);
    return this;
  }

  /** The far end of an outbound call rings: an event, not a state. */
  ring(): this {
    this.ringing = true;
    this.emit('ringing');
    return this;
  }

  holdRemotely(held: boolean): this {
    this.remoteHeld = held;
    this.emit('hold');
    return this;
  }

  loseRemote(away: boolean): this {
    this.remoteAway = away;
    this.emit('remoteAway');
    return this;
  }

  /** Somebody else is at the far end. */
  handOver(name: string, number: string): this {
    this.remoteParty = { name, number };
    this.emit('remoteParty', this.remoteParty);
    return this;
  }

  /** Settles when the test says how it went. */
  transfer(target: unknown, options?: { readonly signal?: AbortSignal }): Promise<void> {
    this.actions.push(['transfer', target, options]);
    return new Promise((resolve, reject) => {
      this.transferred = { resolve, reject };
    });
  }

  /** The order of the real one: `hangup`, the event, `destroy`. */
  end(cause = 'NORMAL_CLEARING', causeCode = 16, side: Side = 'remote'): this {
    this.cause = cause;
    this.causeCode = causeCode;
    this.to('hangup').emit('ended', { cause, causeCode, side });
    return this.to('destroy');
  }

  answer(): Promise<void> {
    this.actions.push(['answer']);
    this.to('answering').to('active');
    return Promise.resolve();
  }

  hangup(): Promise<void> {
    this.actions.push(['hangup']);
    const answered = this.state === 'active' || this.state === 'held';
    if (answered) {
      this.end('NORMAL_CLEARING', 16, 'local');
    } else {
      this.end('ORIGINATOR_CANCEL', 487, 'local');
    }
    return Promise.resolve();
  }

  reject(): Promise<void> {
    this.actions.push(['reject']);
    this.end('CALL_REJECTED', 21, 'local');
    return Promise.resolve();
  }

  hold(): Promise<boolean> {
    this.actions.push(['hold']);
    this.to('held');
    return Promise.resolve(true);
  }

  unhold(): Promise<boolean> {
    this.actions.push(['unhold']);
    this.to('active');
    return Promise.resolve(true);
  }

  muteAudio(): void {
    this.actions.push(['muteAudio']);
    this.isAudioMuted = true;
    this.emit('mute');
  }

  unmuteAudio(): void {
    this.actions.push(['unmuteAudio']);
    this.isAudioMuted = false;
    this.emit('mute');
  }

  dtmf(digits: string): void {
    this.actions.push(['dtmf', digits]);
  }

  setAudioInDevice(deviceId: string): Promise<void> {
    this.actions.push(['setAudioInDevice', deviceId]);
    return Promise.resolve();
  }

  setAudioOutDevice(deviceId: string): Promise<boolean> {
    this.actions.push(['setAudioOutDevice', deviceId]);
    return Promise.resolve(true);
  }

  audioLevels(): Promise<{ local: number; remote: number }> {
    return Promise.resolve(this.levels);
  }

  /** As what the code under test takes: it uses only what is above. */
  get asCall(): Call {
    return this as unknown as Call;
  }
}
