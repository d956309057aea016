import { TelnyxRTC, type Call, type INotification, type SessionState } from '@offhook/client';
import { wordsForProblem } from './words.ts';

/** Where the gateway is: `VITE_GATEWAY=wss://phone.example.com npm run build` */
const GATEWAY = (import.meta.env['VITE_GATEWAY'] as string) ?? 'ws://localhost:8080';

/** What the page shows of a call: a copy, since Svelte does not see what changes inside of a `Call`. */
export interface CallView {
  readonly state: Call['state'];
  /** A name where the gateway tells one. */
  readonly who: string;
  readonly ringing: boolean;
  readonly muted: boolean;
  readonly answeredAt: number;
}

const otherParty = ({ direction, options }: Call): string =>
  (direction === 'inbound'
    ? options.remoteCallerName || options.remoteCallerNumber
    : options.destinationNumber) ?? '';

const viewOf = (call: Call): CallView => ({
  state: call.state,
  who: otherParty(call),
  ringing: call.ringing,
  muted: call.isAudioMuted,
  answeredAt: call.answeredAt ?? Date.now(),
});

/** A phone with one call at a time: runes for what is shown, methods for what can be done. */
export class Phone {
  session = $state<SessionState>('closed');
  isSignedIn = $state(false);
  problem = $state('');
  call = $state.raw<CallView | null>(null);
  lastCause = $state<string | null>(null);
  /** Plain fields: Svelte need not watch the objects themselves. */
  #client: TelnyxRTC | null = null;
  #call: Call | null = null;

  async signIn(login: string, password: string): Promise<void> {
    if (this.#client) {
      return; // a second click, while the first one signs in
    }
    this.problem = '';
    const client = new TelnyxRTC({ host: GATEWAY, login, password });
    this.#client = client;
    client.on('telnyx.session.state', ({ state }) => (this.session = state));
    client.on('telnyx.notification', (notification) => this.#onNotification(notification));
    client.on('telnyx.error', ({ error }) => (this.problem = wordsForProblem(error)));
    try {
      // Settles once calls can be made, or with the reason why not. Later losses of connection mend themselves.
      await client.connect({ signal: AbortSignal.timeout(10_000) });
      this.isSignedIn = true;
    } catch (error) {
      this.signOut();
      this.problem = wordsForProblem(error as Error);
    }
  }

  signOut(): void {
    void this.#client?.disconnect(); // ends calls, too
    this.#client = this.#call = this.call = this.lastCause = null;
    this.isSignedIn = false;
  }

  dial(destinationNumber: string): void {
    this.#client?.newCall({ destinationNumber });
  }

  answer = () => void this.#call?.answer();
  decline = () => void this.#call?.reject();
  hangUp = () => void this.#call?.hangup();
  toggleMute = () => this.#call?.toggleAudioMute();
  toggleHold = () => void this.#call?.toggleHold();

  #onNotification(notification: INotification): void {
    if (notification.type !== 'callUpdate') {
      return;
    }
    const changed = notification.call;
    const ours = this.#call;
    // After a lost connection a call may go on as another object, which names the one before.
    if (ours && changed.id !== ours.id && changed.recoveredCallId !== ours.id) {
      if (changed.state === 'ringing') {
        void changed.hangup(); // one call at a time: whoever else calls hears "busy"
      }
      return;
    }
    if (changed.state === 'hangup' || changed.state === 'destroy') {
      this.lastCause = ours ? changed.cause : this.lastCause;
      this.#call = this.call = null;
      return;
    }
    if (changed !== ours) {
      this.problem = '';
      const refresh = () => (this.call = viewOf(changed));
      // What a call tells beside its state.
      changed.on('ringing', refresh);
      changed.on('mute', refresh);
    }
    this.#call = changed;
    this.call = viewOf(changed);
  }
}
