import { useEffect, useState } from 'react';
import type { Call } from '@offhook/client';

/** 0 is silence, 1 full scale. */
export interface AudioLevels {
  readonly local: number;
  readonly remote: number;
}

const SILENCE: AudioLevels = { local: 0, remote: 0 };

/**
 * The levels of a call, read again and again while the component is there. It renders at that pace, so keep it small.
 * @param intervalMs Time between readings. Default 100.
 */
export function useAudioLevels(call: Call | null | undefined, intervalMs = 100): AudioLevels {
  const [reading, setReading] = useState<{ call: Call; levels: AudioLevels }>();
  useEffect(() => {
    if (!call) {
      return undefined;
    }
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const read = async () => {
      // A call that cannot be measured just now is silent.
      const { local, remote } = await call.audioLevels().catch(() => SILENCE);
      if (stopped) {
        return;
      }
      setReading((old) =>
        old?.call === call && old.levels.local === local && old.levels.remote === remote
          ? old
          : { call, levels: { local, remote } },
      );
      timer = setTimeout(() => void read(), intervalMs);
    };
    void read();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [call, intervalMs]);
  return call && reading?.call === call ? reading.levels : SILENCE;
}
