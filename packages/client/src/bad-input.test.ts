import { describe, expect, it, vi } from 'vitest';
import { TelnyxRTC } from './client.ts';
import './diagnostics/pre-call-diagnostic.ts';
import './media/device-list.ts';
import './simulate.ts';
import './speed-test.ts';
import { settle } from './testing/fake-clock.ts';
import { FakeGateway } from './testing/fake-gateway.ts';
import { FakePlatform } from './testing/fake-platform.ts';
import { FakeWebRtc } from './testing/fake-webrtc.ts';
import { membrane } from './testing/membrane.ts';

type Loose = Record<string, (...args: unknown[]) => unknown>;

function make() {
  const webrtc = new FakeWebRtc();
  const platform = new FakePlatform({ webrtc });
  const gateway = new FakeGateway(platform);
  const options = { host: 'ws://gw.test', login: '1001', password: 'p', enableCallReports: false };
  const client = new TelnyxRTC(options, platform);
  return { client, platform, gateway, clock: platform.clock, loose: client as unknown as Loose };
}

const JUNK: readonly unknown[] = [null, undefined, 0, 'junk', {}, [], Symbol.iterator, () => 1];
/** Methods that answer for what they are given by throwing at once: the application's own mistake. */
const MAY_THROW = /^(newCall|on)$/;
/** Measures by the page's own clock, which does not stand still here. */
const TAKES_TIME = /^run(PreCall|NetworkCheck|MicrophoneCheck)$/;

function methodsOf(client: TelnyxRTC): string[] {
  const found = new Set<string>();
  for (let at: object = client; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === 'function' && name !== 'constructor') {
        found.add(name);
      }
    }
  }
  return [...found];
}

describe('every method of the client, given null, nothing or junk', () => {
  const names = methodsOf(make().client);

  it('is looked at', () => {
    expect(names.length).toBeGreaterThan(45);
  });

  for (const name of names) {
    it(`${name}: throws nothing at its caller that is not named, settles, and leaves a client that works`, async () => {
      for (const connected of [false, true]) {
        const { client, platform, clock, loose } = make();
        if (connected) {
          await client.connect({});
        }
        const settled: Promise<unknown>[] = [];
        for (const junk of JUNK) {
          for (const args of [[junk], [junk, junk], [junk, junk, junk]]) {
            try {
              const result = loose[name]?.(...args);
              if (result instanceof Promise && !TAKES_TIME.test(name)) {
                settled.push(result.catch(() => undefined));
              }
            } catch (error) {
              expect([name, MAY_THROW.test(name), String(error)]).toEqual([
                name,
                true,
                expect.stringMatching(/destinationNumber|listener/),
              ]);
            }
            await settle();
          }
        }
        let done = false;
        void Promise.all(settled).then(() => (done = true));
        for (let i = 0; i < 4 && !done; i++) {
          await vi.dynamicImportSettled();
          await clock.advance(60_000);
        }
        expect([name, done]).toEqual([name, true]);
        expect(platform.reported.filter((it) => !(it instanceof Error))).toEqual([]);
        await Promise.all([client.connect({}), clock.advance(20_000)]);
        expect([name, client.sessionState]).toEqual([name, 'ready']);
        const ending = Promise.all([client.disconnect(), client.disconnect()]);
        await clock.advance(20_000);
        await ending;
        expect([name, platform.running().sockets]).toEqual([name, 0]);
      }
    });
  }

  it('null is as good as nothing where something may be left out', async () => {
    const { client, loose, clock, gateway } = make();
    await client.connect(null);
    await client.ready(null);
    let said = 0;
    gateway.answers['login'] = () => ({ error: { code: -32001, message: 'no' } });
    await client.login({ creds: null as never, onError: () => said++ });
    expect(said).toBe(1);
    expect(await loose['checkPermissions']?.(null, null)).toBe(await client.checkPermissions());
    expect(() => loose['newCall']?.(null)).toThrow('destinationNumber');
    await expect(loose['execute']?.(null)).rejects.toThrow('No such method');
    await expect(loose['simulate']?.(null)).rejects.toThrow('No such fault');
    await expect(loose['setAudioSettings']?.(null)).rejects.toBeDefined();
    expect(await loose['subscribe']?.(null)).toEqual({});
    expect(await loose['unsubscribe']?.(null)).toEqual({});
    const undo = loose['on']?.('telnyx.ready', null) as () => void;
    undo();
    await clock.advance(0);
  });
});

describe('a client inside a proxy, as frameworks make them', () => {
  it('works as outside one: methods, accessors, events, and what hangs on it', async () => {
    const { client, platform, clock } = make();
    const wrapped = membrane(client);
    const heard: string[] = [];
    wrapped
      .on('telnyx.ready', () => heard.push('ready'))
      .on('telnyx.error', () => heard.push('error'));
    // What a promise resolves with is not the membrane's business, and a promise does not work through one.
    void wrapped.connect();
    await client.ready();
    expect(heard).toEqual(['ready']);
    expect([wrapped.connected, wrapped.sessionState, wrapped.sessionid]).toEqual([
      true,
      'ready',
      'sess-1',
    ]);
    expect([wrapped.connection?.connected, wrapped.connection?.host]).toEqual([
      true,
      'ws://gw.test',
    ]);
    wrapped.speaker = 'out';
    wrapped.autoRecoverCalls = false;
    expect([client.speaker, client.autoRecoverCalls]).toEqual(['out', false]);
    expect(wrapped.__logger.getLevel()).toBe(2);
    const call = wrapped.newCall({ destinationNumber: '1002' });
    await settle();
    void call.hangup();
    void wrapped.disconnect();
    await clock.advance(12_000);
    expect(platform.running()).toEqual({ timers: 0, sockets: 0, listeners: 0 });
  });
});
