import type { Clock } from '../signaling/ports.ts';
import type { ServiceLine } from '../services/service.ts';
import type { Ending } from './hangup.ts';
import type { Leg } from './leg.ts';

/** A service's way to its caller, whichever leg that is at the time. */
export function serviceLine(
  caller: () => Leg,
  clock: Clock,
  end: (ending: Ending) => void,
): ServiceLine {
  return {
    clock,
    play: (source) => {
      caller().play(source);
    },
    speak: (speech) => {
      caller().speak(speech);
    },
    hush: () => {
      caller().hush();
    },
    sendDigits: (digits) => {
      caller().tell({ kind: 'digits', digits, passed: false });
    },
    tell: (event) => {
      caller().tell({ kind: 'conversation', event });
    },
    end: (cause) => {
      end({ cause });
    },
  };
}
