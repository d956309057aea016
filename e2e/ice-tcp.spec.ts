import { expect, test as base } from '@playwright/test';
import { makeCertificate } from './lib/certificate.ts';
import { freePort } from './lib/ports.ts';
import type { Gateway } from './lib/gateway.ts';
import { FirefoxPage } from './survival/firefox.ts';
import { Seat } from './survival/seat.ts';
import { connect } from './survival/talk.ts';
import { FAR, NEAR, OURS, World } from './survival/world.ts';

/** A gateway as it is on the Internet, and callers whose network lets no UDP out. */
interface Office {
  readonly world: World;
  readonly gateway: Gateway;
  readonly host: string;
}

const test = base.extend<object, { office: Office }>({
  office: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the pattern
    async ({}, use) => {
      const world = await World.start();
      const { server } = world.network;
      const [udp, port] = [String(await freePort()), await freePort()];
      const settings = {
        HOST: '0.0.0.0',
        MEDIA_BIND: server,
        MEDIA_PUBLIC_ADDRESS: server,
        MEDIA_PORT_MIN: udp,
        MEDIA_PORT_MAX: udp,
      };
      const gateway = await world.startGateway(settings, port);
      await use({ world, gateway, host: `ws://${server}:${String(port)}` });
      await gateway.stop();
      await world.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
});

test.describe.configure({ timeout: 120_000 });

test.beforeEach(({ office: { world } }) => {
  // Only where network namespaces cannot be made.
  test.skip(!world.network.namespace, `no namespace: ${world.limited ?? ''}`);
});

test.afterEach(async ({ office: { world, gateway } }) => {
  await world.tidy();
  expect(gateway.errors).toEqual([]);
});

/** Both hear each other's tone; nothing of it can have come by UDP. */
async function talkWithoutUdp(
  world: World,
  near: Seat,
  far: Seat,
  gateway: Gateway,
): Promise<void> {
  world.network.dropUdp(true);
  try {
    await connect(near, far);
    expect(await near.hears(far.hz)).toBeUndefined();
    // Not a moment only.
    await far.watch(near.hz);
    await far.until(`Date.now() > ${String(Date.now() + 3_000)}`);
    const { gaps, toneNow, received } = await far.watched();
    expect({ toneNow, gaps: gaps.filter(({ from, to }) => to - from > 200) }).toEqual({
      toneNow: true,
      gaps: [],
    });
    expect(received).toBeGreaterThan(100);
    expect(world.network.droppedUdp()).toBeGreaterThan(0);
    expect(await gateway.metric('offhook_media_tcp_connections')).toBeGreaterThan(0);
  } finally {
    world.network.dropUdp(false);
  }
}

test('Chromium in a network that lets no UDP out has audio by the gateway’s own port', async ({
  office,
}) => {
  const { world, host, gateway } = office;
  const [near, far] = [
    await world.seat(NEAR, true, { host }),
    await world.seat(FAR, false, { host }),
  ];
  await talkWithoutUdp(world, near, far, gateway);
});

test('Firefox in a network that lets no UDP out has audio by the gateway’s own port', async ({
  office,
}) => {
  const { world, host, gateway } = office;
  const far = await world.seat(FAR, false, { host });
  const page = await FirefoxPage.open(world.network, NEAR.hz);
  const near = new Seat(NEAR.user, NEAR.hz, page, () => host);
  world.adopt(near, () => page.close());
  await page.goto(world.site.url('offhook'));
  await near.signIn({ ...OURS, login_token: world.issuer.token(NEAR.user) });
  await talkWithoutUdp(world, near, far, gateway);
});

test('a call goes on over TCP when the network stops letting UDP out', async ({ office }) => {
  const { world, host, gateway } = office;
  const near = await world.seat(NEAR, true, { host });
  const far = await world.seat(FAR, false, { host });
  await connect(near, far);
  world.network.dropUdp(true);
  try {
    // Longer than anything that was on its way.
    await far.watch(near.hz);
    const { toneNow } = await far.hearsSteadily(3_000, 20_000);
    expect(toneNow).toBe(true);
    expect(await near.hears(far.hz)).toBeUndefined();
    expect(world.network.droppedUdp()).toBeGreaterThan(0);
    expect(await gateway.metric('offhook_media_tcp_connections')).toBeGreaterThan(0);
  } finally {
    world.network.dropUdp(false);
  }
});

test('the same beside TLS: Chromium has wss and audio by one port', async ({
  office: { world },
}) => {
  const { server } = world.network;
  const files = makeCertificate('phone.example');
  const [udp, port] = [String(await freePort()), await freePort()];
  const settings = {
    HOST: '0.0.0.0',
    TLS_CERT: files.cert,
    TLS_KEY: files.key,
    MEDIA_BIND: server,
    MEDIA_PUBLIC_ADDRESS: server,
    MEDIA_PORT_MIN: udp,
    MEDIA_PORT_MAX: udp,
  };
  const gateway = await world.startGateway(settings, port);
  try {
    const host = `wss://${server}:${String(port)}`;
    const near = await world.seat(NEAR, true, { host });
    const far = await world.seat(FAR, false, { host });
    await talkWithoutUdp(world, near, far, gateway);
  } finally {
    await world.tidy();
    await gateway.stop();
    files.remove();
  }
});
