/**
 * The floor: a socket, a peer connection, and the frames without which the gateway makes no call. It does everything at the
 * earliest moment, knows no error, and would serve nobody.
 */
import { newStates } from './party.ts';
import type { Party, PartyOptions } from './party.ts';

interface Frame {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
}

let socket: WebSocket | undefined;
let options: PartyOptions | undefined;
let states = newStates();
let pc: RTCPeerConnection | undefined;
let callID = '';
let stream: MediaStream | undefined;
let answering: PromiseWithResolvers<number> | undefined;
let nextId = 0;
const replies = new Map<string, () => void>();

const send = (frame: object): void => socket?.send(JSON.stringify({ jsonrpc: '2.0', ...frame }));

function ask(method: string, params: object): Promise<void> {
  const id = `bare-${String((nextId += 1))}`;
  send({ id, method, params });
  return new Promise((resolve) => replies.set(id, resolve));
}

const dialog = (destination = '') => ({
  dialogParams: { callID, destination_number: destination, caller_id_name: 'bare', audio: true },
});

function trickle({ candidate, sdpMid, sdpMLineIndex }: RTCIceCandidate): void {
  void ask('telnyx_rtc.candidate', { candidate, sdpMid, sdpMLineIndex, ...dialog() });
}

async function makePeer(): Promise<RTCPeerConnection> {
  const made = new RTCPeerConnection({ iceServers: [...(options?.iceServers ?? [])] });
  pc = made;
  made.addEventListener('icecandidate', ({ candidate }) => {
    if (candidate?.candidate) {
      trickle(candidate);
    }
  });
  made.addEventListener('track', ({ streams }) => {
    const audio = document.querySelector('audio');
    if (audio) {
      audio.srcObject = streams[0] ?? null;
    }
  });
  stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  for (const track of stream.getTracks()) {
    made.addTrack(track, stream);
  }
  return made;
}

async function call(destination: string): Promise<void> {
  callID = crypto.randomUUID();
  const made = await makePeer();
  // Candidates wait for this turn to end, so the invite is out before them.
  await made.setLocalDescription();
  const { sdp } = made.localDescription ?? {};
  void ask('telnyx_rtc.invite', { sdp, trickle: true, ...dialog(destination) });
}

async function answer(offer: string): Promise<void> {
  const made = await makePeer();
  await made.setRemoteDescription({ type: 'offer', sdp: offer });
  await made.setLocalDescription();
  const { sdp } = made.localDescription ?? {};
  await ask('telnyx_rtc.answer', { sdp, trickle: true, ...dialog() });
  states.active.resolve(undefined);
}

function over(): void {
  pc?.close();
  for (const track of stream?.getTracks() ?? []) {
    track.stop();
  }
  pc = undefined;
  stream = undefined;
  states.over.resolve(undefined);
}

function onFrame({ id, method, params = {} }: Frame): void {
  if (method === undefined) {
    replies.get(String(id))?.();
    replies.delete(String(id));
    return;
  }
  if (method === 'telnyx_rtc.ping') {
    void ask('telnyx_rtc.ping', {});
  } else if (id !== undefined) {
    send({ id, result: { method } });
  }
  const sdp = String(params['sdp']);
  switch (method.replace('telnyx_rtc.', '')) {
    case 'invite':
      callID = String(params['callID']);
      states = newStates();
      answering?.resolve(window.probe.now());
      answering = undefined;
      void answer(sdp);
      return;
    case 'media':
    case 'answer':
      if (params['sdp'] !== undefined && pc?.signalingState === 'have-local-offer') {
        void pc.setRemoteDescription({ type: 'answer', sdp });
      }
      if (method === 'telnyx_rtc.answer') {
        states.active.resolve(undefined);
      }
      return;
    case 'bye':
      over();
      return;
    default:
  }
}

const party: Party = {
  async signIn(given) {
    options = given;
    const from = window.probe.now();
    const opened = new WebSocket(given.host);
    socket = opened;
    opened.addEventListener('message', ({ data }) => {
      onFrame(JSON.parse(String(data)) as Frame);
    });
    await new Promise((resolve) => {
      opened.addEventListener('open', resolve);
    });
    await ask('login', { login_token: given.token, userVariables: {}, loginParams: {} });
    return window.probe.now() - from;
  },
  signOut() {
    socket?.close();
    return Promise.resolve();
  },
  dial(destination) {
    states = newStates();
    const at = window.probe.now();
    void call(destination);
    return at;
  },
  answerNext() {
    answering = Promise.withResolvers();
    return answering.promise;
  },
  reached: (state) => states[state].promise,
  hangup() {
    void ask('telnyx_rtc.bye', { cause: 'NORMAL_CLEARING', causeCode: 16, ...dialog() });
    over();
  },
  readyAgain: () => Promise.reject(new Error('It does not come back.')),
};
Object.defineProperty(window, 'party', { value: party });
