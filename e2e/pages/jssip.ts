/** A page of somebody else's with JsSIP: it signs in at a registrar, calls, and is called. */
import { UA, WebSocketInterface } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession.js';
import type { SipPage, SipPageState } from './sip-page.ts';

let agent: UA | undefined;
let session: RTCSession | undefined;
let domain = '';
const call = { state: 'none' as SipPageState, digits: '' };

function take(next: RTCSession): void {
  session = next;
  Object.assign(call, { state: 'rings', digits: '' });
  next.on('confirmed', () => {
    call.state = 'confirmed';
  });
  const over = (): void => {
    call.state = 'ended';
  };
  next.on('ended', over);
  next.on('failed', over);
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
      authorization_user: who.login,
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
    const ua = agent;
    return new Promise((resolve) => {
      ua?.on('unregistered', () => {
        resolve();
      });
      ua?.stop();
    });
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
  get digits() {
    return call.digits;
  },
};

Object.defineProperty(window, 'sipPage', { value: page });
