import { useState, type ReactElement } from 'react';
import { useDevices, type DeviceSnapshot } from '@offhook/react';
import { usePreferences, type Theme } from '../lib/preferences.ts';
import { testIds } from '../testids.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { LanguageChoice } from '../ui/language-switch.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { MicrophoneTest } from './microphone-test.tsx';
import { PushSetting } from './push-setting.tsx';
import { commonTexts } from '../texts/common.ts';
import { phoneTexts } from '../texts/phone.ts';
import { useTexts } from '../texts/use-texts.ts';

const THEMES = ['system', 'light', 'dark'] as const satisfies readonly Theme[];

export function Settings({ onClose }: { readonly onClose: () => void }): ReactElement {
  const { preferences, change } = usePreferences();
  const devices = useDevices();
  const t = useTexts(phoneTexts);
  const common = useTexts(commonTexts);
  const [failure, setFailure] = useState<string | null>(null);
  const choose = (chosen: Promise<unknown>) => {
    setFailure(null);
    chosen.catch((error: unknown) =>
      setFailure(error instanceof Error ? error.message : String(error)),
    );
  };

  return (
    <Dialog title={t.settings.title} onClose={onClose}>
      <div className="settings">
        <h3>{t.settings.sound}</h3>
        {failure !== null && <ErrorNotice title={t.settings.deviceFailed} advice={failure} />}
        {!devices.labelled && (
          <p className="settings__ask">
            <span>{t.settings.deviceNames}</span>
            <button
              type="button"
              className="button button--small"
              onClick={() => choose(devices.refresh({ ask: true }))}
            >
              {t.settings.allow}
            </button>
          </p>
        )}
        <DevicePicker
          icon="mic"
          label={t.settings.microphone}
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
            label={t.settings.speaker}
            testId={testIds.speaker}
            devices={devices.speakers}
            chosen={devices.speakerId}
            onChoose={(speakerId) => {
              change({ speakerId });
              choose(devices.selectSpeaker(speakerId));
            }}
          />
        )}
        <PushSetting />
        <h3>{t.settings.appearance}</h3>
        <fieldset className="segments">
          <legend className="visually-hidden">{t.settings.colours}</legend>
          {THEMES.map((theme) => (
            <label key={theme} className="segments__item">
              <input
                type="radio"
                name="theme"
                checked={preferences.theme === theme}
                onChange={() => change({ theme })}
              />
              <span>{theme === 'system' ? common.asSystem : t.settings[theme]}</span>
            </label>
          ))}
        </fieldset>
        <h3>{common.language}</h3>
        <LanguageChoice />
        <h3>{t.settings.keyboard}</h3>
        <label className="switch">
          <span>
            {t.settings.singleKeys}
            <span className="switch__hint">{t.settings.singleKeysHint}</span>
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
  const { settings } = useTexts(phoneTexts);
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
          <option value="">{settings.systemDefault}</option>
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
