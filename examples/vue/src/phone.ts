import { onUnmounted, ref, shallowRef } from 'vue';
import { TelnyxRTC, type Call, type INotification, type SessionState } from '@offhook/client';
import { wordsForProblem } from './words.ts';

/** Where the gateway is: `VITE_GATEWAY=wss://phone.example.com npm run build` */
const GATEWAY = (import.meta.env['VITE_GATEWAY'] as string) ?? 'ws://localhost:8080';

/** What the template shows of a call: a copy, since Vue does not see what changes inside of a `Call`. */
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

/** A phone with one call at a time, as refs and what can be done. It signs out with the component that made it. */
export function usePhone() {
  const session = ref<SessionState>('closed');
  const isSignedIn = ref(false);
  const problem = ref('');
  const view = shallowRef<CallView | null>(null);
  const lastCause = ref<string | null>(null);
  /** Plain variables: Vue need not watch the objects themselves. */
  let client: TelnyxRTC | null = null;
  let call: Call | null = null;

  async function signIn(login: string, password: string): Promise<void> {
    if (client) {
      return; // a second click, while the first one signs in
    }
    problem.value = '';
    client = new TelnyxRTC({ host: GATEWAY, login, password });
    client.on('telnyx.session.state', ({ state }) => (session.value = state));
    client.on('telnyx.notification', onNotification);
    client.on('telnyx.error', ({ error }) => (problem.value = wordsForProblem(error)));
    try {
      // Settles once calls can be made, or with the reason why not. Later losses of connection mend themselves.
      await client.connect({ signal: AbortSignal.timeout(10_000) });
      isSignedIn.value = true;
    } catch (error) {
      signOut();
      problem.value = wordsForProblem(error as Error);
    }
  }

  function signOut(): void {
    void client?.disconnect(); // ends calls, too
    client = call = view.value = lastCause.value = null;
    isSignedIn.value = false;
  }

  function onNotification(notification: INotification): void {
    if (notification.type !== 'callUpdate') {
      return;
    }
    const changed = notification.call;
    // After a lost connection a call may go on as another object, which names the one before.
    const isOurs = changed.id === call?.id || changed.recoveredCallId === call?.id;
    if (call && !isOurs) {
      if (changed.state === 'ringing') {
        void changed.hangup(); // one call at a time: whoever else calls hears "busy"
      }
      return;
    }
    if (changed.state === 'hangup' || changed.state === 'destroy') {
      lastCause.value = call ? changed.cause : lastCause.value;
      call = view.value = null;
      return;
    }
    if (changed !== call) {
      problem.value = '';
      const refresh = () => (view.value = viewOf(changed));
      // What a call tells beside its state.
      changed.on('ringing', refresh);
      changed.on('mute', refresh);
    }
    call = changed;
    view.value = viewOf(changed);
  }

  onUnmounted(signOut);

  return {
    ...{ session, isSignedIn, problem, call: view, lastCause, signIn, signOut },
    dial: (destinationNumber: string) => void client?.newCall({ destinationNumber }),
    answer: () => void call?.answer(),
    decline: () => void call?.reject(),
    hangUp: () => void call?.hangup(),
    toggleMute: () => call?.toggleAudioMute(),
    toggleHold: () => void call?.toggleHold(),
  };
}
