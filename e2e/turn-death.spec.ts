import { Coturn } from './lib/coturn.ts';
import type { Party } from './lib/party.ts';
import { expect, test } from './lib/test.ts';

/** The TURN server through which media goes. */
const relayOf = (party: Party): Promise<string | undefined> =>
  party.page.evaluate(async () => {
    const peer = window.ear.peers.at(-1);
    const stats = [...((await peer?.getStats()) ?? new Map<string, never>()).values()] as Record<
      string,
      unknown
    >[];
    const transport = stats.find(({ type }) => type === 'transport');
    const pair = stats.find(({ id }) => id === transport?.['selectedCandidatePairId']);
    const local = stats.find(({ id }) => id === pair?.['localCandidateId']);
    return local?.['candidateType'] === 'relay' ? (local['url'] as string) : undefined;
  });

test('the TURN server of a call dies: the same call goes on through the other one', async ({
  party,
}) => {
  test.setTimeout(120_000);
  const servers = [await Coturn.start(), await Coturn.start()];
  try {
    const iceServers = servers.map(({ server }) => server);
    const ann = await party('1001', { options: { iceServers, forceRelayCandidate: true } });
    const bob = await party('1002');
    const out = await ann.dial('1002');
    const inbound = await bob.incoming();
    await inbound.answer();
    await Promise.all([out.reaches('active'), inbound.reaches('active')]);
    await Promise.all([ann.hears(bob), bob.hears(ann)]);

    const url = await relayOf(ann);
    const dying = servers.find(({ port }) => url?.includes(String(port)));
    const other = servers.find((each) => each !== dying);
    if (!dying || !other) {
      throw new Error(`The call goes through ${String(url)}.`);
    }
    await dying.kill();

    await expect.poll(() => relayOf(ann), { timeout: 40_000 }).toContain(`:${String(other.port)}`);
    await Promise.all([ann.hears(bob), bob.hears(ann)]);
    // Nothing of it was another call.
    for (const view of [out, inbound]) {
      const { states } = await view.record();
      expect(states).not.toContain('destroy');
    }
    await out.hangup();
    await inbound.ended();
  } finally {
    await Promise.all(servers.map((each) => each.stop()));
  }
});
