import { bundle } from './lib/bundle.ts';
import { expect, test } from './lib/test.ts';

/** Applications keep client and call in their framework's state, which gives them proxies of both. */

for (const framework of [
  'Vue ref',
  'Vue reactive',
  'Pinia',
  'MobX observable',
  'MobX class',
  'Alpine',
]) {
  test(`a client and a call held by ${framework} place, hold, mute and hang up`, async ({
    gateway,
    party,
  }) => {
    const ann = await party('1001', { options: false });
    await ann.page.addScriptTag({ content: await bundle('pages/wrapped.ts') });
    const facts = await ann.page.evaluate(
      ([name, options]) =>
        (
          window as unknown as {
            wrapped: (framework: string, options: object) => Promise<Record<string, unknown>>;
          }
        ).wrapped(name, options),
      [framework, { host: gateway.host, login_token: await gateway.token('1001') }] as const,
    );
    expect(facts).toMatchObject({
      ...{ active: 'active', known: 1, byId: true, held: 'held', resumed: 'active' },
      ...{ muted: true, unmuted: false, levels: 'number', devices: true },
      ...{ cause: 'NORMAL_CLEARING', heard: ['NORMAL_CLEARING'], left: 0, session: 'closed' },
    });
    expect(facts['states']).toEqual(
      expect.arrayContaining(['new', 'trying', 'active', 'held', 'hangup', 'destroy']),
    );
    expect(ann.frames.sent('telnyx_rtc.bye')).toHaveLength(1);
  });
}
