import type { Clock } from '../clock.ts';
import type { ServiceLine } from '../services/service.ts';
import type { Guard } from '../guard.ts';
import { ENDINGS, type Ending } from './hangup.ts';
import type { Leg } from './leg.ts';

/** A service's way to its caller, whichever leg that is at the time. */
export function serviceLine(
  caller: () => Leg,
  clock: Clock,
  guard: Guard,
  end: (ending: Ending) => void,
  transfer: ServiceLine['transfer'],
): ServiceLine {
  const failed = (): void => {
    end(ENDINGS.failed);
  };
  return {
    clock,
    guard: {
      run: (work) => {
        guard.run('engine', work, failed);
      },
      settle: (work) => {
        void guard.settle('engine', work, failed);
      },
    },
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
    transfer,
    end: (cause) => {
      end({ cause });
    },
  };
}
