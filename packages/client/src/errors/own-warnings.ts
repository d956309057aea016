import type { ITelnyxWarning } from './catalogue.ts';
import type { OwnWarningCode } from './codes.ts';
import { docsOf } from './docs.ts';

/**
 * Warnings that are ours alone: they have no counterpart in the reference, so they are not in its catalogue. One constant each, since what loads
 * later needs one of them and would carry all.
 */
const own = (
  code: OwnWarningCode,
  entry: Omit<ITelnyxWarning, 'code' | 'docs'>,
): ITelnyxWarning => ({
  code,
  ...entry,
  docs: docsOf(code),
});

export const AUTOPLAY_REFUSED = /* @__PURE__ */ own(37001, {
  name: 'PLAYBACK_NEEDS_GESTURE',
  message: 'Click to hear the call',
  description: 'The browser refused to play sound: the page was not touched yet',
  causes: ['Autoplay policy'],
  solutions: ['None needed; sound starts at the next click or key'],
});

export const processorFailed = (direction: 'inbound' | 'outbound'): ITelnyxWarning =>
  own(37002, {
    name: 'AUDIO_PROCESSOR_FAILED',
    message: 'The audio processor failed',
    description: `The ${direction} audio goes on unprocessed`,
    causes: ['The application’s audioProcessor threw, took over 5 s, or gave no live audio track'],
    solutions: ['See the log; mend the processor, then call.setAudioProcessor()'],
  });

export const ONE_WAY_AUDIO = /* @__PURE__ */ own(37003, {
  name: 'ONE_WAY_AUDIO',
  message: 'One side cannot be heard',
  description: 'Packets flow but carry only silence; `direction` says which way',
  causes: ['Microphone muted by the system', 'Far side muted', 'A part on the way drops the sound'],
  solutions: ['Check the microphone and its settings', 'Ask the far side whether it is muted'],
});

export const OTHER_DEVICE = /* @__PURE__ */ own(37004, {
  name: 'OTHER_DEVICE_USED',
  message: 'Another microphone or camera is used',
  description: 'The one that was asked for could not be opened, so the default one is used',
  causes: ['It was unplugged, or another program uses it'],
  solutions: ['Choose a device again: call.setAudioInDevice()'],
});

export const leftOutWarning = (what: readonly string[]): ITelnyxWarning =>
  own(37005, {
    name: 'CALL_DETAILS_LEFT_OUT',
    message: 'Some details of the call were left out',
    description: `They are not what a gateway takes: ${what.join('; ')}`,
    causes: [
      'A header without a name or value, with a line break, or too long; a cause or code of another type',
    ],
    solutions: ['Give text of one line, and codes as numbers'],
  });

export const EXTRA_NOT_LOADED = /* @__PURE__ */ own(37006, {
  name: 'EXTRA_NOT_LOADED',
  message: 'Part of the client could not be loaded',
  description: 'Calls go on without what `extra` names',
  causes: ['The network, or a newer version of the page that replaced its files'],
  solutions: ['Keep the files of the version before; reload the page after the call'],
});
