import type { ITelnyxWarning } from '../errors/catalogue.ts';
import type { ICallOptions } from '../options.ts';
import { capture } from './capture.ts';
import { closedFailure, MediaFailure } from './failure.ts';
import { Gathering } from './gathering.ts';
import { Peer } from './peer.ts';
import { outboundStream, playProcessed } from './processing.ts';
import type { SdpTuning } from './sdp-tuning.ts';
import type { MediaSession } from './session.ts';
import { takeTrack } from './shared-tracks.ts';
import { stopTracks } from './tracks.ts';

/*
 * Sets up the media of a call: peer connection, capture, offer and answer.
 */

/** Builds the peer connection: before anything is captured, so that prefetched candidates cost no time. */
export function build(session: MediaSession, iceServers: RTCIceServer[]): Peer {
  const { forceRelayCandidate, prefetchIceCandidates } = session.options;
  const peer = new Peer(
    session.platform,
    {
      iceServers,
      relayOnly: forceRelayCandidate === true,
      prefetch: prefetchIceCandidates === true,
      tuning: tuningOf(session.options),
    },
    {
      ...session.hooks,
      candidate: (candidate) => {
        session.gathering?.candidate(candidate);
        session.hooks.mark(candidate ? 'first-candidate' : 'ice-gathering-completed');
        if (candidate && candidate.type !== 'host') {
          session.hooks.mark('first-non-host-candidate');
        }
        session.hooks.candidate(candidate);
      },
      gatheringState: (state) => {
        if (state === 'gathering') {
          session.hooks.mark('ice-gathering-started');
        }
      },
      track: (event) => onTrack(session, event),
    },
  );
  session.peer = peer;
  session.hooks.mark('new-peer');
  return peer;
}

/** Captures, then creates and sets the offer. Rejects with {@link MediaFailure}. */
export async function offer(session: MediaSession): Promise<void> {
  const peer = session.live();
  const stream = await peer.orClosed(acquire(session));
  const { audio, video, receiveOnlyAudio, negotiateAudio, negotiateVideo } = session.options;
  const kinds = new Set<string>();
  for (const track of stream?.getTracks() ?? []) {
    kinds.add(track.kind);
    peer.pc.addTransceiver(track, { direction: 'sendrecv', streams: stream ? [stream] : [] });
  }
  const receive = {
    audio: audio !== false || receiveOnlyAudio || negotiateAudio,
    video: video || negotiateVideo,
  };
  for (const kind of ['audio', 'video'] as const) {
    if (receive[kind] && !kinds.has(kind)) {
      peer.pc.addTransceiver(kind, { direction: 'recvonly' });
    }
  }
  preferCodecs(session, peer.pc);
  gather(session);
  session.hooks.mark('create-offer');
  await peer.offer();
  session.hooks.mark('set-local-description');
}

/** Applies the offer while it captures, then creates and sets the answer. Rejects with {@link MediaFailure}. */
export async function answer(session: MediaSession, remoteSdp: string): Promise<void> {
  const peer = session.live();
  const acquiring = acquire(session);
  acquiring.catch(() => undefined);
  await peer.takeOffer(remoteSdp);
  session.hooks.mark('set-remote-description');
  const stream = await peer.orClosed(acquiring);
  const offered = new Set(peer.pc.getTransceivers().map(({ receiver }) => receiver.track.kind));
  for (const track of stream?.getTracks() ?? []) {
    if (stream && offered.has(track.kind)) {
      peer.pc.addTrack(track, stream);
    }
  }
  preferCodecs(session, peer.pc);
  gather(session);
  session.hooks.mark('create-answer');
  await peer.answer();
  session.hooks.mark('set-local-description');
}

/** A new offer with new ICE credentials on the same peer. */
export async function restartOffer(session: MediaSession): Promise<void> {
  const peer = session.live();
  await peer.rollback();
  gather(session);
  await peer.offer({ iceRestart: true });
}

async function acquire(session: MediaSession): Promise<MediaStream | null> {
  const { options } = session;
  let stream = options.localStream ?? null;
  if (!stream) {
    const { audio = true, video = false } = options;
    if (!audio && !video) {
      if (options.receiveOnlyAudio || options.negotiateAudio || options.negotiateVideo) {
        return null;
      }
      throw new MediaFailure(42003, undefined, 'Neither audio nor video to send');
    }
    session.hooks.mark('get-user-media');
    const open = (): Promise<MediaStream> =>
      capture(
        session.platform,
        { ...options, audio, video, stereo: options.useStereo },
        (failure) => session.warn(OTHER_DEVICE, failure),
      );
    stream = await open().catch((error: unknown) => {
      if (error instanceof MediaFailure && !session.closed) {
        return session.hooks.recapture(error, open);
      }
      throw error;
    });
    if (session.closed) {
      stopTracks(stream.getTracks());
      throw closedFailure();
    }
    for (const track of stream.getTracks()) {
      session.owned.add(track);
    }
    options.localStream = stream;
  } else {
    stream = taken(session, stream);
  }
  // A track that the application switched off itself stays so.
  if (session.muted) session.muted = true;
  if (options.localElement) {
    session.preview.attach(stream);
  }
  const sent = options.audioProcessor?.outbound ? await outboundStream(session, stream) : stream;
  session.hooks.mark('peer-creation-end');
  return sent;
}

/** The application's stream as this call sends it. */
function taken(session: MediaSession, stream: MediaStream): MediaStream {
  const tracks = stream.getTracks().map((track) => {
    if (session.owned.has(track)) return track;
    const use = takeTrack(track);
    session.releases.add(use.release);
    if (use.copied) session.owned.add(use.track);
    return use.track;
  });
  if (tracks.every((track) => stream.getTracks().includes(track))) return stream;
  return (session.options.localStream = new session.platform.MediaStream(tracks));
}

/** Has no counterpart in the reference, so it is not in its catalogue. */
const OTHER_DEVICE: ITelnyxWarning = {
  code: 37004,
  name: 'OTHER_DEVICE_USED',
  message: 'Another microphone or camera is used',
  description: 'The one that was asked for could not be opened, so the default one is used',
  causes: ['It was unplugged, or another program uses it'],
  solutions: ['Choose a device again: call.setAudioInDevice()'],
};

/** Candidates of a new description are found from now on. */
export function gather(session: MediaSession): void {
  // What a restart finds or not is no news.
  const first = session.gathering === null;
  session.gathering?.dispose();
  session.gathering = new Gathering(
    session.platform,
    session.options.forceRelayCandidate === true,
    first && (session.live().pc.getConfiguration().iceServers ?? []).length > 0,
    session.hooks,
  );
}

function onTrack(session: MediaSession, { streams, track }: RTCTrackEvent): void {
  const stream = streams[0] ?? session.options.remoteStream ?? new session.platform.MediaStream();
  if (!stream.getTracks().includes(track)) {
    stream.addTrack(track);
  }
  session.options.remoteStream = stream;
  session.setDeaf(session.deaf);
  session.hooks.mark('first-remote-media-track');
  if (session.options.audioProcessor?.inbound) {
    void playProcessed(session, stream);
  } else {
    session.output.attach(stream);
  }
}

function preferCodecs({ options, hooks }: MediaSession, pc: RTCPeerConnection): void {
  const codecs = options.preferred_codecs ?? [];
  for (const transceiver of codecs.length ? pc.getTransceivers() : []) {
    const { kind } = transceiver.receiver.track;
    const matching = codecs.filter(({ mimeType }) => mimeType.toLowerCase().startsWith(`${kind}/`));
    try {
      if (matching.length) {
        transceiver.setCodecPreferences(matching);
      }
    } catch (error) {
      hooks.log('preferred_codecs holds a codec that session browser does not have', error);
    }
  }
}

function tuningOf(options: ICallOptions): SdpTuning | null {
  const { mediaSettings, useStereo: stereo } = options;
  const { googleMaxBitrate: max, googleMinBitrate: min, googleStartBitrate: start } = options;
  const asKbps = mediaSettings?.useSdpASBandwidthKbps ? mediaSettings.sdpASBandwidthKbps : 0;
  return stereo || asKbps || max || min || start
    ? { stereo, asKbps, googleBitrate: { max, min, start } }
    : null;
}
