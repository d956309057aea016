import type { SdkErrorCode } from '../errors/codes.ts';
import { MediaFailure } from '../media/failure.ts';
import type { MediaElementSource, SipHeader } from '../options.ts';
import type { CallCore } from './core.ts';
import { hangup } from './ending.ts';
import { leftOutWarning, readHeaders } from './given.ts';
import { place, reply } from './setup.ts';
import { RequestError } from './ports.ts';

/** What `call.answer()` takes. */
export interface AnswerParams {
  customHeaders?: SipHeader[] | undefined;
  /** Send video too, if the caller offers it. */
  video?: boolean | MediaTrackConstraints | undefined;
  remoteElement?: MediaElementSource | undefined;
  localElement?: MediaElementSource | undefined;
  preferred_codecs?: RTCRtpCodec[] | undefined;
}

/** Places the call. Settles when the invite is answered for, one way or the other; never rejects. */
export async function invite(core: CallCore): Promise<void> {
  if (core.direction === 'outbound' && core.phase === 'new' && !core.creatingPeer) {
    await place(core);
  }
}

/** Settles when the answer is on its way; never rejects. */
export async function answer(core: CallCore, given?: AnswerParams | null): Promise<void> {
  const params = given ?? {};
  const holder = core.host.holder(core.id);
  if (core.isOver) {
    return;
  }
  if (holder && holder !== core) {
    core.warn(33007, { activeCallId: holder.id });
    return;
  }
  if (core.phase !== 'ringing' || core.creatingPeer || core.peer) {
    core.warn(33006);
    return;
  }
  const { options, media } = core;
  const leftOut: string[] = [];
  const headers = readHeaders(params.customHeaders, (what) => leftOut.push(what));
  options.customHeaders = headers.length ? headers : options.customHeaders;
  if (leftOut.length) core.warn(leftOutWarning(leftOut));
  options.video = params.video ?? options.video;
  options.preferred_codecs = params.preferred_codecs ?? options.preferred_codecs;
  if (params.remoteElement) {
    options.remoteElement = params.remoteElement;
    media.output.setSource(params.remoteElement);
  }
  if (params.localElement) {
    options.localElement = params.localElement;
    media.setLocalElement(params.localElement);
  }
  core.host.ringtone.stop(core);
  core.mark('answer-called');
  await reply(core);
}

/** Any failure of setting up: it is named, and the call ends. */
export function setupFailed(core: CallCore, error: unknown): void {
  const failure = error instanceof MediaFailure ? error : null;
  // Cancelled while it was set up, by either side: that is no failure.
  if (core.isOver) return;
  const code = failure ? failure.code : error instanceof RequestError ? 40005 : 49001;
  core.fail(
    code as SdkErrorCode,
    failure?.cause ?? error,
    {},
    core.direction === 'inbound' ? { recoverable: false } : {},
  );
  const why =
    core.phase === 'recovering'
      ? { cause: 'NORMAL_TEMPORARY_FAILURE', causeCode: 41 }
      : { cause: 'USER_BUSY', causeCode: 17 };
  void hangup(core, { ...why, initiator: 'sdk:setup' }, core.known);
}
