/**
 * React over `@offhook/client`. The names `TelnyxRTCContext`, `TelnyxRTCProvider`, `useTelnyxRTC`, `useCallbacks`,
 * `useNotification`, `Media`, `Audio` and `Video` are those of `@telnyx/react-client`.
 */
export { TelnyxRTCContext } from './provider/contexts.ts';
export { TelnyxRTCProvider, type TelnyxRTCProviderProps } from './provider/telnyx-rtc-provider.tsx';
export { useTelnyxRTC, type UseTelnyxRTCOptions } from './provider/use-telnyx-rtc.ts';
export type { Credential } from './provider/identity.ts';
export {
  useCall,
  useCalls,
  useClient,
  useConnectionState,
  useDevices,
  useLastEnded,
  usePhone,
  usePhoneStore,
  useProblems,
  type Devices,
} from './hooks/use-phone.ts';
export { useAudioLevels, type AudioLevels } from './hooks/use-audio-levels.ts';
export { useCallbacks, useNotification, type UseCallbacksProps } from './hooks/use-callbacks.ts';
export {
  assistantTool,
  useAssistant,
  type Assistant,
  type AssistantTool,
  type UseAssistantOptions,
} from './assistant/use-assistant.ts';
export { useCallAssistant, type CallAssistant } from './assistant/use-call-assistant.ts';
export {
  Audio,
  Media,
  Video,
  type AudioProps,
  type MediaProps,
  type VideoProps,
} from './media/media.tsx';
export {
  createPhoneStore,
  type PhoneProblem,
  type PhoneSnapshot,
  type PhoneStore,
  type PhoneStoreOptions,
} from './store/phone-store.ts';
export type { CallSnapshot } from './store/call-snapshot.ts';
export type { ConnectionState } from './store/connection-state.ts';
export type { DevicesSnapshot, DeviceSnapshot } from './store/device-choice.ts';
