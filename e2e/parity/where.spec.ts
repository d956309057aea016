import { EdgeProcess } from '../lib/edge.ts';
import { Gateway } from '../lib/gateway.ts';
import type { Party } from '../lib/party.ts';
import { expect, test as base } from '../lib/test.ts';

/** Where a client connects: region, canary, address. Three real gateways behind a real edge. */

const SECRET = 'a secret that the edge shares with its gateways';

interface Three {
  readonly edge: EdgeProcess;
  readonly gateways: Readonly<Record<'main' | 'eu' | 'canary', Gateway>>;
}

const test = base.extend<object, { three: Three }>({
  three: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the pattern
    async ({}, use) => {
      const start = (name: string): Promise<Gateway> =>
        Gateway.start({
          demoUsers: 2,
          settings: {
            REGION: name,
            EDGE_NODE: name,
            EDGE_SECRET: SECRET,
            TRUST_PROXY: 'loopback',
          },
        });
      const [main, eu, canary] = await Promise.all(['main', 'eu', 'canary'].map(start));
      if (!main || !eu || !canary) {
        throw new Error('Three gateways are needed.');
      }
      const edge = await EdgeProcess.start({
        secret: SECRET,
        upstreams: { main: { url: main.url }, eu: { url: eu.url }, canary: { url: canary.url } },
        pools: { default: ['main'], canary: ['canary'], regions: { eu: ['eu'] } },
        rtc: { [`127.0.0.1:${String(eu.port)}`]: 'eu' },
      });
      await use({ edge, gateways: { main, eu, canary } });
      await Promise.all([edge.stop(), main.stop(), eu.stop(), canary.stop()]);
    },
    { scope: 'worker' },
  ],
});

const regionOf = (party: Party): Promise<string> =>
  party.page.evaluate(() => (window.driver.client as unknown as { region: string }).region);

for (const [name, options, wanted] of [
  ['neither', {}, 'main'],
  ['region', { region: 'eu' }, 'eu'],
  [
    'a region that is not configured: the default pool, and the client is told',
    { region: 'mars' },
    'main',
  ],
  ['useCanaryRtcServer', { useCanaryRtcServer: true }, 'canary'],
] as const) {
  test(`region and useCanaryRtcServer travel to the edge, the host untouched: ${name}`, async ({
    party,
    three,
  }) => {
    const ann = await party('1001', { options: false });
    const sockets: string[] = [];
    ann.page.on('websocket', (socket) => sockets.push(socket.url()));
    const login_token = await three.gateways[wanted].token('1001');
    await ann.signIn({ host: three.edge.host, login_token, ...options });
    expect(await regionOf(ann)).toBe(wanted);
    expect(new URL(sockets[0] ?? '').host).toBe(`127.0.0.1:${String(three.edge.port)}`);
  });
}

test('a client that comes back goes to the gateway that holds its session, whatever its region says', async ({
  party,
  three,
}) => {
  const ann = await party('1001', { options: false });
  await ann.signIn({
    host: three.edge.host,
    region: 'eu',
    login_token: await three.gateways.eu.token('1001'),
  });
  const call = await ann.dial('echo');
  await call.reaches('active');
  await ann.page.evaluate(() => {
    const client = window.driver.client as unknown as {
      options: { region: string };
      socketDisconnect(): void;
    };
    client.options.region = 'mars';
    client.socketDisconnect();
  });
  await expect.poll(() => ann.frames.sent('login').length).toBe(2);
  await ann.hears(ann);
  expect((await call.record()).state).toBe('active');
  expect(await regionOf(ann)).toBe('eu');
});

test.describe('rtcIp and rtcPort', () => {
  test('alone: the client connects there, and nowhere else', async ({ party, three }) => {
    const { eu } = three.gateways;
    const ann = await party('1001', { options: false });
    const login_token = await eu.token('1001');
    await ann.signIn({ host: undefined, rtcIp: '127.0.0.1', rtcPort: eu.port, login_token });
    expect(await regionOf(ann)).toBe('eu');
  });

  test('with host: the edge sends the client to that gateway, if it is on its list', async ({
    party,
    three,
  }) => {
    const { eu, main } = three.gateways;
    const ann = await party('1001', { options: false });
    const login_token = await eu.token('1001');
    const host = three.edge.host;
    await ann.signIn({ host, rtcIp: '127.0.0.1', rtcPort: eu.port, login_token });
    expect(await regionOf(ann)).toBe('eu');
    const bob = await party('1002', { options: false });
    const refused = bob.signIn({ host, rtcIp: '127.0.0.1', rtcPort: main.port, login_token });
    await expect(refused).rejects.toThrow(/45002/);
  });
});

test('a gateway that goes down is passed over', async ({ party, three }) => {
  const extra = await Gateway.start({
    demoUsers: 2,
    settings: { REGION: 'extra', EDGE_NODE: 'extra', EDGE_SECRET: SECRET, TRUST_PROXY: 'loopback' },
  });
  const { main } = three.gateways;
  const edge = await EdgeProcess.start({
    secret: SECRET,
    upstreams: { extra: { url: extra.url }, main: { url: main.url } },
    pools: { default: ['main'], regions: { extra: ['extra'] } },
  });
  try {
    await extra.stop();
    const ann = await party('1001', { options: false });
    const login_token = await main.token('1001');
    await ann.signIn({ host: edge.host, region: 'extra', login_token });
    expect(await regionOf(ann)).toBe('main');
  } finally {
    await edge.stop();
  }
});

/** Section 24 of the API study; its two rtcIp rows are superseded. No packet leaves: the page's sockets are intercepted. */
const VECTORS: readonly (readonly [string, object, string])[] = [
  ['nothing', {}, 'wss://rtc.telnyx.com/'],
  ['env production', { env: 'production' }, 'wss://rtc.telnyx.com/'],
  ['env development', { env: 'development' }, 'wss://rtcdev.telnyx.com/'],
  ['region', { region: 'eu' }, 'wss://eu.rtc.telnyx.com/'],
  ['both', { env: 'development', region: 'apac' }, 'wss://apac.rtcdev.telnyx.com/'],
  ['canary', { useCanaryRtcServer: true }, 'wss://rtc.telnyx.com/?canary=true'],
  ['a host of one’s own', { host: 'my.host:1234' }, 'wss://my.host:1234/'],
  ['rtcIp', { rtcIp: '192.0.2.4' }, 'wss://192.0.2.4/'],
  ['rtcIp and rtcPort', { rtcIp: '192.0.2.4', rtcPort: 99 }, 'wss://192.0.2.4:99/'],
  ['rtcIp over IPv6', { rtcIp: '2001:db8::7', rtcPort: 99 }, 'wss://[2001:db8::7]:99/'],
  ['rtcPort alone', { rtcPort: 8443 }, 'wss://rtc.telnyx.com:8443/'],
];

test('env, region and canary without host: the client connects to the documented addresses', async ({
  party,
}) => {
  const ann = await party('1001', { options: false });
  const opened: string[] = [];
  await ann.page.routeWebSocket(/.*/, (socket) => {
    opened.push(socket.url());
  });
  for (const [, options] of VECTORS) {
    await ann.page.evaluate(async (given) => {
      window.driver.create({ login_token: 'a.b.c', ...given });
      await window.driver.client.connect();
      await window.driver.client.disconnect();
    }, options);
  }
  await expect.poll(() => opened.length).toBe(VECTORS.length);
  expect(opened).toEqual(VECTORS.map(([, , url]) => url));
});
