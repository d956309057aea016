import { useState, type ReactElement } from 'react';
import { useDevices, type DeviceSnapshot } from '@offhook/react';
import { usePreferences, type Theme } from '../lib/preferences.ts';
import { testIds } from '../testids.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { MicrophoneTest } from './microphone-test.tsx';

const THEMES: readonly (readonly [Theme, string])[] = [
  ['system', 'System'],
  ['light', 'Light'],
  ['dark', 'Dark'],
];

export function Settings({ onClose }: { readonly onClose: () => void }): ReactElement {
  const { preferences, change } = usePreferences();
  const devices = useDevices();
  const [failure, setFailure] = useState<string | null>(null);
  const choose = (chosen: Promise<unknown>) => {
    setFailure(null);
    chosen.catch((error: unknown) =>
      setFailure(error instanceof Error ? error.message : String(error)),
    );
  };

  return (
    <Dialog title="Settings" onClose={onClose}>
      <div className="settings">
        <h3>Sound</h3>
        {failure !== null && <ErrorNotice title="The device could not be used" advice={failure} />}
        {!devices.labelled && (
          <p className="settings__ask">
            <span>Your browser shows device names once it may use the microphone.</span>
            <button
              type="button"
              className="button button--small"
              onClick={() => choose(devices.refresh({ ask: true }))}
            >
              Allow
            </button>
          </p>
        )}
        <DevicePicker
          icon="mic"
          label="Microphone"
          testId={testIds.microphone}
          devices={devices.microphones}
          chosen={devices.microphoneId}
          onChoose={(microphoneId) => {
            change({ microphoneId });
            choose(devices.selectMicrophone(microphoneId));
          }}
        />
        <MicrophoneTest key={devices.microphoneId} deviceId={devices.microphoneId} />
        {devices.speakers.length > 0 && (
          <DevicePicker
            icon="speaker"
            label="Speaker"
            testId={testIds.speaker}
            devices={devices.speakers}
            chosen={devices.speakerId}
            onChoose={(speakerId) => {
              change({ speakerId });
              choose(devices.selectSpeaker(speakerId));
            }}
          />
        )}
        <h3>Appearance</h3>
        <fieldset className="segments">
          <legend className="visually-hidden">Colours</legend>
          {THEMES.map(([theme, label]) => (
            <label key={theme} className="segments__item">
              <input
                type="radio"
                name="theme"
                checked={preferences.theme === theme}
                onChange={() => change({ theme })}
              />
              <span>{label}</span>
            </label>
          ))}
        </fieldset>
        <h3>Keyboard</h3>
        <label className="switch">
          <span>
            Single-key shortcuts
            <span className="switch__hint">Press ? anywhere to see them</span>
          </span>
          <input
            type="checkbox"
            role="switch"
            checked={preferences.singleKeys}
            onChange={(event) => change({ singleKeys: event.target.checked })}
          />
        </label>
      </div>
    </Dialog>
  );
}

function DevicePicker({
  icon,
  label,
  testId,
  devices,
  chosen,
  onChoose,
}: {
  readonly icon: IconName;
  readonly label: string;
  readonly testId: string;
  readonly devices: readonly DeviceSnapshot[];
  readonly chosen: string | null;
  readonly onChoose: (id: string | null) => void;
}): ReactElement {
  // Browsers list their own choice as a device too; it is our first entry already.
  const real = devices.filter(({ id }) => id !== 'default');
  return (
    <label className="field">
      <span className="field__label">{label}</span>
      <span className="select">
        <Icon name={icon} />
        <select
          data-testid={testId}
          value={chosen ?? ''}
          onChange={(event) => onChoose(event.target.value || null)}
        >
          <option value="">System default</option>
          {real.map((device, index) => (
            <option key={device.id} value={device.id}>
              {device.label || `${label} ${index + 1}`}
            </option>
          ))}
        </select>
        <Icon name="chevron" />
      </span>
    </label>
  );
}
