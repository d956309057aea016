import { TelnyxRTC } from '@offhook/client';
import { otherParty, wordsFor, wordsForEnd, wordsForProblem } from './words.js';

const find = (id) => document.getElementById(id);

/** The session of whoever is signed in; null while nobody is. */
let client = null;
/** The call on the screen: this phone takes one at a time. */
let call = null;

/* Signing in and out: at the backend. This page knows no secret, and the gateway no password. */

async function post(path, body = {}) {
  const response = await fetch(path, { method: 'POST', body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) {
    throw new Error(answer.error);
  }
  return answer;
}

/** The SDK calls it when it connects, and again before a token ends. */
const fetchToken = async () => (await post('/token')).login_token;

/** Signs the backend's user in to the gateway. */
async function start() {
  const { user, gateway } = await (await fetch('/session')).json();
  if (!user) {
    showPhone(false);
    return;
  }
  if (client) {
    return; // a second click, while the first one signs in
  }
  client = new TelnyxRTC({ host: gateway, login_token: fetchToken });
  client.on('telnyx.session.state', ({ state }) => showStatus(state));
  client.on('telnyx.notification', onNotification);
  // A refused microphone, a lost gateway, ...: the SDK says what happened in a sentence.
  client.on('telnyx.error', ({ error }) => say(wordsForProblem(error)));
  try {
    // Settles once calls can be made, or with the reason why not. Later losses of connection mend themselves.
    await client.connect({ signal: AbortSignal.timeout(10_000) });
    showPhone(true);
  } catch (error) {
    await signOut();
    find('problem').textContent = wordsForProblem(error);
  }
}

find('sign-in').addEventListener('submit', async (event) => {
  event.preventDefault();
  const { user, password } = event.target.elements;
  find('problem').textContent = '';
  try {
    await post('/sign-in', { user: user.value, password: password.value });
    password.value = '';
    await start();
  } catch (error) {
    find('problem').textContent = error.message;
  }
});

find('sign-out').addEventListener('click', signOut);

async function signOut() {
  // Ends calls, too.
  client?.disconnect();
  client = null;
  await post('/sign-out');
  showPhone(false);
}

/* Calls */

find('dial').addEventListener('submit', (event) => {
  event.preventDefault();
  if (!call) {
    client.newCall({ destinationNumber: event.target.elements.number.value.trim() });
  }
});

/** Every change of every call arrives here. */
function onNotification(notification) {
  if (notification.type !== 'callUpdate') {
    return;
  }
  const changed = notification.call;
  const isOver = changed.state === 'hangup' || changed.state === 'destroy';
  // After a lost connection a call may go on as another object, which names the one before.
  const isOurs = changed.id === call?.id || changed.recoveredCallId === call?.id;
  if (call && !isOurs) {
    if (changed.state === 'ringing') {
      changed.hangup(); // one call at a time: whoever else calls hears "busy"
    }
    return;
  }
  if (isOver) {
    if (call) {
      call = null;
      say(wordsForEnd(changed));
    }
  } else {
    if (changed !== call) {
      // What a call tells beside its state.
      changed.on('ringing', showCall);
      changed.on('mute', showCall);
      say('');
    }
    call = changed;
  }
  showCall();
}

find('answer').addEventListener('click', () => call?.answer());
find('decline').addEventListener('click', () => call?.reject());
find('hang-up').addEventListener('click', () => call?.hangup());
find('mute').addEventListener('click', () => call?.toggleAudioMute());
find('hold').addEventListener('click', () => call?.toggleHold());

/* What is on the screen */

function showStatus(state) {
  const words = { ready: 'Ready', closed: 'Signed out', failed: 'Signed out' };
  find('status').textContent = words[state] ?? 'Connecting';
  find('status').dataset.state = state;
}

function showPhone(isSignedIn) {
  find('sign-in').hidden = isSignedIn;
  find('phone').hidden = !isSignedIn;
  call = null;
  say('');
  showCall();
}

function showCall() {
  find('dial').hidden = Boolean(call);
  find('call').hidden = !call;
  if (!call) {
    return;
  }
  const isIncoming = call.state === 'ringing';
  find('call').dataset.state = call.state;
  find('who').textContent = otherParty(call);
  find('what').textContent = wordsFor(call);
  find('answer').hidden = find('decline').hidden = !isIncoming;
  find('hang-up').hidden = isIncoming;
  find('mute').hidden = find('hold').hidden = call.state !== 'active' && call.state !== 'held';
  find('mute').textContent = call.isAudioMuted ? 'Unmute' : 'Mute';
  find('hold').textContent = call.state === 'held' ? 'Resume' : 'Hold';
}

function say(text) {
  find('notice').textContent = text;
}

// The clock of a running call.
setInterval(() => call && (find('what').textContent = wordsFor(call)), 1000);

// Whoever is still signed in at the backend, as after a reload, need not sign in again.
void start();
