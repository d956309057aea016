import type { SessionOutcome, SessionState, TelnyxRTC } from '@offhook/client';
import { FakeCall, type FakeCallInit } from './fake-call.ts';
import { FakeDevices } from './fake-devices.ts';

type Handler = (payload: unknown) => void;

/** A client without a gateway: the test emits what a gateway would cause. */
export class FakeClient {
  readonly calls: Record<string, FakeCall> = {};
  /** Every action with its arguments, in order. */
  readonly actions: (readonly [name: string, ...args: unknown[]])[] = [];
  readonly devices = new FakeDevices();
  sessionState: SessionState = 'idle';
  sessionOutcome: SessionOutcome | undefined;
  sessionid = '';
  speaker: string | null = null;
  micId: string | undefined;
  autoReconnect = true;
  /** What an outbound call does by itself. */
  onNewCall: (call: FakeCall) => void = () => undefined;
  readonly #listeners = new Map<string, Set<{ readonly run: Handler }>>();
  #nextId = 1;

  get listenerCount(): number {
    return [...this.#listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }

  on(event: string, listener: Handler): this {
    const set = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, set.add({ run: listener }));
    return this;
  }

  off(event: string, listener: Handler): this {
    for (const entry of this.#listeners.get(event) ?? []) {
      if (entry.run === listener) {
        this.#listeners.get(event)?.delete(entry);
      }
    }
    return this;
  }

  emit(event: string, payload: unknown = {}): void {
    for (const entry of [...(this.#listeners.get(event) ?? [])]) {
      entry.run(payload);
    }
  }

  get connected(): boolean {
    return ['authenticating', 'registering', 'ready', 'rejected'].includes(this.sessionState);
  }

  connect(): Promise<void> {
    this.actions.push(['connect']);
    if (['idle', 'closed', 'failed'].includes(this.sessionState)) {
      this.session('connecting');
    }
    return Promise.resolve();
  }

  /** As the real one: `autoReconnect` stays as it was. */
  disconnect(): Promise<void> {
    this.actions.push(['disconnect']);
    if (this.sessionState === 'idle') {
      return Promise.resolve();
    }
    this.session('closing');
    this.session('closed', 'disconnected');
    return Promise.resolve();
  }

  /** The session goes to another state. */
  session(state: SessionState, outcome?: SessionOutcome): void {
    this.sessionState = state;
    this.sessionOutcome = outcome;
    this.emit('telnyx.session.state', { state, outcome });
  }

  login(options: unknown): Promise<void> {
    this.actions.push(['login', options]);
    return Promise.resolve();
  }

  hasAutoReconnect(): boolean {
    return this.autoReconnect;
  }

  openSocket(): void {
    this.session('authenticating');
    this.emit('telnyx.socket.open');
  }

  ready(): void {
    if (!this.connected) {
      this.openSocket();
    }
    this.sessionid = 'session';
    this.session('ready');
    this.emit('telnyx.ready', { type: 'vertoClientReady' });
  }

  /** The connection is gone, and the client goes on trying. */
  loseSocket(): void {
    this.session('waiting');
    this.emit('telnyx.socket.close', { socketGeneration: 1 });
  }

  /** The gateway refuses the sign-in. */
  refuse(): void {
    this.session('rejected');
    this.fail(46001);
  }

  fail(code: number, extras: { callId?: string; message?: string; fatal?: boolean } = {}): void {
    const { callId, message = `Error ${code}`, fatal = true } = extras;
    const error = {
      code,
      name: `ERROR_${code}`,
      message,
      description: message,
      causes: ['A cause'],
      solutions: ['A solution'],
      docs: `https://docs.example/errors/${code}.html`,
      fatal,
    };
    this.emit('telnyx.error', { error, sessionId: 'session', ...(callId ? { callId } : {}) });
  }

  newCall({ destinationNumber }: { destinationNumber: string }): FakeCall {
    this.actions.push(['newCall', destinationNumber]);
    const call = this.addCall({
      id: `call-${this.#nextId++}`,
      direction: 'outbound',
      number: destinationNumber,
    });
    this.onNewCall(call);
    return call;
  }

  /** An invite from the gateway. */
  receiveCall(number: string, name = ''): FakeCall {
    const id = `call-${this.#nextId++}`;
    return this.addCall({ id, direction: 'inbound', number, name }).to('ringing');
  }

  /** A call object in state `new`. */
  addCall(init: FakeCallInit): FakeCall {
    const call = new FakeCall(init, (updated) => {
      if (updated.state === 'destroy' && this.calls[updated.id] === updated) {
        Reflect.deleteProperty(this.calls, updated.id);
      }
      this.emit('telnyx.notification', { type: 'callUpdate', call: updated });
    });
    this.calls[call.id] = call;
    return call.to('new');
  }

  checkPermissions(): Promise<boolean> {
    this.actions.push(['checkPermissions']);
    return Promise.resolve(true);
  }

  /** As what the code under test takes: it uses only what is above. */
  get asClient(): TelnyxRTC {
    return this as unknown as TelnyxRTC;
  }
}
