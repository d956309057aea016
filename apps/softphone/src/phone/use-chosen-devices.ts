import { useEffect } from 'react';
import { useDevices } from '@offhook/react';
import { usePreferences } from '../lib/preferences.ts';

/** Takes the devices that were chosen last time, as soon as they are there. */
export function useChosenDevices(): void {
  const { preferences } = usePreferences();
  const { microphones, speakers, microphoneId, speakerId, selectMicrophone, selectSpeaker } =
    useDevices();
  const wantedMicrophone = microphones.some(({ id }) => id === preferences.microphoneId)
    ? preferences.microphoneId
    : null;
  const wantedSpeaker = speakers.some(({ id }) => id === preferences.speakerId)
    ? preferences.speakerId
    : null;

  useEffect(() => {
    // A device that cannot be opened is reported when it is used.
    if (wantedMicrophone !== microphoneId) {
      selectMicrophone(wantedMicrophone).catch(() => undefined);
    }
  }, [wantedMicrophone, microphoneId, selectMicrophone]);
  useEffect(() => {
    if (wantedSpeaker !== speakerId) {
      selectSpeaker(wantedSpeaker).catch(() => undefined);
    }
  }, [wantedSpeaker, speakerId, selectSpeaker]);
}
