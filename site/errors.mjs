/**
 * What the pages on errors and warnings say beside the catalogue (packages/client/src/errors): `user`, what the person at the page notices;
 * `also`, what else a developer does or should know, a sentence each.
 * @type {Record<number, { user: string, also?: string[] }>}
 */
export const notes = {
  40001: {
    user: 'The call ends before anybody rings.',
    also: ['Without `preferredCodecs` the browser offers all that it has.'],
  },
  40002: {
    user: 'The call ends although Answer was pressed. The caller hears that it failed.',
    also: ['Without `preferredCodecs` the browser takes what the caller offered.'],
  },
  40003: {
    user: 'The call ends while it is set up.',
    also: [
      '`originalError` has the words of the browser; look for the same at other users of this browser version.',
    ],
  },
  40004: {
    user: 'The call ends when the other side answers, or when it is answered here.',
    also: [
      'The gateway takes Opus and, where it is set up so, G.711: an application that allows neither has nothing in common with it.',
    ],
  },
  40005: {
    user: 'The call ends before anybody rings.',
    also: [
      '`originalError` is a `RequestError`: `serverCode` and its message come from the gateway; without them the gateway did not reply.',
      'A missing user or number, a user who may not call it, and a gateway that drains are told here.',
    ],
  },
  42001: {
    user: 'The call ends at once. The browser shows a crossed-out microphone in its address bar.',
    also: [
      'Say before the first call why the microphone is needed; after a refusal only the person can undo it, in the settings of the browser.',
      'The page needs HTTPS or `localhost`, and in an iframe `allow="microphone"`.',
    ],
  },
  42002: {
    user: 'The call ends at once, or cannot be answered.',
    also: [
      '`client.getAudioInDevices()` lists what is there; `devicesChanged` tells when something is plugged in.',
    ],
  },
  42003: {
    user: 'The call ends at once, although a microphone is there and allowed.',
    also: [
      'On Windows another program may hold the device for itself; on phones another call does.',
    ],
  },
  44001: {
    user: 'The call goes on as it was: still held, or still talking.',
    also: ['`call.state` says which. Leave the button as that says, not as it was pressed.'],
  },
  44002: {
    user: 'Nothing happens after Call was pressed, so the page should say why.',
    also: ['`newCall()` throws what is also told here. Check the input before it is called.'],
  },
  44003: {
    user: 'Nothing: the call is over here.',
    also: ['The gateway is told as soon as the connection is back.'],
  },
  44004: {
    user: 'What was to come over the channel does not come. Calls are not concerned.',
  },
  44005: {
    user: 'The call that was given up ends.',
    also: [
      'A call that is cancelled before it was set up ends without this error; it comes where the end came from elsewhere, such as a closed peer connection.',
    ],
  },
  45001: {
    user: 'The phone never gets ready.',
    also: [
      '`host` begins with `wss://`, or `ws://` on `localhost`. On a page of HTTPS `ws://` is mixed content, which browsers refuse.',
      'The page on [content security policy](../guides/csp.md) has the line that a policy needs.',
    ],
  },
  45002: {
    user: 'The phone says that it connects again. A call goes on as long as its media does.',
    also: [
      'Show `client.sessionState`, not this event: it may come many times in one outage.',
      'If it never was connected: is the address right, the certificate valid, and the page among the `origins` of the gateway?',
    ],
  },
  45003: {
    user: 'The phone stays disconnected.',
    also: [
      'It comes only where `maxReconnectAttempts` is given. Offer a button that calls `connect()`.',
    ],
  },
  45004: {
    user: 'No new calls for now; running calls go on.',
  },
  46001: {
    user: 'The sign-in form again, with the words of the gateway.',
    also: [
      '`originalError` has `serverCode` and the words of the gateway. Repeated wrong passwords lock a user out for a while.',
      'With `login_token`: is it expired, signed by the key that the gateway knows, and is its `sub` a user?',
    ],
  },
  46002: {
    user: 'The sign-in form says that something is missing.',
    also: [
      'It is raised where `login()` was called without usable credentials; the constructor throws for the same.',
    ],
  },
  46003: {
    user: 'The sign-in form, unless the application signs in again by itself.',
    also: [
      'Give `login_token` as a function: it is asked for a new token, and nobody has to sign in.',
    ],
  },
  47001: {
    user: 'A gap in the sound while other ways are tried.',
  },
  48001: {
    user: 'No sound, and no new calls, until the network is back.',
    also: ['Calls are kept for 90 s, and come back by themselves when the network does.'],
  },
  48501: {
    user: 'The call is over on both sides, after a silence.',
    also: ['Offer to call again; `call.options` still has who it was.'],
  },
  49001: {
    user: 'Whatever was asked for did not happen.',
  },
  31001: {
    user: 'People talk over each other, because each hears the other late.',
    also: [
      'A user far from the gateway is better served by one that is near: several gateways, `hosts`.',
    ],
  },
  31002: {
    user: 'Voices crackle, speed up or slow down.',
  },
  31003: {
    user: 'Syllables are missing.',
    also: ['Opus hides losses of a few percent; at 10 % words are lost.'],
  },
  31004: {
    user: 'The call sounds bad: late, broken or both.',
    also: [
      'The [page on quality](../quality.md) says how the figure is made and which thresholds can be set.',
    ],
  },
  31005: {
    user: 'The others ask whether anybody is there.',
    also: [
      'Show it beside the microphone chooser: it is mostly the wrong device. A call muted by `muteAudio()` does not raise it.',
    ],
  },
  31006: {
    user: 'Silence from the other side, while the connection is good.',
  },
  32001: {
    user: 'Silence from the other side.',
    also: [
      'A call that is held raises none. After it, watch for `telnyx.warning.cleared` before you say that all is well.',
    ],
  },
  32002: {
    user: 'The other side hears nothing.',
    also: ['`call.setAudioInDevice()` captures anew.'],
  },
  32003: {
    user: 'Nothing: the call goes on and is not recorded.',
    also: ['If recording is a duty, end the call or record at the gateway.'],
  },
  32004: {
    user: 'Nothing in the call; a gap in the recording.',
  },
  33001: {
    user: 'A gap in the sound, mostly of a second or two.',
  },
  33002: {
    user: 'It takes long until the other side rings.',
    also: ['The page on [firewalls](../guides/firewalls.md) says which ports have to be open.'],
  },
  33003: {
    user: 'The call is set up and stays silent, or ends.',
    also: ['The page on [firewalls](../guides/firewalls.md) says which ports have to be open.'],
  },
  33004: {
    user: 'Silence; then the call goes on, perhaps as another object.',
    also: [
      '`recoveredCallId` names the object that it takes the place of: [calls that survive](../guides/survive.md).',
    ],
  },
  33005: {
    user: 'Mostly nothing: calls in the same network work, others may stay silent.',
    also: [
      'It comes only where STUN or TURN servers are configured. `runNetworkCheck()` says which of them does not answer.',
    ],
  },
  33006: {
    user: 'Nothing: the first `answer()` goes on.',
  },
  33007: {
    user: 'Nothing: the call goes on in the other object.',
    also: ['Make one client a page; in React, one provider.'],
  },
  33008: {
    user: 'Nothing, or a short gap, as when a phone leaves Wi-Fi.',
  },
  33009: {
    user: 'The microphone stays the one that it was.',
  },
  33010: {
    user: 'Both callers are heard, and both hear the person.',
    also: ['`call.hold()` on the earlier one, before the later one is answered.'],
  },
  33011: {
    user: 'Only the later call is heard.',
    also: ['Leave `remoteElement` out: each call then gets an audio element of its own.'],
  },
  34001: {
    user: 'Nothing yet. When the token ends, a sign-in is needed.',
    also: [
      'With `login_token` as a function the client fetches the next token by itself, and this warning does not come.',
    ],
  },
  35002: {
    user: 'A call appears that the page did not show.',
    also: ['Show it like any other: it arrives as `callUpdate`.'],
  },
  36003: {
    user: 'The phone says that it connects again. Sound goes on where only signalling is concerned.',
  },
  36004: {
    user: 'A gap in the sound that is about to end.',
  },
  36005: {
    user: 'The phone stays disconnected.',
    also: [
      '`client.sessionOutcome` says why. With `autoReconnect` on, only a session that was ended or taken over gets here.',
    ],
  },
  37001: {
    user: 'Silence until the page is clicked or a key is pressed.',
    also: ['Show its message as a button: any click on the page will do.'],
  },
  37002: {
    user: 'The call goes on without the effect, such as noise suppression.',
  },
  37003: {
    user: 'One side hears nothing, though the connection is good.',
    also: [
      '`direction` tells `inbound` (nothing is heard here) from `outbound` (nothing is heard there).',
    ],
  },
  37004: {
    user: 'The call works, with another microphone or camera than the chosen one.',
  },
  37005: {
    user: 'Nothing: the call goes on without the header or cause that was not valid.',
  },
  37006: {
    user: 'Nothing in the call. What was asked for, such as a recording, is missing.',
    also: [
      'Mostly a deploy has removed the files of open pages: keep those of the version before.',
    ],
  },
};
