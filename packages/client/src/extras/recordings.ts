import type { Leg } from '../calls/leg.ts';
import { createWarning } from '../errors/catalogue.ts';
import { CallRecorder, RECORDER_DEFAULTS } from '../recording/recorder.ts';
import type { Companion, ExtrasContext } from './context.ts';

/** Records calls where the application asked for it (`enableCallRecording`). */
export class Recordings implements Companion {
  readonly #context: ExtrasContext;

  constructor(context: ExtrasContext) {
    this.#context = context;
  }

  attend(leg: Leg): void {
    const { media } = leg;
    const { events } = leg.notices;
    let recorder: CallRecorder | null = null;
    const remote = (): MediaStreamTrack | null =>
      leg.media.remoteStream?.getAudioTracks()[0] ?? null;
    const onState = (state: string): void => {
      if (!recorder && (state === 'active' || state === 'held')) {
        recorder = this.#record(leg);
        recorder?.follow('local', media.sender('audio')?.track ?? null);
        recorder?.follow('remote', remote());
      }
    };
    const stop = (): void => {
      if (recorder) {
        this.#context.track(recorder.stop());
      }
    };
    events.on('state', onState);
    events.on('input', (track) => recorder?.follow('local', track));
    events.on('ended', stop);
    // The object that takes this one's place records on its own.
    events.on('recovered', stop);
    onState(leg.life.state);
    if (leg.life.over) {
      stop();
    }
  }

  #record(leg: Leg): CallRecorder | null {
    const { platform, options, outbox, key, log } = this.#context;
    const given = options();
    const { origin, callReportId, voiceSdkId } = key();
    if (!callReportId) {
      log.debug(`Call ${leg.id}: not recorded, the gateway takes no recordings`);
      return null;
    }
    const url = new URL(given.callRecordingEndpoint ?? '/call_recording', origin).href;
    const identity = {
      call_report_id: callReportId,
      call_id: leg.id,
      ...(voiceSdkId ? { voice_sdk_id: voiceSdkId } : {}),
      recording_id: `${leg.id}-${platform.now().toString(36)}`,
    };
    const headers = {
      'x-call-report-id': callReportId,
      'x-call-id': leg.id,
      ...(voiceSdkId ? { 'x-voice-sdk-id': voiceSdkId } : {}),
    };
    return new CallRecorder(
      {
        platform,
        TrackProcessor: platform.MediaStreamTrackProcessor,
        identity: () => identity,
        upload: (body, { keepalive }) =>
          outbox.send({ url, headers, body: JSON.stringify(body), keepalive }, false),
        warn: (code, extras) => {
          leg.notices.warn(createWarning(code), extras);
        },
      },
      {
        tracks: given.callRecordingTracks ?? RECORDER_DEFAULTS.tracks,
        sampleRate: given.callRecordingSampleRate ?? RECORDER_DEFAULTS.sampleRate,
        maxBufferBytes: given.callRecordingMaxBufferBytes ?? RECORDER_DEFAULTS.maxBufferBytes,
        flushIntervalMs: given.callRecordingFlushIntervalMs ?? RECORDER_DEFAULTS.flushIntervalMs,
      },
    );
  }
}
