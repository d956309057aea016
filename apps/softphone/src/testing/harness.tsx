/**
 * The phone over a fake client, to look at: `vite apps/softphone`, then `/src/testing/harness.html?scene=two-calls`.
 * Not part of the build.
 */
import { createRoot } from 'react-dom/client';
import { TelnyxRTCProvider } from '@offhook/react';
import { FakeClient } from '@offhook/react/testing';
import { Announcer } from '../lib/announcer.tsx';
import { applyTheme } from '../lib/preferences.ts';
import { PreferencesProvider } from '../lib/preferences-provider.tsx';
import { storedRecents } from '../lib/recents.ts';
import { Phone } from '../screens/phone.tsx';
import '../styles/index.css';
import '../styles/phone-index.css';

const client = new FakeClient();
const swing = (call: { levels: { local: number; remote: number } }) => {
  call.levels = { local: 0.04 + Math.random() * 0.25, remote: 0.02 + Math.random() * 0.5 };
};
client.onNewCall = (call) => {
  call.to('requesting').to('trying');
  setTimeout(() => call.ring(), 400);
  setTimeout(() => call.to('active'), 1500);
  setInterval(() => swing(call), 120);
};

const minute = 60_000;
storedRecents('1001').write([
  {
    id: 'a',
    number: '1002',
    name: '',
    direction: 'outbound',
    at: Date.now() - 9 * minute,
    durationMs: 194_000,
    outcome: 'answered',
    ending: 'ended',
  },
  {
    id: 'b',
    number: '+15551234567',
    name: 'Ada Lovelace',
    direction: 'inbound',
    at: Date.now() - 47 * minute,
    durationMs: 0,
    outcome: 'missed',
    ending: 'missed',
  },
  {
    id: 'c',
    number: 'echo',
    name: '',
    direction: 'outbound',
    at: Date.now() - 26 * 60 * minute,
    durationMs: 31_000,
    outcome: 'answered',
    ending: 'ended',
  },
  {
    id: 'd',
    number: '2044',
    name: '',
    direction: 'outbound',
    at: Date.now() - 50 * 60 * minute,
    durationMs: 0,
    outcome: 'failed',
    ending: 'noSuchNumber',
  },
]);

/** A call that has been up for a while. */
function talk(number: string, name: string, seconds: number) {
  const real = Date.now;
  Date.now = () => real() - seconds * 1000;
  const call = client.addCall({ id: `call-${number}`, direction: 'inbound', number, name });
  call.to('ringing').to('active');
  Date.now = real;
  swing(call);
  setInterval(() => swing(call), 120);
  return call;
}

const scenes: Record<string, () => void> = {
  quiet: () => undefined,
  incoming: () => void client.receiveCall('1002', 'Grace Hopper'),
  calling: () =>
    void client.addCall({ id: 'x', direction: 'outbound', number: '1002' }).to('trying').ring(),
  active: () => void talk('1002', 'Grace Hopper', 83),
  keypad: () => void talk('1002', 'Grace Hopper', 83),
  'two-calls': () => {
    talk('+15551234567', 'Ada Lovelace', 395).to('held');
    talk('1002', 'Grace Hopper', 83);
  },
  'second-incoming': () => {
    talk('1002', 'Grace Hopper', 83).muteAudio();
    client.receiveCall('+4930123456');
  },
  'long-names': () => {
    talk('+15551234567890', 'Wolfeschlegelsteinhausenbergerdorff', 395).to('held');
    talk('1002', 'مكتب الاستقبال والاستعلامات الرئيسي في المبنى', 83);
  },
  'long-incoming': () => {
    talk('1002', 'Dr. Maria-Magdalena von und zu Hohenstein-Oettingen 🎉🎈', 83);
    client.receiveCall(
      '+4930123456789012',
      'Wolfeschlegelsteinhausenbergerdorff the Second of His Name',
    );
  },
  busy: () =>
    void client
      .addCall({ id: 'x', direction: 'outbound', number: '1002' })
      .to('trying')
      .end('USER_BUSY', 17),
  trouble: () => {
    client.fail(42001);
    talk('1002', '', 12);
    client.loseSocket();
  },
};

const params = new URLSearchParams(location.search);
applyTheme('system');
const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <TelnyxRTCProvider client={client.asClient}>
      <PreferencesProvider>
        <Announcer>
          <Phone identity="1001" onSignOut={() => location.reload()} />
        </Announcer>
      </PreferencesProvider>
    </TelnyxRTCProvider>,
  );
}
setTimeout(() => {
  client.ready();
  scenes[params.get('scene') ?? 'quiet']?.();
}, 100);
