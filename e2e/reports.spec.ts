import { Gateway } from './lib/gateway.ts';
import type { Party } from './lib/party.ts';
import type { Sdk } from './lib/site.ts';
import { expect, test } from './lib/test.ts';

/** What both SDKs upload after a call through a real gateway, as its operator sees it with `offhook reports`. */
let gateway: Gateway;
let passwords: Map<string, string>;

test.beforeAll(async ({ site }) => {
  const { origin } = new URL(site.url('offhook'));
  gateway = await Gateway.start({ demoUsers: 0, settings: { ORIGINS: origin } });
  passwords = new Map();
  for (const user of ['1001', '1002']) {
    passwords.set(user, await gateway.addUser(user));
  }
});
test.afterAll(async () => {
  expect(gateway.errors).toEqual([]);
  expect(await gateway.stop()).toBe('0');
});

interface Listed {
  readonly id: string;
  readonly caller: string;
  readonly callee: string | null;
  readonly cause: string;
  readonly mos: number | null;
  readonly lossPercent: number | null;
  readonly rttMs: number | null;
  readonly talkedMs: number | null;
  readonly reports: number;
  readonly browsers: readonly string[];
}

interface Shown {
  readonly call: Listed;
  readonly events: readonly { readonly t: number; readonly type: string; readonly name?: string }[];
  readonly legs: readonly {
    readonly role: string;
    readonly sdk: string | null;
    readonly mos: number | null;
    readonly media: { readonly packetsReceived: number; readonly packetsSent: number } | null;
    readonly reports: readonly { readonly summary: object; readonly stats: readonly object[] }[];
  }[];
}

type Open = (user: string, sdk: Sdk) => Promise<Party>;

const pairs: readonly (readonly [Sdk, Sdk])[] = [
  ['reference', 'offhook'],
  ['offhook', 'reference'],
];

for (const [from, to] of pairs) {
  test(`${from} calls ${to}: the operator sees both reports and the gateway's own view`, async ({
    party,
  }) => {
    const open: Open = (user, sdk) => {
      const login = { login: user, password: passwords.get(user), enableCallReports: true };
      return party(user, { sdk, gateway, options: login });
    };
    const ann = await open('1001', from);
    const bob = await open('1002', to);
    const before = await gateway.metric('offhook_report_uploads_total');
    const outbound = await ann.dial('1002');
    const inbound = await bob.incoming();
    await inbound.answer();
    await Promise.all([outbound.reaches('active'), inbound.reaches('active')]);
    await Promise.all([ann.hears(bob), bob.hears(ann)]);
    // Long enough for an interval of either SDK: the reference's first is a second long, ours five.
    await ann.page.waitForTimeout(6000);
    await outbound.hangup();
    await Promise.all([outbound.ended(), inbound.ended()]);
    await expect.poll(() => gateway.metric('offhook_report_uploads_total')).toBe(before + 2);

    const list = await gateway.offhook(
      'reports',
      'list',
      '--json',
      '--user',
      '1001',
      '--limit',
      '1',
    );
    const [listed] = (JSON.parse(list) as { calls: Listed[] }).calls;
    expect(listed).toMatchObject({
      caller: '1001',
      callee: '1002',
      cause: 'NORMAL_CLEARING',
      reports: 2,
    });
    expect(listed?.mos).toBeGreaterThan(4);
    expect(listed?.lossPercent).toBeLessThan(1);
    expect(listed?.rttMs).toBeGreaterThan(0);
    expect(listed?.talkedMs).toBeGreaterThan(6000);
    expect(listed?.browsers.join()).toMatch(/^Chrome \d+$/);

    const shown = await gateway.offhook('reports', 'show', outbound.id, '--json');
    const { call, legs, events } = JSON.parse(shown) as Shown;
    expect(call.id).toBe(listed?.id);
    expect(legs.map(({ role, sdk }) => [role, sdk])).toEqual([
      ['caller', packageOf(from)],
      ['callee', packageOf(to)],
    ]);
    for (const leg of legs) {
      expect(leg.mos, `MOS of the ${leg.role}`).toBeGreaterThan(4);
      expect(leg.reports).toHaveLength(1);
      expect(leg.reports[0]?.stats.length).toBeGreaterThan(0);
      // 50 packets a second each way, for six seconds and more.
      expect(leg.media?.packetsReceived).toBeGreaterThan(300);
      expect(leg.media?.packetsSent).toBeGreaterThan(300);
    }
    const told = events.filter(({ type }) => type === 'told').map(({ name }) => name);
    expect(told).toEqual(expect.arrayContaining(['invite', 'ringing', 'answer', 'bye']));
    for (const password of passwords.values()) {
      expect(shown).not.toContain(password);
    }
  });
}

const packageOf = (sdk: Sdk): string =>
  sdk === 'reference' ? '@telnyx/webrtc' : '@offhook/client';
