/** A page of somebody else's with SIP.js, by its `SimpleUser`. */
import { SimpleUser } from 'sip.js/lib/platform/web/index.js';
import type { SipPage, SipPageState } from './sip-page.ts';

let user: SimpleUser | undefined;
let domain = '';
const call = { state: 'none' as SipPageState, digits: '' };

function run(work: Promise<void> | undefined): void {
  work?.catch(reportError);
}

const page: SipPage = {
  async signIn(who) {
    domain = who.domain;
    const audio = document.querySelector('audio');
    if (!audio) {
      throw new Error('The page has no <audio>.');
    }
    const simple = new SimpleUser(who.url, {
      aor: `sip:${who.user}@${who.domain}`,
      media: { remote: { audio } },
      userAgentOptions: {
        authorizationUsername: who.login,
        authorizationPassword: who.password,
        logLevel: 'warn',
        sessionDescriptionHandlerFactoryOptions: {
          peerConnectionConfiguration: { iceServers: [] },
        },
      },
    });
    user = simple;
    const takes = (): void => {
      Object.assign(call, { state: 'rings', digits: '' });
    };
    const registered = new Promise<void>((resolve) => {
      simple.delegate = {
        onRegistered: resolve,
        onCallCreated: takes,
        onCallAnswered: () => {
          call.state = 'confirmed';
        },
        onCallHangup: () => {
          call.state = 'ended';
        },
        onCallDTMFReceived: (tone) => {
          call.digits += tone;
        },
      };
    });
    await simple.connect();
    const refused = new Promise<never>((_, reject) => {
      const onReject = ({ message }: { message: { statusCode?: number | undefined } }): void => {
        reject(new Error(`REGISTER was answered ${String(message.statusCode)}.`));
      };
      simple.register({ requestDelegate: { onReject } }).catch(reject);
    });
    await Promise.race([registered, refused]);
  },
  async signOut() {
    await user?.unregister();
    await user?.disconnect();
  },
  dial(number) {
    run(user?.call(`sip:${number}@${domain}`));
  },
  answer() {
    run(user?.answer());
  },
  hangup() {
    run(user?.hangup());
  },
  hold(on) {
    run(on ? user?.hold() : user?.unhold());
  },
  press(digit) {
    run(user?.sendDTMF(digit));
  },
  get state() {
    return call.state;
  },
  get digits() {
    return call.digits;
  },
};

Object.defineProperty(window, 'sipPage', { value: page });
