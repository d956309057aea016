/**
 * The telephone network of `npm run demo -- --sip`, until SIGTERM. Says where it is by one line of JSON, and takes lines such as
 * `dial 1001` for its phone.
 *
 *   node e2e/sip/network.ts <port of the registrar>
 *
 * Its phone says what it hears.
 */
import { createInterface } from 'node:readline';
import { Kamailio } from '../lib/kamailio.ts';
import { PhoneNetwork } from '../lib/phone-network.ts';

/** What a person is told of the phone's calls. */
const WORDS: Readonly<Record<string, string>> = {
  CALL_INCOMING: 'is called by',
  CALL_ESTABLISHED: 'talks to',
  CALL_DTMF_START: 'gets the digit',
  CALL_CLOSED: 'is free again.',
};

const [port] = process.argv.slice(2);
const stopped = new Promise((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, resolve);
  }
});
const network = await PhoneNetwork.start({ voice: 'echo', port: Number(port) });
console.log(
  JSON.stringify({
    setting: network.setting,
    registrar: `127.0.0.1:${String(network.kamailio.port)}`,
    domain: Kamailio.domain,
    page: { user: PhoneNetwork.page, password: network.pagePassword },
  }),
);
network.phone.onEvent = ({ type, param }) => {
  const words = WORDS[type];
  if (words !== undefined) {
    console.log(`  phone ${network.phone.options.user}: ${words} ${param}`);
  }
};
createInterface({ input: process.stdin }).on('line', (line) => void take(line.trim()));
await stopped;
await network.stop();
process.exit();

async function take(line: string): Promise<void> {
  const [command = '', number] = line.split(/\s+/);
  try {
    if (command === 'dial' && number !== undefined) {
      await network.phone.dial(number);
    } else if (/^(hangup|hold|resume)$/.test(command)) {
      await network.phone.command(command);
    } else if (command === 'press' && number !== undefined) {
      await network.phone.press(number);
    } else if (command !== '') {
      console.log('  The phone knows: dial <number>, press <digits>, hold, resume, hangup');
    }
  } catch (error) {
    console.log(`  ${error instanceof Error ? error.message : String(error)}`);
  }
}
