import { afterEach, describe, expect, it } from 'vitest';
import type { Party as Sender } from './tcp/hop.ts';
import { Party } from '../testing/party.ts';
import { AddressWatch, addressesOf, ownAddresses, parseStunEntry } from './addresses.ts';
import type { Addresses, Surroundings } from './addresses.ts';
import { EmbeddedMediaPlane } from './plane.ts';

/** A machine whose addresses, names and NAT are what a test says. */
class World implements Surroundings {
  own = ['127.0.0.1', '10.0.0.5', '169.254.1.1', 'fe80::1'];
  names = new Map<string, string[]>();
  nat: string | null = null;
  asked: Sender[] = [];
  interfaces = () => this.own;
  resolve = (name: string) => {
    const found = this.names.get(name);
    return found
      ? Promise.resolve(found)
      : Promise.reject(Object.assign(new Error(name), { code: 'ENOTFOUND' }));
  };
  mapped = (address: string, port: number) => {
    this.asked.push({ address, port });
    return this.nat === null
      ? Promise.reject(new Error('the STUN server does not answer'))
      : Promise.resolve(this.nat);
  };
}

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0)) {
    await step();
  }
});

async function watch(world: World, ...publicAddresses: string[]) {
  const told: Addresses[] = [];
  const options = { bind: [], localOnly: false, publicAddresses };
  const watched = new AddressWatch(options, world, (addresses) => told.push(addresses));
  undo.push(() => {
    watched.close();
  });
  await watched.start();
  return { watched, told };
}

describe('the addresses of this machine', () => {
  it('are all but loopback and link-local ones, or those to bind; loopback where there are no others', () => {
    const world = new World();
    expect(ownAddresses({ bind: [], localOnly: false }, world)).toEqual(['10.0.0.5']);
    expect(ownAddresses({ bind: [], localOnly: true }, world)).toEqual(['127.0.0.1', '10.0.0.5']);
    expect(ownAddresses({ bind: ['10.0.0.5', '10.0.0.6'], localOnly: false }, world)).toEqual([
      '10.0.0.5',
    ]);
    world.own = ['127.0.0.1'];
    expect(ownAddresses({ bind: [], localOnly: false }, world)).toEqual(['127.0.0.1']);
  });

  it('are followed', async () => {
    const world = new World();
    const { watched, told } = await watch(world);
    world.own = ['127.0.0.1', '10.0.0.6'];
    await watched.look();
    expect(told.at(-1)?.own).toEqual(['10.0.0.6']);
  });
});

describe('the public addresses', () => {
  it('are addresses, host names, and what a STUN server sees', async () => {
    const world = new World();
    world.names.set('gateway.example', ['198.51.100.9', '198.51.100.8']);
    world.names.set('stun.example', ['192.0.2.53']);
    world.nat = '203.0.113.7';
    const { watched } = await watch(world, '203.0.113.1', 'gateway.example', 'stun:stun.example');
    expect(watched.addresses).toEqual({
      own: ['10.0.0.5'],
      public: ['203.0.113.1', '198.51.100.8', '198.51.100.9', '203.0.113.7'],
      missing: [],
    });
    expect(world.asked).toEqual([{ address: '192.0.2.53', port: 3478 }]);
  });

  it('are missing until they are found, and stay when they are not found again', async () => {
    const world = new World();
    const { watched } = await watch(world, 'gateway.example');
    expect(watched.addresses).toMatchObject({
      public: [],
      missing: [{ entry: 'gateway.example', reason: 'ENOTFOUND' }],
    });
    world.names.set('gateway.example', ['198.51.100.8']);
    await watched.look();
    expect(watched.addresses).toMatchObject({ public: ['198.51.100.8'], missing: [] });
    world.names.clear();
    world.own = ['10.0.0.6'];
    await watched.look();
    expect(watched.addresses).toMatchObject({ own: ['10.0.0.6'], public: ['198.51.100.8'] });
  });

  it('are asked for again at once when the own ones change', async () => {
    const world = new World();
    world.nat = '203.0.113.7';
    const { watched } = await watch(world, 'stun:192.0.2.53:3478');
    world.nat = '203.0.113.8';
    await watched.look();
    expect(watched.addresses.public).toEqual(['203.0.113.7']);
    world.own = ['10.0.0.6'];
    await watched.look();
    expect(watched.addresses.public).toEqual(['203.0.113.8']);
  });

  it.each([
    ['stun:a.example', { host: 'a.example', port: 3478 }],
    ['stun:[2001:db8::1]:3479', { host: '2001:db8::1', port: 3479 }],
    ['stun:a.example:70000', undefined],
    ['stun:', undefined],
    ['a.example', undefined],
  ])('%s names a STUN server or none', (entry, expected) => {
    expect(parseStunEntry(entry)).toEqual(expected);
  });

  it('a STUN server that does not answer is an error', async () => {
    await expect(addressesOf('stun:192.0.2.53', new World())).rejects.toThrow(/does not answer/);
  });
});

it('a plane names the addresses that are there when a party asks, and runs on with those that went', async () => {
  const world = new World();
  world.own = ['127.0.0.1'];
  const told: Addresses[] = [];
  const plane = new EmbeddedMediaPlane({
    workers: 1,
    bind: ['127.0.0.1', '::1'],
    surroundings: world,
    onAddresses: (addresses) => told.push(addresses),
  });
  undo.push(() => plane.close());
  await plane.start();
  const party = await Party.create();
  undo.push(() => party.close());
  const { sdp } = await plane.offer({ call: 'c', leg: 'a', sdp: await party.offer() });
  await party.accept(sdp);
  await plane.play({ call: 'c', leg: 'a', source: { kind: 'tone' } });
  await party.listen(3, 10_000);
  world.own = ['::1'];
  const named = async (): Promise<string[]> => {
    const other = await Party.create();
    const answer = await plane.offer({ call: 'd', leg: 'b', sdp: await other.offer() });
    await plane.delete({ call: 'd' });
    await other.close();
    return [...answer.sdp.matchAll(/^a=candidate:\S+ 1 udp \d+ (\S+)/gm)].map(
      ([, one]) => one ?? '',
    );
  };
  await expect.poll(named, { timeout: 15_000 }).toEqual(['::1']);
  await party.listen(20, 10_000);
  expect(told.map(({ own }) => own)).toEqual([['127.0.0.1'], ['::1']]);
}, 40_000);
