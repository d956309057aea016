import { useCallback, useSyncExternalStore } from 'react';
import type { Call } from '@offhook/client';
import type { AssistantInfo, AssistantState, TranscriptEntry } from '@offhook/client/ai';

export interface CallAssistant {
  readonly state: AssistantState;
  readonly transcript: readonly TranscriptEntry[];
  readonly info: AssistantInfo | null;
  readonly callerSpeaking: boolean;
}

const NONE: readonly TranscriptEntry[] = [];

/** The assistant at the far end of a call that the application placed itself. Actions and tools are on `call.ai`. */
export function useCallAssistant(call: Call | null | undefined): CallAssistant {
  const ai = call?.ai;
  const subscribe = useCallback(
    (changed: () => void) => {
      const undo = ai
        ? [
            ai.transcript.subscribe(changed),
            ai.on('state', changed),
            ai.on('begun', changed),
            ai.on('callerSpeaking', changed),
          ]
        : [];
      return () => undo.forEach((stop) => stop());
    },
    [ai],
  );
  const read = <T>(select: () => T): (() => T) => select;
  const transcript = read(() => ai?.transcript.getSnapshot() ?? NONE);
  const state = read((): AssistantState => ai?.state ?? 'connecting');
  const info = read(() => ai?.info ?? null);
  const speaking = read(() => ai?.callerSpeaking ?? false);
  return {
    transcript: useSyncExternalStore(subscribe, transcript, transcript),
    state: useSyncExternalStore(subscribe, state, state),
    info: useSyncExternalStore(subscribe, info, info),
    callerSpeaking: useSyncExternalStore(subscribe, speaking, speaking),
  };
}
