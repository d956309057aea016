import { describe, expect, it, vi } from 'vitest';
import { TelnyxRTC } from './client.ts';
import type { TokenSource } from './options.ts';
import { settle } from './testing/fake-clock.ts';
import { FakeGateway } from './testing/fake-gateway.ts';
import { fakeSdp } from './testing/fake-peer-connection.ts';
import { FakePlatform } from './testing/fake-platform.ts';
import { FakeWebRtc } from './testing/fake-webrtc.ts';

const OURS = { v: 1, trickle: true, reattach: true, replace: true, ping: true, ai: false };
const NOTHING = { timers: 0, sockets: 0, listeners: 0 };
const PASSWORD = { host: 'ws://gw.test:8080', login: '1001', password: 'p', iceServers: [] };

function make({
  platform: parts = {},
  ...options
}: { readonly platform?: object; readonly [option: string]: unknown } = {}) {
  const webrtc = new FakeWebRtc();
  const { RTCPeerConnection, MediaStream, mediaDevices } = webrtc;
  const platform = new FakePlatform({ webrtc: { RTCPeerConnection, MediaStream, mediaDevices } });
  Object.assign(platform, parts);
  Object.assign(platform.fakeDocument, {
    createElement: () => webrtc.document.createElement('audio'),
    body: webrtc.document.body,
  });
  const gateway = new FakeGateway(platform);
  const all = { ...PASSWORD, enableCallReports: false, ...options };
  const client = new TelnyxRTC(all, platform);
  const codes: number[] = [];
  const messages: string[] = [];
  client.on('telnyx.error', ({ error }) => {
    codes.push(error.code);
    messages.push(`${error.message} ${String(error.originalError)}`);
  });
  client.on('telnyx.warning', ({ warning }) => codes.push(warning.code));
  return { webrtc, platform, gateway, client, codes, messages, clock: platform.clock };
}

/** An answered call. */
async function talk(options: Parameters<typeof make>[0] = {}) {
  const bench = make(options);
  const { client, gateway, platform, clock, webrtc } = bench;
  gateway.loginExtras = { offhook: OURS };
  await client.connect({});
  const call = client.newCall({ destinationNumber: '1002' });
  await vi.dynamicImportSettled();
  await clock.advance(0);
  gateway.send(platform.socket, 'answer', { callID: call.id, sdp: fakeSdp() });
  await settle();
  webrtc.peer.connection('connected');
  await settle();
  expect(call.state).toBe('active');
  gateway.reattached = [call.id];
  await vi.dynamicImportSettled();
  return { ...bench, call };
}

describe('connect() and disconnect(): the last call wins', () => {
  const orders = [
    ['connect', 'disconnect', 'connect', 'disconnect'],
    ['connect', 'disconnect', 'connect', 'disconnect', 'connect'],
    ['disconnect', 'connect', 'disconnect'],
    ['connect', 'connect', 'disconnect', 'disconnect', 'connect'],
  ] as const;

  for (const order of orders) {
    for (const pause of ['none', 'a tick', 'a frame'] as const) {
      it(`${order.join(', ')}, with ${pause} between them`, async () => {
        const { client, platform, clock } = make();
        for (const method of order) {
          void client[method]();
          if (pause === 'a tick') {
            await Promise.resolve();
          }
          if (pause === 'a frame') {
            await settle();
          }
        }
        await clock.advance(12_000);
        const last = order.at(-1) === 'connect';
        expect([client.sessionState, client.connected]).toEqual(
          last
            ? ['ready', true]
            : [order[0] === 'disconnect' ? client.sessionState : 'closed', false],
        );
        if (last) {
          await client.disconnect();
        }
        await clock.advance(0);
        expect(platform.running()).toEqual(NOTHING);
      });
    }
  }

  it('connect({}) that a disconnect() overtook rejects, and does not wait for ever', async () => {
    const { client, clock } = make();
    await client.connect({});
    void client.disconnect();
    const second = expect(client.connect({})).rejects.toMatchObject({ code: 'closed' });
    void client.disconnect();
    await clock.advance(12_000);
    await second;
  });

  it('connect() while the gateway’s good-bye is still closing the socket connects when it is closed', async () => {
    const { client, gateway, platform, clock } = make();
    await client.connect({});
    platform.socket.answersClose = false;
    gateway.send(platform.socket, 'punt', {});
    await settle();
    expect(client.sessionState).toBe('closing');
    let ready = false;
    void client.connect({}).then(() => (ready = true));
    await clock.advance(6_000);
    expect([client.sessionState, ready, platform.sockets.length]).toEqual(['ready', true, 2]);
    await client.disconnect();
    platform.sockets[0]?.lose();
    expect(platform.running()).toEqual(NOTHING);
  });

  it('connect() at once followed by disconnect() tells and prints nothing', async () => {
    const { client, platform, codes, clock } = make();
    // As a browser does: a socket that is closed before it is open reports an error.
    const { onSocket } = platform;
    platform.onSocket = (socket) => {
      onSocket?.(socket);
      const { close } = socket;
      socket.close = () => {
        if (socket.readyState === 0) {
          socket.onerror?.(new Event('error'));
        }
        close.call(socket);
      };
    };
    const connecting = client.connect();
    await client.disconnect();
    await connecting;
    await clock.advance(2_000);
    expect(codes).toEqual([]);
    expect(platform.logged.filter((line) => !line.includes('debug'))).toEqual([]);
    expect(platform.running()).toEqual(NOTHING);
  });
});

describe('disconnect()', () => {
  it('signs out first, then waits for uploads: nobody rings a user who left', async () => {
    const { client, platform, clock } = await talk();
    client.trackCallReportUpload(new Promise(() => undefined));
    let done = false;
    void client.disconnect().then(() => (done = true));
    await settle();
    expect(platform.socket.last('telnyx_rtc.bye')).toBeDefined();
    await clock.advance(1_000);
    expect([client.connected, client.sessionState, done]).toEqual([false, 'closed', false]);
    await clock.advance(10_000);
    expect(done).toBe(true);
  });

  it('waits no longer than a second for a gateway that does not confirm the ends of calls', async () => {
    const { client, gateway, clock } = await talk();
    gateway.answers['telnyx_rtc.bye'] = () => undefined;
    let done = false;
    void client.disconnect().then(() => (done = true));
    await clock.advance(1_500);
    expect([done, client.sessionState]).toEqual([true, 'closed']);
  });

  it('leaves no call behind that was placed while it was under way', async () => {
    for (const again of [false, true]) {
      const { client, gateway, platform, clock } = await talk();
      gateway.answers['telnyx_rtc.bye'] = () => undefined;
      void client.disconnect();
      await clock.advance(500);
      const late = client.newCall({ destinationNumber: '1003' });
      if (again) {
        void client.connect();
      }
      await clock.advance(2_000);
      expect([again, late.state]).toEqual([again, 'destroy']);
      expect(Object.keys(client.calls)).toEqual([]);
      if (again) {
        await client.disconnect();
      }
      await clock.advance(2_000);
      expect(platform.running()).toEqual(NOTHING);
    }
  });

  it('settles when the browser’s store never answers, before a call and after one', async () => {
    const indexedDB = { open: () => ({}) } as unknown as IDBFactory;
    for (const called of [false, true]) {
      const { client, platform, clock } = called
        ? await talk({ enableCallReports: true, platform: { indexedDB } })
        : make({ platform: { indexedDB } });
      await client.connect({});
      let done = false;
      void client.disconnect().then(() => (done = true));
      await vi.dynamicImportSettled();
      await clock.advance(13_500);
      expect([called, done]).toEqual([called, true]);
      expect(platform.running()).toEqual(NOTHING);
    }
  });

  it('and serverDisconnect() settle when the first socket was closed while a second one signs in', async () => {
    for (const method of ['serverDisconnect', 'disconnect'] as const) {
      const { client, gateway, platform, clock } = await talk();
      const [first] = platform.sockets;
      gateway.answers['login'] = () => undefined;
      if (first) {
        first.onSent = undefined;
      }
      await clock.advance(5_000);
      expect(platform.sockets).toHaveLength(2);
      first?.lose(4001);
      let done = false;
      void client[method]().then(() => (done = true));
      await clock.advance(12_000);
      expect([method, done, client.sessionState]).toEqual([method, true, 'closed']);
      expect(platform.running()).toEqual(NOTHING);
    }
  });
});

describe('the address of the gateway', () => {
  const token: TokenSource = () => Promise.resolve('opaque');

  for (const host of [
    'htp://gw.test',
    'wss://',
    'ws://exa mple',
    'wss://gw.test:port',
    'https//gw.test',
  ]) {
    for (const how of ['password', 'token function'] as const) {
      it(`${host} is refused with 45001, which names it (${how})`, async () => {
        const { client, codes, messages, platform } = make({
          host,
          ...(how === 'password' ? {} : { password: undefined, login_token: token }),
        });
        await expect(client.connect({})).rejects.toMatchObject({ code: 45001 });
        expect(codes).toEqual([45001]);
        expect(messages[0]).toContain(host);
        expect(client.sessionOutcome).toBe('no_socket');
        expect(client.connection?.host).toBe('');
        expect(platform.running()).toEqual(NOTHING);
      });
    }
  }

  it('may begin with https: or http:, and means the same server', async () => {
    for (const [host, url] of [
      ['https://gw.test/path', 'wss://gw.test/path'],
      ['http://gw.test:8080', 'ws://gw.test:8080/'],
      ['HTTPS://gw.test', 'wss://gw.test/'],
      [' wss://gw.test ', 'wss://gw.test/'],
      ['gw.test', 'wss://gw.test/'],
      ['localhost:8080', 'wss://localhost:8080/'],
    ] as const) {
      const { client, platform } = make({ host });
      await client.connect();
      expect([host, platform.socket.url]).toEqual([host, url]);
    }
  });

  it('is the first that is text: null and the like are none, and the password goes to no default service', async () => {
    for (const host of [null, undefined, '', 0, false, {}]) {
      const { client, platform } = make({ host, hosts: [null, 'ws://b.test', 7] });
      await client.connect({});
      expect(platform.sockets.map(({ url }) => url)).toEqual(['ws://b.test/']);
      await client.disconnect();
    }
  });

  it('stands in the text of a failed socket', async () => {
    const { client, gateway, platform, messages } = make();
    gateway.accepts = false;
    await client.connect();
    platform.socket.fail();
    expect(messages[0]).toContain('ws://gw.test:8080');
    await client.disconnect();
  });

  it('that is missing is warned of once, when a password or token goes to the default service', async () => {
    const { client, platform } = make({ host: undefined });
    await client.connect({});
    await client.disconnect();
    await client.connect({});
    const said = platform.logged.filter((line) => line.includes('wss://rtc.telnyx.com'));
    expect(said).toHaveLength(1);
    expect(said.join()).not.toContain(PASSWORD.password + ' ');
    const given = make();
    await given.client.connect({});
    expect(given.platform.logged.join()).not.toContain('telnyx.com');
  });
});

describe('a client whose gateway is away', () => {
  it('never gives up while it is idle, and is there within moments of the network’s return', async () => {
    for (const wake of ['online', 'pageshow', 'visible'] as const) {
      const { client, gateway, platform, clock, codes } = make();
      await client.connect({});
      platform.reachable = gateway.accepts = false;
      platform.onSocket = ((usual) => (socket) => {
        usual?.(socket);
        if (!gateway.accepts) {
          queueMicrotask(() => socket.fail());
        }
      })(platform.onSocket);
      platform.nextRandom = 0.999;
      platform.socket.lose();
      await clock.advance(8 * 3_600_000);
      expect(codes).not.toContain(45003);
      const asked = platform.fetched.length;
      await clock.advance(31_000);
      expect(platform.fetched.length).toBeGreaterThan(asked);
      platform.reachable = gateway.accepts = true;
      if (wake === 'visible') {
        platform.fakeDocument.fire('visibilitychange');
      } else {
        platform.fakeWindow.fire(wake);
      }
      await clock.advance(1_000);
      expect([wake, client.sessionState]).toEqual([wake, 'ready']);
    }
  });

  it('gives up after maxReconnectAttempts where that is given', async () => {
    const { client, platform, clock, codes } = make({ maxReconnectAttempts: 10 });
    await client.connect({});
    platform.reachable = false;
    platform.socket.lose();
    await clock.advance(600_000);
    expect([client.sessionState, client.sessionOutcome]).toEqual(['failed', 'exhausted']);
    expect(codes.at(-1)).toBe(45003);
  });

  it('is back within 2 s of a restart that took a few seconds, whatever the dice say', async () => {
    for (const seconds of [1, 3, 6, 10]) {
      const { client, gateway, platform, clock } = make();
      await client.connect({});
      platform.nextRandom = 0.999;
      platform.reachable = gateway.accepts = false;
      platform.socket.lose();
      await clock.advance(seconds * 1000);
      platform.reachable = gateway.accepts = true;
      await clock.advance(2_500);
      expect([seconds, client.sessionState]).toEqual([seconds, 'ready']);
    }
  });

  it('that says it is out of order is asked again without end, ever more seldom', async () => {
    const { client, gateway, platform, clock, codes } = make();
    await client.connect({});
    gateway.state = 'FAILED';
    gateway.send(platform.socket, 'gatewayState', { state: 'FAILED' });
    await clock.advance(3_600_000);
    expect(codes).not.toContain(45003);
    expect(codes.length).toBeLessThan(400);
    gateway.state = 'REGED';
    await clock.advance(35_000);
    expect(client.sessionState).toBe('ready');
  });

  it('that registers nobody for a while is no end either, for whoever was registered before', async () => {
    const { client, gateway, platform, clock } = make();
    await client.connect({});
    gateway.state = 'NOREG';
    platform.socket.lose();
    await clock.advance(120_000);
    gateway.state = 'REGED';
    await clock.advance(35_000);
    expect(client.sessionState).toBe('ready');
  });
});

describe('leaving the page', () => {
  it('"Leave site?" answered with Stay, and a mailto: link, leave the call alone', async () => {
    const { platform, call } = await talk();
    platform.fakeWindow.fire('beforeunload');
    await settle();
    expect(call.state).toBe('active');
    expect(platform.socket.last('telnyx_rtc.bye')).toBeUndefined();
  });

  it('hangs up when the page goes, unless calls are to outlive it', async () => {
    for (const hangupOnBeforeUnload of [undefined, true, false]) {
      const { platform, call } = await talk({ hangupOnBeforeUnload });
      platform.fakeWindow.fire('beforeunload');
      platform.fakeWindow.fire('pagehide');
      const hungUp = platform.socket.last('telnyx_rtc.bye') !== undefined;
      expect([hangupOnBeforeUnload, hungUp, call.state === 'active']).toEqual([
        hangupOnBeforeUnload,
        hangupOnBeforeUnload !== false,
        hangupOnBeforeUnload === false,
      ]);
    }
  });
});

describe('ready() says why there is no session', () => {
  it('after disconnect(), a punt, a refusal whose socket was closed, and a gateway that is out of order', async () => {
    const signedOut = make();
    await signedOut.client.connect({});
    await signedOut.client.disconnect();
    await expect(signedOut.client.ready()).rejects.toMatchObject({ code: 'closed' });

    const punted = make();
    await punted.client.connect({});
    punted.gateway.send(punted.platform.socket, 'punt', {});
    await punted.clock.advance(1_000);
    await expect(punted.client.ready()).rejects.toMatchObject({ code: 'closed' });

    const refused = make();
    refused.gateway.answers['login'] = () => ({ error: { code: -32001, message: 'no' } });
    await refused.client.connect();
    await settle();
    refused.platform.socket.lose();
    await expect(refused.client.ready()).rejects.toMatchObject({ code: 46001 });

    const failed = make({ autoReconnect: false });
    await failed.client.connect({});
    failed.gateway.send(failed.platform.socket, 'gatewayState', { state: 'FAILED' });
    await failed.clock.advance(1_000);
    expect(failed.client.sessionOutcome).toBe('gateway_failed');
    await expect(failed.client.ready()).rejects.toMatchObject({ code: 45003 });
  });
});

describe('credentials', () => {
  it('of a call with what JSON cannot hold end that call, by name, and no other', async () => {
    const { client, call, codes, clock } = await talk();
    const bad = client.newCall({ destinationNumber: '1003', userVariables: { big: 1n } });
    const ends: unknown[] = [];
    bad.on('ended', (end) => ends.push(end));
    await vi.dynamicImportSettled();
    await clock.advance(3_000);
    expect([bad.state, ends.length, call.state, client.sessionState]).toEqual([
      'destroy',
      1,
      'active',
      'ready',
    ]);
    expect(codes).toContain(40005);
    await client.disconnect();
  });

  it('with what JSON cannot hold are refused with 46001', async () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    for (const userVariables of [{ big: 1n }, loop]) {
      const { client, codes, platform } = make({ userVariables });
      await expect(client.connect({})).rejects.toMatchObject({ code: 46001 });
      expect(codes).toEqual([46001]);
      await client.disconnect();
      expect(platform.running()).toEqual(NOTHING);
    }
  });

  it('that are numbers are sent as their digits', async () => {
    for (const name of ['password', 'passwd']) {
      const { client, platform } = make({ login: 1001, password: undefined, [name]: 4711 });
      await client.connect({});
      expect(platform.socket.last('login')).toMatchObject({
        params: { login: '1001', passwd: '4711' },
      });
    }
  });
});

describe('reports', () => {
  it('of a call that the gateway never saw are not posted; those of one that it saw are', async () => {
    const { client, gateway, platform, clock } = make({ enableCallReports: true });
    gateway.answers['telnyx_rtc.gatewayState'] = () => undefined;
    await client.connect();
    await settle();
    client.newCall({ destinationNumber: '1002' });
    await vi.dynamicImportSettled();
    await clock.advance(0);
    gateway.send(platform.socket, 'gatewayState', { state: 'FAILED', call_report_id: 'cr-1' });
    for (const call of Object.values(client.calls)) {
      void call.hangup();
    }
    await vi.dynamicImportSettled();
    await clock.advance(1_000);
    const reports = (): string[] =>
      platform.posted.map(({ url }) => url).filter((url) => url.endsWith('/call_report'));
    expect(reports()).toEqual([]);
    delete gateway.answers['telnyx_rtc.gatewayState'];
    await clock.advance(10_000);
    expect(client.callReportId).toBe('cr-1');
    const early = client.newCall({ destinationNumber: '1002' });
    void early.hangup();
    await clock.advance(1_000);
    expect(reports()).toEqual([]);
    const seen = client.newCall({ destinationNumber: '1002' });
    await vi.dynamicImportSettled();
    await clock.advance(1_000);
    await seen.hangup();
    await vi.dynamicImportSettled();
    await clock.advance(1_000);
    expect(reports()).toHaveLength(1);
    await client.disconnect();
  });
});
