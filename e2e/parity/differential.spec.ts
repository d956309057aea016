import { expect, test } from '../lib/test.ts';
import type { OpenParty } from '../lib/test.ts';
import type { Gateway } from '../lib/gateway.ts';
import type { Sdk } from '../lib/site.ts';
import { explain } from './deliberate.ts';
import { scenarios } from './scenarios.ts';
import type { Scenario } from './scenarios.ts';
import { differences, trace } from './trace.ts';
import type { Trace } from './trace.ts';

/**
 * The same script, once with the reference SDK and once with ours, against the same gateway. Whatever an application or a gateway
 * could tell apart must be on the list of deliberate improvements (deliberate.ts).
 */
for (const scenario of scenarios) {
  test(`differs only where it should: ${scenario.name}`, async ({ party, gateway }) => {
    const reference = await play(scenario, 'reference', party, gateway);
    const ours = await play(scenario, 'offhook', party, gateway);
    const unexplained = differences(reference, ours).filter(
      (line) => explain(scenario.name, line) === undefined,
    );
    expect(unexplained, 'differences that no improvement explains').toEqual([]);
  });
}

const BASE = {
  iceServers: [],
  enableCallReports: false,
  prefetchIceCandidates: false,
  trickleIce: false,
};

async function play(
  scenario: Scenario,
  sdk: Sdk,
  party: OpenParty,
  gateway: Gateway,
): Promise<Trace> {
  const subject = await party('1001', { sdk, options: false });
  const far = await party('1002');
  const observed: string[] = [];
  await scenario.run({
    gateway,
    subject,
    far,
    base: BASE,
    observe: (line) => observed.push(line),
  });
  const log = await subject.log();
  await subject.signOut();
  await far.signOut();
  return trace(log, subject.frames.all, observed);
}
