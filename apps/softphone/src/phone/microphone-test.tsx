import { useEffect, useState, type ReactElement } from 'react';
import { Meter } from '../ui/meter.tsx';
import { phoneTexts } from '../texts/phone.ts';
import { useTexts } from '../texts/use-texts.ts';

/** Lets a person see whether the microphone hears them, before a call. It listens only while asked to. */
export function MicrophoneTest({ deviceId }: { readonly deviceId: string | null }): ReactElement {
  const [running, setRunning] = useState(false);
  const [failed, setFailed] = useState(false);
  const t = useTexts(phoneTexts);
  const { level, heard } = useMicrophoneLevel(running, deviceId, () => {
    setFailed(true);
    setRunning(false);
  });
  return (
    <div className="mic-test">
      <button
        type="button"
        className="button button--small"
        aria-pressed={running}
        onClick={() => {
          setFailed(false);
          setRunning(!running);
        }}
      >
        {running ? t.settings.stopTest : t.settings.test}
      </button>
      {running && <Meter label={t.call.you} level={level} />}
      <p className="mic-test__text" role="status">
        {running && (heard ? t.settings.heard : t.settings.saySomething)}
        {failed && t.settings.testFailed}
      </p>
    </div>
  );
}

interface Reading {
  /** 0 to 1, ten times a second. */
  readonly level: number;
  /** Something louder than the room was heard. */
  readonly heard: boolean;
}

const NOTHING_HEARD: Reading = { level: 0, heard: false };
const AUDIBLE = 0.01;

function useMicrophoneLevel(
  running: boolean,
  deviceId: string | null,
  onFailure: () => void,
): Reading {
  const [reading, setReading] = useState(NOTHING_HEARD);
  useEffect(() => {
    if (!running) {
      return undefined;
    }
    let stop: (() => void) | undefined;
    let stopped = false;
    const start = async () => {
      const audio = deviceId === null ? true : { deviceId: { exact: deviceId } };
      const stream = await navigator.mediaDevices.getUserMedia({ audio });
      const end = () => stream.getTracks().forEach((track) => track.stop());
      if (stopped) {
        end();
        return;
      }
      const context = new AudioContext();
      const analyser = new AnalyserNode(context, { fftSize: 2048 });
      context.createMediaStreamSource(stream).connect(analyser);
      const samples = new Float32Array(analyser.fftSize);
      const timer = setInterval(() => {
        analyser.getFloatTimeDomainData(samples);
        const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
        const level = Math.sqrt(power);
        setReading(({ heard }) => ({ level, heard: heard || level > AUDIBLE }));
      }, 100);
      stop = () => {
        clearInterval(timer);
        end();
        void context.close();
      };
    };
    start().catch(() => {
      if (!stopped) {
        onFailure();
      }
    });
    return () => {
      stopped = true;
      stop?.();
      setReading(NOTHING_HEARD);
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a new callback is no reason to open the microphone again
  }, [running, deviceId]);
  return reading;
}
