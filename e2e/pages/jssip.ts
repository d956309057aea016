/** A page of somebody else's with JsSIP: it signs in at a registrar, calls, and is called. */
import { UA, WebSocketInterface } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession.js';

export interface SipPage {
  /** Settles when it is registered. */
  signIn(who: { url: string; user: string; domain: string; password: string }): Promise<void>;
  signOut(): void;
  dial(number: string): void;
  answer(): void;
  hangup(): void;
  hold(on: boolean): void;
  press(digit: string): void;
  /** Of the last call. */
  readonly state: 'none' | 'rings' | 'confirmed' | 'ended';
  readonly cause: string;
  /** The far party's, by INFO. */
  readonly digits: string;
  readonly remoteHeld: boolean;
}

declare global {
  interface Window {
    readonly sipPage: SipPage;
  }
}

let agent: UA | undefined;
let session: RTCSession | undefined;
let domain = '';
const call = { state: 'none' as SipPage['state'], cause: '', digits: '', remoteHeld: false };

function take(next: RTCSession): void {
  session = next;
  Object.assign(call, { state: 'rings', cause: '', digits: '', remoteHeld: false });
  next.on('confirmed', () => {
    call.state = 'confirmed';
  });
  const over = ({ cause }: { cause: string }): void => {
    Object.assign(call, { state: 'ended', cause });
  };
  next.on('ended', over);
  next.on('failed', over);
  next.on('hold', ({ originator }: { originator: string }) => {
    if (originator === 'remote') {
      call.remoteHeld = true;
    }
  });
  next.on('newDTMF', ({ originator, dtmf }: { originator: string; dtmf: { tone: string } }) => {
    if (originator === 'remote') {
      call.digits += dtmf.tone;
    }
  });
  const plays = (connection: RTCPeerConnection): void => {
    connection.addEventListener('track', ({ streams: [stream] }) => {
      const audio = document.querySelector('audio');
      if (audio && stream) {
        audio.srcObject = stream;
      }
    });
  };
  if (next.connection) {
    plays(next.connection);
  } else {
    next.on('peerconnection', ({ peerconnection }: { peerconnection: RTCPeerConnection }) => {
      plays(peerconnection);
    });
  }
}

const media = { mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: [] } };

const page: SipPage = {
  signIn(who) {
    domain = who.domain;
    const ua = new UA({
      sockets: [new WebSocketInterface(who.url)],
      uri: `sip:${who.user}@${who.domain}`,
      password: who.password,
    });
    agent = ua;
    ua.on('newRTCSession', ({ session: next }: { session: RTCSession }) => {
      take(next);
    });
    return new Promise((resolve, reject) => {
      ua.on('registered', () => {
        resolve();
      });
      ua.on('registrationFailed', ({ cause }: { cause?: string }) => {
        reject(new Error(cause));
      });
      ua.start();
    });
  },
  signOut() {
    agent?.stop();
  },
  dial(number) {
    agent?.call(`sip:${number}@${domain}`, media);
  },
  answer() {
    session?.answer(media);
  },
  hangup() {
    session?.terminate();
  },
  hold(on) {
    if (on) {
      session?.hold();
    } else {
      session?.unhold();
    }
  },
  press(digit) {
    session?.sendDTMF(digit);
  },
  get state() {
    return call.state;
  },
  get cause() {
    return call.cause;
  },
  get digits() {
    return call.digits;
  },
  get remoteHeld() {
    return call.remoteHeld;
  },
};

Object.defineProperty(window, 'sipPage', { value: page });
