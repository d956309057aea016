import { TelnyxRTC } from '@offhook/client';
import { describe, expect, it, vi } from 'vitest';
import { FakeGateway } from '../../../client/src/testing/fake-gateway.ts';
import { FakePlatform } from '../../../client/src/testing/fake-platform.ts';
import type { ConnectionState } from './connection-state.ts';
import { createPhoneStore } from './phone-store.ts';

/** A store over the real client, whose platform and gateway are the fakes of the client's own tests. */
function setUp() {
  const platform = new FakePlatform();
  const gateway = new FakeGateway(platform);
  const client = new TelnyxRTC(
    { host: 'ws://gw.test:8080', login: '1001', password: 'secret' },
    platform,
  );
  const store = createPhoneStore(client);
  const stop = store.subscribe(() => undefined);
  const shows = (connection: ConnectionState) =>
    vi.waitFor(() => expect(store.getSnapshot().connection).toBe(connection), {
      timeout: 10_000,
      interval: 1,
    });
  const ready = async () => {
    store.connect();
    await shows('ready');
  };
  return { platform, gateway, client, store, stop, shows, ready };
}

describe('the connection of the real client', () => {
  it('is connecting as soon as the store was told to connect, then ready', async () => {
    const { store, shows } = setUp();
    expect(store.getSnapshot().connection).toBe('idle');
    store.connect();
    expect(store.getSnapshot().connection).toBe('connecting');
    await shows('ready');
  });

  it('is reconnecting while a lost connection is taken up again, and ready when it is', async () => {
    const { platform, gateway, ready, shows } = setUp();
    await ready();
    gateway.accepts = false;
    platform.socket.lose();
    await shows('reconnecting');
    gateway.accepts = true;
    await platform.clock.advance(60_000);
    await shows('ready');
  });

  it('is closed after disconnect(), though reconnecting is on', async () => {
    const { client, ready, shows } = setUp();
    await ready();
    expect(client.hasAutoReconnect()).toBe(true);
    await client.disconnect();
    await shows('closed');
  });

  it('is closed after disconnect() while there was no socket to close', async () => {
    const { client, platform, gateway, ready, shows } = setUp();
    await ready();
    gateway.accepts = false;
    platform.socket.lose();
    await shows('reconnecting');
    await client.disconnect();
    await shows('closed');
  });

  it('is closed when the gateway ends the session', async () => {
    const { platform, gateway, ready, shows } = setUp();
    await ready();
    gateway.send(platform.socket, 'punt', {});
    await shows('closed');
  });

  it('is closed when another tab has taken the session over', async () => {
    const { platform, ready, shows } = setUp();
    await ready();
    platform.socket.lose(4001);
    await shows('closed');
  });

  it('has failed when the gateway refuses the sign-in, also for a store that comes later', async () => {
    const { client, gateway, store, shows } = setUp();
    gateway.answers['login'] = () => ({ error: { code: -32001, message: 'Login Incorrect' } });
    store.connect();
    await shows('failed');
    expect(createPhoneStore(client).getSnapshot().connection).toBe('failed');
  });

  it('stays ready when only a renewal of the sign-in was refused', async () => {
    const { client, gateway, store, ready } = setUp();
    await ready();
    gateway.answers['login'] = () => ({ error: { code: -32001, message: 'Login Incorrect' } });
    await client.login({ creds: { login: '1001', password: 'wrong' } });
    expect(store.getSnapshot().problems.map(({ code }) => code)).toEqual([46001]);
    expect(store.getSnapshot().problems[0]?.docs).toMatch(/\/errors\/46001\.html$/);
    expect(store.getSnapshot().connection).toBe('ready');
  });
});
