import { MediaError } from '../../media-plane.ts';
import { directionOf, readRtpRemote } from '../rtp-leg/rtp-sdp.ts';
import { parseSdp } from './parse.ts';
import type { Direction } from './parse.ts';

/**
 * Whether a description is a browser's: its audio is reached by ICE and keyed by DTLS (RFC 8827), and not by RTP at the address that it
 * names. A description that does not parse is none; who takes it says what is wrong.
 */
export function isWebRtc(sdp: string): boolean {
  try {
    const { session, sections } = parseSdp(sdp);
    const audio = sections.filter(({ kind, port }) => kind === 'audio' && port !== 0);
    if (audio.some(({ protocol }) => protocol.startsWith('UDP/TLS/'))) {
      return !audio.some(({ protocol }) => protocol.startsWith('RTP/AVP'));
    }
    // Before RFC 5764 was out, and in some stacks still, DTLS went by the names of SDES.
    const isKeyed = (part: { readonly fingerprints: readonly unknown[] }): boolean =>
      part.fingerprints.length > 0;
    const isSecure = audio.some(
      (each) => each.protocol.startsWith('RTP/SAVP') && (isKeyed(session) || isKeyed(each)),
    );
    return isSecure && !/^a=crypto:/m.test(sdp);
  } catch (error) {
    if (error instanceof MediaError) {
      return false;
    }
    throw error;
  }
}

/** The direction that a party asks for. @throws MediaError `bad_sdp` */
export function directionAsked(sdp: string): Direction {
  if (!isWebRtc(sdp)) {
    return directionOf(readRtpRemote(sdp));
  }
  const audio = parseSdp(sdp).sections.find(({ kind, port }) => kind === 'audio' && port !== 0);
  return audio?.direction ?? 'inactive';
}
