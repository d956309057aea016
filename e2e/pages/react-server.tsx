/** Renders a phone on a server, and prints what React says of it. */
import {
  Audio,
  TelnyxRTCProvider,
  useAssistant,
  useCallbacks,
  useCalls,
  useConnectionState,
  useDevices,
} from '@offhook/react';
import { version } from 'react';
import { renderToString } from 'react-dom/server';

/* eslint-disable no-console -- what React writes there is what this script is about, and it prints it */
const warnings: string[] = [];
console.error = (...args: unknown[]) => warnings.push(args.map(String).join(' '));
console.warn = console.error;

function Phone() {
  useCallbacks({ onReady: () => undefined });
  useDevices();
  return (
    <p>
      {useConnectionState()} {useCalls().length}
      <Audio stream={null} />
    </p>
  );
}

function Visitor() {
  return <p>{useAssistant({ host: 'wss://gw.example.com', targetId: 'desk' }).status}</p>;
}

const html = renderToString(
  <>
    <TelnyxRTCProvider
      credential={{ login: 'ann', password: 'secret' }}
      options={{ host: 'wss://gw.example.com' }}
    >
      <Phone />
    </TelnyxRTCProvider>
    <Visitor />
  </>,
);
console.log(JSON.stringify({ version: version.split('.')[0], warnings, html }));
