import { MediaError } from '../../media-plane.ts';
import type { Codec } from '../../media-plane.ts';
import { isKnownFingerprint } from '../dtls/certificate.ts';
import type { Fingerprint } from '../dtls/certificate.ts';
import type { IceCredentials } from '../net/ice-agent.ts';
import { CODECS } from '../rtp/codecs.ts';
import { parseSdp } from './parse.ts';
import type {
  Direction,
  SdpFormat,
  SdpSection,
  SdpTransport,
  SessionDescription,
} from './parse.ts';

/** Who a party is: what its end of ICE and DTLS proves. */
export interface RemoteIdentity {
  readonly ice: IceCredentials;
  readonly fingerprints: readonly Fingerprint[];
}

/** What a party's description says about itself. */
export interface RemoteDescription extends RemoteIdentity {
  readonly audio: SdpSection;
  /** All media lines in order, and which of them is the call's. */
  readonly sections: readonly SdpSection[];
  readonly audioAt: number;
  /** The audio is in a BUNDLE group. */
  readonly isBundled: boolean;
  /**
   * Another section whose transport the audio uses, as the first of its group; -1 where there is none. Chromium with `max-bundle` refuses an
   * answer that refuses this section (RFC 9143, 7.3.3, would allow it), so it is taken, inactive.
   */
  readonly leadAt: number;
}

/** What both sides send and take. Payload types are the party's own numbers. */
export interface Format {
  readonly codec: Codec;
  readonly payloadType: number;
  /** RED of this codec (RFC 2198); undefined where the party has none. */
  readonly redType: number | undefined;
  /** The party ranks it above the bare codec, so it sends it when we take it. */
  readonly prefersRed: boolean;
  /** The party's wishes for what we send, as in `a=fmtp`. */
  readonly fmtp: string | undefined;
  /** telephone-event payload types by clock rate. */
  readonly events: ReadonlyMap<number, number>;
  readonly nack: boolean;
  /** Id of the audio level extension, or 0. */
  readonly levelId: number;
  /** The party's direction: what it wants to do. */
  readonly direction: Direction;
}

/** @throws MediaError `bad_sdp` */
export function readRemote(sdp: string): RemoteDescription {
  const description = parseSdp(sdp);
  const audioAt = description.sections.findIndex(isUsableAudio);
  const audio = description.sections[audioAt];
  if (!audio) {
    throw new MediaError('bad_sdp', 'The SDP holds no audio.');
  }
  // Under BUNDLE, a section may leave its transport to the first one of its group (RFC 9143, 7.1.3).
  const lead = leadOf(description, audio);
  const leadAt = lead && isKept(lead) ? description.sections.indexOf(lead) : -1;
  const parts =
    leadAt < 0 ? [audio, description.session, lead] : [lead, description.session, audio];
  const ufrag = firstOf(parts, (part) => part.ufrag);
  const password = firstOf(parts, (part) => part.password);
  if (!ufrag || !password) {
    throw new MediaError('bad_sdp', 'The SDP holds no ICE credentials.');
  }
  if (ufrag.length < 4 || ufrag.length > 256 || password.length < 22 || password.length > 256) {
    throw new MediaError('bad_sdp', 'The ICE credentials have a wrong length.');
  }
  const announced = firstOf(parts, (part) =>
    part.fingerprints.length > 0 ? part.fingerprints : undefined,
  );
  const fingerprints = (announced ?? []).filter(isKnownFingerprint);
  if (fingerprints.length === 0) {
    throw new MediaError('bad_sdp', 'The SDP holds no usable DTLS fingerprint.');
  }
  const setup = firstOf(parts, (part) => part.setup);
  if (setup === 'passive') {
    throw new MediaError('bad_sdp', 'The SDP wants the DTLS server role, which is ours.');
  }
  if (description.session.iceLite) {
    throw new MediaError('bad_sdp', 'The party is ICE-lite: it sends no checks to be found by.');
  }
  return {
    ice: { ufrag, password },
    fingerprints,
    audio,
    sections: description.sections,
    audioAt,
    isBundled: bundleOf(description, audio) !== undefined,
    leadAt,
  };
}

function isSecureRtp(section: SdpSection): boolean {
  return /^(UDP\/TLS\/)?RTP\/SAVPF?$/.test(section.protocol);
}

function isUsableAudio(section: SdpSection): boolean {
  const isOffered = section.port !== 0 || section.bundleOnly;
  return section.kind === 'audio' && isSecureRtp(section) && isOffered;
}

function bundleOf(
  description: SessionDescription,
  audio: SdpSection,
): readonly string[] | undefined {
  return description.bundles.find((mids) => audio.mid && mids.includes(audio.mid));
}

/** The value of the first part that has one. */
function firstOf<T>(
  parts: readonly (SdpTransport | undefined)[],
  value: (part: SdpTransport) => T | undefined,
): T | undefined {
  for (const part of parts) {
    const found = part && value(part);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

/** Of RTP, offered, and with a format to name. */
function isKept(section: SdpSection): boolean {
  return isSecureRtp(section) && section.port !== 0 && section.formats.some(({ name }) => name);
}

function leadOf(description: SessionDescription, audio: SdpSection): SdpSection | undefined {
  const bundle = bundleOf(description, audio);
  return description.sections.find(
    (section) => section !== audio && section.mid && section.mid === bundle?.[0],
  );
}

/** Takes the first of `codecs` that the party has. @throws MediaError `no_codec` */
export function chooseFormat(
  remote: Pick<RemoteDescription, 'audio'>,
  codecs: readonly Codec[],
): Format {
  for (const codec of codecs) {
    const facts = CODECS[codec];
    const found = remote.audio.formats.find(
      (format) => format.name === facts.name && format.clockRate === facts.clockRate,
    );
    if (!found) {
      continue;
    }
    const events = new Map<number, number>();
    for (const rate of facts.eventRates) {
      const event = remote.audio.formats.find(
        (format) => format.name === 'telephone-event' && format.clockRate === rate,
      );
      if (event) {
        events.set(rate, event.payloadType);
      }
    }
    const redAt = remote.audio.formats.findIndex((format) => isRedOf(format, found));
    return {
      codec,
      payloadType: found.payloadType,
      redType: remote.audio.formats[redAt]?.payloadType,
      prefersRed: redAt >= 0 && redAt < remote.audio.formats.indexOf(found),
      fmtp: found.fmtp,
      events,
      nack: found.nack,
      levelId: remote.audio.levelId,
      direction: remote.audio.direction,
    };
  }
  throw new MediaError('no_codec', 'The SDP holds none of the codecs that this call may use.');
}

/** All frames of the RED packets are of `codec`: `a=fmtp:63 111/111`. */
function isRedOf(format: SdpFormat, codec: SdpFormat): boolean {
  if (format.name !== 'red' || format.clockRate !== codec.clockRate) {
    return false;
  }
  const types = format.fmtp?.split('/') ?? [];
  return types.length > 0 && types.every((type) => Number(type) === codec.payloadType);
}

/** Both descriptions are of one peer connection, so DTLS goes on: browsers make a certificate for each connection. */
export function isSamePeer(a: RemoteIdentity, b: RemoteIdentity): boolean {
  return a.fingerprints.some((one) =>
    b.fingerprints.some((other) => one.algorithm === other.algorithm && one.value === other.value),
  );
}

export function receives(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}
