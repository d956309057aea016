/** A client and its call held by the state of frameworks, which give applications a wrapper in the place of the object. */
import { TelnyxRTC, type Call } from '@offhook/client';
import Alpine from 'alpinejs';
import { makeAutoObservable, observable } from 'mobx';
import { createPinia, defineStore, setActivePinia } from 'pinia';
import { reactive, ref } from 'vue';

interface Phone {
  client: TelnyxRTC;
  call: Call | undefined;
}

/** Each gives a holder through whose members the application gets what its framework makes of client and call. */
const holders = {
  'Vue ref': (client: TelnyxRTC): Phone => {
    const held = ref(client);
    const call = ref<Call>();
    return {
      get client() {
        return held.value as TelnyxRTC;
      },
      get call() {
        return call.value;
      },
      set call(placed) {
        call.value = placed;
      },
    };
  },
  'Vue reactive': (client: TelnyxRTC): Phone => reactive({ client, call: undefined }) as Phone,
  Pinia: (client: TelnyxRTC): Phone => {
    setActivePinia(createPinia());
    const useStore = defineStore('phone', {
      state: () => ({ client, call: undefined as Call | undefined }),
    });
    return useStore() as unknown as Phone;
  },
  'MobX observable': (client: TelnyxRTC): Phone => observable({ client, call: undefined }),
  'MobX class': (client: TelnyxRTC): Phone => {
    class Store implements Phone {
      client = client;
      call: Call | undefined = undefined;
      constructor() {
        makeAutoObservable(this);
      }
    }
    return new Store();
  },
  Alpine: (client: TelnyxRTC): Phone => Alpine.reactive({ client, call: undefined }),
} as const;

export type Framework = keyof typeof holders;

/** What an application does with a call, each step through the wrappers; returns what it saw. */
async function talk(framework: Framework, options: { host: string; login_token: string }) {
  const phone = holders[framework](new TelnyxRTC(options));
  const seen: string[] = [];
  const heard: string[] = [];
  phone.client.on('telnyx.notification', ({ type, call }) => {
    if (type === 'callUpdate' && call) {
      seen.push(call.state);
    }
  });
  await phone.client.connect({ signal: AbortSignal.timeout(20_000) });
  phone.call = phone.client.newCall({ destinationNumber: 'echo' });
  const { call } = phone;
  if (!call) {
    throw new Error('The framework lost the call.');
  }
  call.on('ended', ({ cause }) => heard.push(cause));
  await call.whenActive();
  const facts: Record<string, unknown> = {
    active: call.state,
    known: phone.client.getActiveCalls().length,
    byId: phone.client.calls[call.id]?.id === call.id,
  };
  await call.hold();
  facts['held'] = call.state;
  await call.unhold();
  facts['resumed'] = call.state;
  call.muteAudio();
  facts['muted'] = call.isAudioMuted;
  call.unmuteAudio();
  facts['unmuted'] = call.isAudioMuted;
  call.dtmf('1');
  facts['levels'] = typeof (await call.audioLevels()).local;
  facts['devices'] = (await phone.client.getAudioInDevices()).length > 0;
  const ended = call.whenEnded();
  await call.hangup();
  await ended;
  facts['cause'] = call.cause;
  facts['heard'] = heard;
  facts['left'] = phone.client.getActiveCalls().length;
  facts['states'] = seen.filter((state, index) => state !== seen[index - 1]);
  await phone.client.disconnect();
  facts['session'] = phone.client.sessionState;
  return facts;
}

Object.defineProperty(window, 'wrapped', { value: talk });
