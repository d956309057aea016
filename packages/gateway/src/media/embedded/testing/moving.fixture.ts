/**
 * A program: a media plane on a machine whose addresses change. It is run in a network namespace of its own, where it makes the addresses
 * and takes them away; prints the addresses that descriptions name after each change, one line each, and what of a call that stands was heard.
 */
import { execFileSync } from 'node:child_process';
import { Party } from '../../testing/party.ts';
import { EmbeddedMediaPlane } from '../plane.ts';

const ip = (...args: readonly string[]): void => {
  execFileSync('ip', args);
};

const say = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

ip('link', 'set', 'lo', 'up');
ip('link', 'add', 'wan', 'type', 'veth', 'peer', 'name', 'far');
for (const each of ['wan', 'far']) {
  ip('link', 'set', each, 'up');
}
ip('address', 'add', '198.18.0.1/24', 'dev', 'wan');

const plane = new EmbeddedMediaPlane({ workers: 2 });
await plane.start();
let calls = 0;

/** The addresses in the description of a new call. */
async function named(): Promise<readonly string[]> {
  const party = await Party.create();
  const call = `call ${String((calls += 1))}`;
  const { sdp } = await plane.offer({ call, leg: call, sdp: await party.offer() });
  await plane.delete({ call, leg: call });
  await party.close();
  return [...sdp.matchAll(/^a=candidate:\S+ \d+ udp \d+ (\S+) /gim)]
    .map(([, each = '']) => each)
    .sort();
}

async function tell(
  what: string,
  expected: (addresses: readonly string[]) => boolean,
): Promise<void> {
  const until = Date.now() + 30_000;
  let addresses = await named();
  while (!expected(addresses) && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    addresses = await named();
  }
  say({ what, addresses });
}

await tell('at the start', (addresses) => addresses.length > 0);

const talker = await Party.create();
const { sdp } = await plane.offer({ call: 'c', leg: 'a', sdp: await talker.offer() });
await talker.accept(sdp);
await plane.play({ call: 'c', leg: 'a', source: { kind: 'tone' } });
await talker.listen(3, 20_000);

ip('address', 'add', '198.18.1.1/24', 'dev', 'wan');
ip('address', 'add', '2001:2::1/64', 'dev', 'wan', 'nodad');
await tell('two came', (addresses) => addresses.length === 3);
ip('address', 'del', '198.18.1.1/24', 'dev', 'wan');
await tell('one went', (addresses) => !addresses.includes('198.18.1.1'));
// The call knows nothing of it.
await talker.listen(25, 20_000);
say({ what: 'the call goes on' });
await talker.close();
await plane.close();
