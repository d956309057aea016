/*
 * What a call does not need to begin: loaded apart, with the first call, so that it is there before the network can be gone.
 */
export { audioLevels, setMaxBitrate, switchInput } from '../media/switch-input.ts';
export { setProcessor } from '../media/processing.ts';
export { conferenceUpdate } from './conference.ts';
export { sendConversationMessage, sendMessage } from './conversation.ts';
export { setInput } from './input.ts';
export { CallMonitor } from './monitor.ts';
export { markersOf, tellMissing } from './markers.ts';
export { warnOfOthers } from './others.ts';
export { recoverPermission } from './permission.ts';
export { samplesOf } from './sample-stream.ts';
export { onAttach } from './attach.ts';
export { startScreenShare } from './screen-share.ts';
export { whenActive, whenEnded, whenRinging } from './waiting.ts';
