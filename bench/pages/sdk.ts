/** A page with an SDK, ours or the reference: an application that does no more than it must. */
import { newStates } from './party.ts';
import type { Party, PartyOptions } from './party.ts';

interface SdkCall {
  readonly state: string;
  answer(): unknown;
  hangup(): unknown;
}

interface SdkClient {
  remoteElement: string;
  on(event: string, listener: (payload?: { type?: string; call?: SdkCall }) => void): unknown;
  connect(): Promise<void>;
  disconnect(): Promise<void> | void;
  newCall(options: object): SdkCall;
}

declare global {
  interface Window {
    readonly TelnyxWebRTC: { readonly TelnyxRTC: new (options: object) => SdkClient };
  }
}

let client: SdkClient | undefined;
let options: PartyOptions | undefined;
let call: SdkCall | undefined;
let states = newStates();
let ready = Promise.withResolvers<number>();
let answering: PromiseWithResolvers<number> | undefined;

function onNotification({ type, call: about }: { type?: string; call?: SdkCall } = {}): void {
  if (type !== 'callUpdate' || !about) {
    return;
  }
  if (about.state === 'ringing' && answering) {
    const { resolve } = answering;
    answering = undefined;
    call = about;
    states = newStates();
    resolve(window.probe.now());
    about.answer();
  }
  if (about.state === 'active') {
    states.active.resolve(undefined);
  }
  if (about.state === 'destroy') {
    call = undefined;
    states.over.resolve(undefined);
  }
}

const party: Party = {
  async signIn(given) {
    options = given;
    const { host, token, trickle, iceServers, client: more } = given;
    ready = Promise.withResolvers();
    const from = window.probe.now();
    const made = new window.TelnyxWebRTC.TelnyxRTC({
      host,
      login_token: token,
      iceServers,
      ...(trickle === null ? {} : { trickleIce: trickle }),
      ...more,
    });
    client = made;
    made.remoteElement = 'remote';
    made.on('telnyx.notification', onNotification);
    made.on('telnyx.ready', () => {
      ready.resolve(window.probe.now());
    });
    await made.connect();
    return (await ready.promise) - from;
  },
  async signOut() {
    await client?.disconnect();
    client = undefined;
  },
  dial(destinationNumber) {
    if (!client || !options) {
      throw new Error('not signed in');
    }
    states = newStates();
    const { iceServers, call: more } = options;
    const at = window.probe.now();
    call = client.newCall({ destinationNumber, callerName: 'bench', iceServers, ...more });
    return at;
  },
  answerNext() {
    answering = Promise.withResolvers();
    return answering.promise;
  },
  reached: (state) => states[state].promise,
  hangup() {
    call?.hangup();
  },
  readyAgain() {
    ready = Promise.withResolvers();
    return ready.promise;
  },
};
Object.defineProperty(window, 'party', { value: party });
