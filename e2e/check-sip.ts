/**
 * `npm run demo -- --sip --check`: a web phone and a real phone behind a registrar, step by step, judged by what either hears.
 *
 *   node e2e/check-sip.ts <path of Chromium>
 *
 * Says the gateway's setting `sip` by one line of JSON, and is told by one line where the gateway is.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { person, report } from './check/person.ts';
import { SdkPage } from './check/sdk-page.ts';
import { sipSteps } from './check/sip.ts';
import { runSteps } from './check/steps.ts';
import { PHONE_HZ } from './lib/phone-ear.ts';
import { PhoneNetwork } from './lib/phone-network.ts';

const [chromium] = process.argv.slice(2);
if (chromium === undefined) {
  console.error('Usage: node e2e/check-sip.ts <path of Chromium>');
  process.exit(2);
}
const network = await PhoneNetwork.start({ voice: PHONE_HZ });
try {
  console.log(JSON.stringify({ setting: network.setting }));
  const [address] = (await once(createInterface({ input: process.stdin }), 'line')) as [string];
  const start = performance.now();
  const ann = await person('1001', 440, chromium);
  const sdk = new SdkPage(address, chromium);
  const ends = { person: ann, network, address, page: () => sdk.party() };
  const held = await runSteps(sipSteps, ends, async () => {
    await report([ann]);
    for (const { options, log } of [network.phone, network.quiet]) {
      console.error(`\n${options.user}:\n${log.slice(-20).join('\n')}`);
    }
    console.error(`\nKamailio:\n${network.kamailio.log.slice(-20).join('\n')}`);
  });
  await ann.browser.close();
  await sdk.close();
  const took = `${((performance.now() - start) / 1000).toFixed(1)} s`;
  console.log(
    held
      ? `All ${String(sipSteps.length)} steps held, in ${took}.`
      : `The check failed after ${took}.`,
  );
  process.exitCode = held ? 0 : 1;
} finally {
  await network.stop();
}
process.exit();
