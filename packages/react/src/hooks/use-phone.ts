import { useCallback, useContext, useSyncExternalStore } from 'react';
import type { TelnyxRTC } from '@offhook/client';
import { PhoneStoreContext, TelnyxRTCContext } from '../provider/contexts.ts';
import type { CallSnapshot } from '../store/call-snapshot.ts';
import type { ConnectionState } from '../store/connection-state.ts';
import { NO_DEVICES, type DevicesSnapshot } from '../store/device-choice.ts';
import type { PhoneProblem, PhoneSnapshot, PhoneStore } from '../store/phone-store.ts';

const NOTHING: PhoneSnapshot = {
  connection: 'idle',
  calls: [],
  lastEnded: null,
  devices: NO_DEVICES,
  problems: [],
};

const unsubscribed = () => () => undefined;

/** The client of the nearest provider; null until it exists. */
export function useClient(): TelnyxRTC | null {
  return useContext(TelnyxRTCContext);
}

/** The store of the nearest provider, for its actions; null until it exists. */
export function usePhoneStore(): PhoneStore | null {
  return useContext(PhoneStoreContext);
}

/** One part of the phone's snapshot. Renders again only when that part changed (`Object.is`). */
export function usePhone<T>(select: (snapshot: PhoneSnapshot) => T): T {
  const store = usePhoneStore();
  const read = useCallback(() => select(store?.getSnapshot() ?? NOTHING), [store, select]);
  return useSyncExternalStore(store?.subscribe ?? unsubscribed, read, () => select(NOTHING));
}

const selectCalls = (snapshot: PhoneSnapshot) => snapshot.calls;
const selectLastEnded = (snapshot: PhoneSnapshot) => snapshot.lastEnded;
const selectConnection = (snapshot: PhoneSnapshot) => snapshot.connection;
const selectDevices = (snapshot: PhoneSnapshot) => snapshot.devices;
const selectProblems = (snapshot: PhoneSnapshot) => snapshot.problems;

/** Live calls, oldest first. */
export function useCalls(): readonly CallSnapshot[] {
  return usePhone(selectCalls);
}

/** One live call; null when there is none with this id. Follows the call when a recovery gives it another id. */
export function useCall(callId: string | null | undefined): CallSnapshot | null {
  const select = useCallback(
    ({ calls }: PhoneSnapshot) =>
      calls.find(
        ({ id, formerIds }) =>
          id === callId || (callId !== null && callId !== undefined && formerIds.includes(callId)),
      ) ?? null,
    [callId],
  );
  return usePhone(select);
}

/** The call that ended last, with its cause; null before the first. */
export function useLastEnded(): CallSnapshot | null {
  return usePhone(selectLastEnded);
}

export function useConnectionState(): ConnectionState {
  return usePhone(selectConnection);
}

/** Errors and warnings that nobody dismissed yet, newest last. */
export function useProblems(): readonly PhoneProblem[] {
  return usePhone(selectProblems);
}

export interface Devices extends DevicesSnapshot {
  readonly selectMicrophone: PhoneStore['selectMicrophone'];
  readonly selectSpeaker: PhoneStore['selectSpeaker'];
  readonly refresh: PhoneStore['refreshDevices'];
}

const noClient = () =>
  Promise.reject(new Error('There is no client: is the component inside a TelnyxRTCProvider?'));

/** The devices, kept up to date as they are plugged in and out, and the ways to choose among them. */
export function useDevices(): Devices {
  const store = usePhoneStore();
  const devices = usePhone(selectDevices);
  return {
    ...devices,
    selectMicrophone: useCallback((id) => store?.selectMicrophone(id) ?? noClient(), [store]),
    selectSpeaker: useCallback((id) => store?.selectSpeaker(id) ?? noClient(), [store]),
    refresh: useCallback((options) => store?.refreshDevices(options) ?? noClient(), [store]),
  };
}
