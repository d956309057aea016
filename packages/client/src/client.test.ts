import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as surface from './index.ts';
import { TelnyxRTC } from './client.ts';
import type { ClientEvents } from './events.ts';
import type { IClientOptions } from './options.ts';
import { settle } from './testing/fake-clock.ts';
import { FakeGateway } from './testing/fake-gateway.ts';
import { FakePlatform } from './testing/fake-platform.ts';
import { VERSION } from './version.ts';

/** The client loads it when it is asked for; here it is there already. */
await import('./speed-test.ts');

const LOGIN: IClientOptions = { host: 'ws://gw.test:8080', login: '1001', password: 'p' };
const NOTHING = { timers: 0, sockets: 0, listeners: 0 };

function make(options: IClientOptions = {}) {
  const platform = new FakePlatform();
  const gateway = new FakeGateway(platform);
  const client = new TelnyxRTC({ ...LOGIN, ...options }, platform);
  const record = <K extends keyof ClientEvents>(event: K): ClientEvents[K][0][] => {
    const seen: ClientEvents[K][0][] = [];
    client.on(event, (payload: ClientEvents[K][0]) => seen.push(payload));
    return seen;
  };
  return { platform, gateway, client, record, clock: platform.clock };
}

describe('new TelnyxRTC', () => {
  it('throws `Invalid init options` without credentials', () => {
    for (const options of [{}, { login: 'x' }, undefined as never]) {
      expect(() => new TelnyxRTC(options, new FakePlatform())).toThrow('Invalid init options');
    }
  });

  it('keeps the options by reference and touches nothing', () => {
    const platform = new FakePlatform();
    const options = { ...LOGIN };
    const client = new TelnyxRTC(options, platform);
    expect(client.options).toBe(options);
    expect(platform.running()).toEqual(NOTHING);
    expect(platform.sockets).toHaveLength(0);
    expect([client.connected, client.sessionid, client.calls]).toEqual([false, '', {}]);
  });
});

describe('connect', () => {
  it('resolves at once, before the socket is open, and never rejects for the network', async () => {
    const { client, gateway, clock } = make();
    gateway.accepts = false;
    await client.connect();
    expect(client.connection).toMatchObject({ connecting: true, connected: false, isAlive: true });
    const ending = client.disconnect();
    await clock.advance(1_000);
    await ending;
  });

  it('with an argument resolves when the client is ready', async () => {
    const { client } = make();
    await client.connect({});
    expect(client.sessionState).toBe('ready');
    expect([client.connected, client.region, client.dc, client.callReportId]).toEqual([
      true,
      'eu',
      'fr5',
      'cr-1',
    ]);
  });

  it('with a signal that aborts rejects with its reason and disconnects', async () => {
    const { client, gateway, platform, clock } = make();
    gateway.accepts = false;
    const abort = new AbortController();
    const connecting = expect(client.connect({ signal: abort.signal })).rejects.toThrow('enough');
    await settle();
    abort.abort(new Error('enough'));
    // A socket that is not open yet is waited for a second: closing it now makes browsers print an error.
    await clock.advance(1_000);
    await connecting;
    expect(platform.running()).toEqual(NOTHING);
  });

  it('ready() names what keeps it from becoming so', async () => {
    const { client, gateway } = make();
    await expect(client.ready()).rejects.toMatchObject({ code: 'not_ready' });
    gateway.answers['login'] = () => ({ error: { code: -32001, message: 'Login Incorrect' } });
    await client.connect();
    await expect(client.ready()).rejects.toMatchObject({ code: 46001 });
  });

  it('after disconnect(), also at once, works again', async () => {
    const { client, platform } = make();
    await client.connect({});
    void client.disconnect();
    await client.connect({});
    expect([client.connected, platform.sockets.length]).toEqual([true, 2]);
  });

  it('while disconnecting twice disconnects once, and leaves nothing running', async () => {
    const { client, platform, record } = make();
    const closed = record('telnyx.socket.close');
    await client.connect({});
    await Promise.all([client.disconnect(), client.disconnect()]);
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- it still has to work
    client.logout();
    await settle();
    expect(platform.running()).toEqual(NOTHING);
    expect(closed).toHaveLength(1);
    expect(closed[0]).toMatchObject({ socketGeneration: 1, event: { code: 1005 } });
    expect(client.sessionOutcome).toBe('disconnected');
  });

  it('disconnect() waits for uploads, but not for ever', async () => {
    const { client, clock } = make();
    await client.connect({});
    let uploaded: () => void = () => undefined;
    client.trackCallReportUpload(new Promise((resolve) => (uploaded = resolve)));
    client.trackCallReportUpload(Promise.reject(new Error('server down')));
    let done = false;
    const ending = client.disconnect().then(() => (done = true));
    await clock.advance(9_000);
    expect(done).toBe(false);
    uploaded();
    await ending;
    await client.connect({});
    client.trackCallReportUpload(new Promise(() => undefined));
    const again = client.disconnect();
    await clock.advance(10_000);
    await again;
  });
});

describe('on and off', () => {
  it('on returns the client for chaining, and is its own undo', async () => {
    const { client } = make();
    const heard: string[] = [];
    const first = client.on('telnyx.ready', () => heard.push('first'));
    const chained = first.on('telnyx.ready', () => heard.push('second'));
    expect(first).toBeInstanceOf(TelnyxRTC);
    expect(chained.uuid).toBe(client.uuid);
    chained.speaker = 'x';
    expect(client.speaker).toBe('x');
    first();
    await chained.connect({});
    expect(heard).toEqual(['second']);
    expect(client.off('telnyx.ready')).toBe(client);
  });

  it('off(event) leaves what the SDK itself does', async () => {
    const { client } = make();
    for (const event of Object.values(surface.SwEvent)) {
      client.off(event);
    }
    await client.connect({});
    expect(client.sessionState).toBe('ready');
  });

  it('a listener that throws is reported and breaks nothing', async () => {
    const { client, platform } = make();
    for (const event of ['telnyx.socket.open', 'telnyx.ready', 'telnyx.socket.message']) {
      client.on(event, () => {
        throw new Error(event);
      });
    }
    await client.connect({});
    expect(client.sessionState).toBe('ready');
    expect(platform.reported.map(String)).toContain('Error: telnyx.ready');
  });

  it('TelnyxRTC.on hears every client', async () => {
    const heard: unknown[] = [];
    TelnyxRTC.on('telnyx.ready', (ready) => heard.push(ready));
    await make().client.connect({});
    await make().client.connect({});
    TelnyxRTC.off('telnyx.ready');
    await make().client.connect({});
    expect(heard).toEqual([{ type: 'vertoClientReady' }, { type: 'vertoClientReady' }]);
  });

  it('errors carry sessionId; an error of the socket comes before its event', async () => {
    const { client, platform, gateway } = make();
    gateway.accepts = false;
    const heard: string[] = [];
    client.on('telnyx.error', ({ error, sessionId }) => heard.push(`${error.code}/${sessionId}`));
    client.on('telnyx.socket.error', ({ socketGeneration }) =>
      heard.push(`gen ${socketGeneration}`),
    );
    client.on('telnyx.socket.close', () => heard.push('close'));
    await client.connect();
    platform.socket.fail();
    expect(heard).toEqual(['45002/', 'gen 1', 'close']);
    await client.disconnect();
  });
});

describe('login', () => {
  it('signs in on the live socket and calls back', async () => {
    const { client, platform } = make();
    await client.connect({});
    let success = 0;
    await client.login({ creds: { login_token: 'tok' }, onSuccess: () => success++ });
    expect(success).toBe(1);
    expect(platform.socket.last('login')).toMatchObject({
      params: { login_token: 'tok', sessid: 'sess-1', reconnection: true },
    });
    expect(platform.socket.last('login')).not.toHaveProperty('params.passwd');
    expect(client.options.login_token).toBe('tok');
  });

  it('tells a refusal by 46001 and onError with the gateway’s own words, and resolves', async () => {
    const { client, gateway, record } = make();
    await client.connect({});
    const errors = record('telnyx.error');
    gateway.answers['login'] = () => ({ error: { code: -32001, message: 'Login Incorrect' } });
    let raw: unknown;
    await client.login({ creds: { password: 'no' }, onError: (error) => (raw = error) });
    expect(raw).toEqual({ code: -32001, message: 'Login Incorrect' });
    expect(errors.map(({ error }) => error.code)).toEqual([46001]);
  });

  it('with credentials that are none raises 46002 and sends nothing', async () => {
    const { client, platform, record } = make();
    await client.connect({});
    const errors = record('telnyx.error');
    await client.login({ creds: { password: '' } });
    expect(errors[0]).toMatchObject({ error: { code: 46002 }, type: 'InvalidCredentialsOptions' });
    expect(platform.socket.methods.filter((it) => it === 'login')).toHaveLength(1);
  });

  it('without a connection keeps the credentials for the next', async () => {
    const { client, platform } = make();
    await client.login({ creds: { password: 'later', userVariables: undefined } });
    expect(platform.sockets).toHaveLength(0);
    await client.connect({});
    expect(platform.socket.last('login')).toMatchObject({ params: { passwd: 'later' } });
  });
});

describe('getIsRegistered', () => {
  it('is false without a connection, waits while there is one under way, and asks', async () => {
    const { client, gateway } = make();
    expect(await client.getIsRegistered()).toBe(false);
    await client.connect();
    expect(await client.getIsRegistered()).toBe(true);
    gateway.state = 'NOREG';
    expect(await client.getIsRegistered()).toBe(false);
    await client.disconnect();
    expect(await client.getIsRegistered()).toBe(false);
  });
});

describe('settings for calls', () => {
  it('iceServers: the option, the gateway’s, the service’s on its own hosts, else none', async () => {
    const own = [{ urls: 'stun:own' }];
    const { client, gateway } = make();
    expect(client.iceServers).toEqual([]);
    gateway.loginExtras = { ice_servers: [{ urls: 'turn:gw', username: 'u', credential: 'c' }] };
    await client.connect({});
    expect(client.iceServers).toEqual([{ urls: 'turn:gw', username: 'u', credential: 'c' }]);
    client.iceServers = own;
    expect(client.iceServers).toBe(own);
    client.iceServers = null;
    expect(client.iceServers).toHaveLength(1);
    expect(new TelnyxRTC({ login_token: 't' }, new FakePlatform()).iceServers).toHaveLength(6);
    expect(make({ iceServers: [] }).client.iceServers).toEqual([]);
  });

  it('elements are resolved when they are set', () => {
    const { client, platform } = make();
    const element = {} as HTMLAudioElement;
    Object.assign(platform.fakeDocument, {
      getElementById: (id: string) => (id === 'there' ? element : null),
    });
    client.remoteElement = 'there';
    expect([client.remoteElement, client.remoteElementId]).toEqual([element, 'there']);
    client.remoteElement = 'missing';
    expect([client.remoteElement, client.remoteElementId]).toEqual([null, 'missing']);
    client.localElement = () => element;
    expect([client.localElement, client.localElementId]).toEqual([element, null]);
  });

  it('microphone: disabled and enabled again', () => {
    const { client } = make({ video: true });
    expect(client.mediaConstraints).toEqual({ audio: true, video: true });
    client.disableMicrophone();
    expect(client.mediaConstraints.audio).toBe(false);
    client.enableMicrophone();
    expect(client.mediaConstraints.audio).toBe(true);
  });
});

describe('channels', () => {
  it('subscribe asks for what is new, delivers to the handler, and ends with the socket', async () => {
    const { client, gateway, platform, record } = make();
    const notifications = record('telnyx.notification');
    await client.connect({});
    gateway.answers['telnyx_rtc.subscribe'] = () => ({ subscribedChannels: ['room'] });
    const heard: unknown[] = [];
    const handler = (event: unknown): void => void heard.push(event);
    await client.subscribe({ channels: ['room'], handler });
    expect(await client.vertoSubscribe({ channels: ['room'], handler })).toEqual({});
    expect(platform.socket.last('telnyx_rtc.subscribe')).toMatchObject({
      params: { sessid: 'sess-1', eventChannel: ['room'] },
    });
    gateway.send(platform.socket, 'event', { eventChannel: 'room.7', eventData: { n: 1 } });
    gateway.send(platform.socket, 'event', { eventChannel: 'other', eventData: {} });
    expect(heard).toEqual([{ eventChannel: 'room.7', eventData: { n: 1 } }]);
    expect(notifications).toEqual([{ eventChannel: 'other', eventData: {} }]);
    client.broadcast({ channel: 'room', data: { text: 'hello' } });
    expect(platform.socket.last('telnyx_rtc.broadcast')).toMatchObject({
      params: { sessid: 'sess-1', eventChannel: 'room', data: { text: 'hello' } },
    });
    platform.socket.lose();
    expect(client.subscriptions).toEqual({});
  });
});

describe('speedTest', () => {
  it('measures both ways', async () => {
    const { client, platform } = make();
    await client.connect({});
    const result = client.speedTest(2_000);
    await settle();
    expect(platform.socket.sentText.filter((it) => it.startsWith('#SP'))).toEqual([
      '#SPU 2000',
      `#SPB ${'.'.repeat(1024)}`,
      `#SPB ${'.'.repeat(1024)}`,
      '#SPE',
    ]);
    platform.socket.receive('#SPU100');
    platform.socket.receive('#SPD50');
    expect(await result).toEqual({ upDur: 100, downDur: 50, upKps: '160.00', downKps: '320.00' });
  });

  it('rejects what is no number with a string, and ends without an answer', async () => {
    const { client, clock, platform } = make();
    await expect(client.speedTest(0)).rejects.toMatch(/Invalid/);
    await expect(client.speedTest(1)).rejects.toThrow('no connection');
    await client.connect({});
    const unanswered = expect(client.speedTest(1)).rejects.toThrow('not answered');
    await settle();
    await clock.advance(60_000);
    await unanswered;
    const lost = expect(client.speedTest(1)).rejects.toThrow('closed');
    await settle();
    platform.socket.lose();
    await lost;
    await client.disconnect();
    expect(platform.running()).toEqual(NOTHING);
  });
});

describe('what applications reach by accident', () => {
  it('stays callable', async () => {
    const { client, platform } = make();
    await client.connect({});
    expect(client.validateOptions()).toBe(true);
    expect(await client.execute({ method: 'telnyx_rtc.ping', params: {} })).toMatchObject({});
    await expect(client.execute({ method: 'no' })).rejects.toThrow('No such method');
    client.reportNoRtp();
    expect(platform.socket.methods.filter((it) => it === 'telnyx_rtc.ping')).toHaveLength(2);
    for (const name of [
      'setPingReceived',
      'onOutboundConfirmed',
      'startSignalingHealthMonitor',
      'stopSignalingHealthMonitor',
      'onSignalingRequestTimeout',
      'reportPeerFailure',
      'reportIceRestartFailed',
      'resetReconnectAttempts',
      'clearReconnectToken',
      'onNetworkClose',
      'clearConnection',
    ] as const) {
      expect(() => {
        client[name]();
      }).not.toThrow();
    }
    expect(client.triggerIceRestart('none')).toMatchObject({ started: false });
    expect(client.connection).toBeNull();
    client.__logger.setLevel('silent');
    expect(client.__logger.getLevel()).toBe(5);
    await client.disconnect();
  });
});

describe('the package', () => {
  it('exports the published names', () => {
    expect(Object.keys(surface)).toEqual(
      expect.arrayContaining([
        'TelnyxRTC',
        'Call',
        'SwEvent',
        'TELNYX_ICE_SERVERS',
        'Region',
        'NOTIFICATION_TYPE',
        'ERROR_TYPE',
        'SDK_ERRORS',
        'SDK_WARNINGS',
        'TELNYX_ERROR_CODES',
        'TELNYX_WARNING_CODES',
        'TelnyxError',
        'isMediaRecoveryErrorEvent',
        'isFunctionCallParams',
        'isFunctionCallOutputParams',
      ]),
    );
    const sizes = [surface.SwEvent, surface.NOTIFICATION_TYPE, surface.Region].map(
      (it) => Object.keys(it).length,
    );
    expect(sizes).toEqual([18, 9, 7]);
  });

  it('names its own version in the login', () => {
    const file = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
    expect((JSON.parse(file) as { version: string }).version).toBe(VERSION);
  });

  it('knows its browser, and says so outside one too', () => {
    expect(TelnyxRTC.webRTCInfo()).toMatchObject({ supportWebRTC: false });
    expect(TelnyxRTC.uuid()).toMatch(/^[0-9a-f-]{36}$/);
    expect(TelnyxRTC.webRTCSupportedBrowserList().map((it) => it.operationSystem)).toEqual([
      'Android',
      'iOS',
      'Linux',
      'MacOS',
      'Windows',
    ]);
  });
});
