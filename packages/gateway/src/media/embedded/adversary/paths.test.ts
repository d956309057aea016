import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { isReachable } from '../net/destination.ts';
import { isStun } from '../net/stun.ts';
import { closeAgents, exchange, gateway, leg, media, OURS } from '../testing/ice-ends.ts';
import { IceParty, Net } from '../testing/ice-party.ts';

afterEach(closeAgents);

describe('the owner of a path', () => {
  it('is not displaced by a leg whose signed check names the same address', () => {
    const net = new Net();
    const { agent, hub, got } = gateway(net);
    const party = new IceParty(net, '10.0.0.2:6000');
    exchange(agent, party);
    party.check(OURS);
    const other = leg(hub);
    const attacker = new IceParty(net, '10.6.6.6:6666');
    exchange(other.agent, attacker);
    attacker.check(OURS, party.address);
    const now = performance.now();
    for (let t = 0; t < 10_000; t += 20) {
      agent.tick(now + t);
      other.agent.tick(now + t);
    }
    for (let i = 0; i < 50; i += 1) {
      party.send(OURS, media(String(i)));
    }
    expect(got).toHaveLength(50);
    expect(other.got).toEqual([]);
    expect(other.agent.isConnected).toBe(false);
  });

  it('is not even displaced by a party that answers for both', () => {
    const net = new Net();
    const { agent, hub, got } = gateway(net);
    const first = new IceParty(net, '10.0.0.2:6000');
    exchange(agent, first);
    first.check(OURS);
    // The same socket, another user name: only one of the two can have what is no check.
    const other = leg(hub);
    const second = new IceParty(net, '10.0.0.2:6000');
    exchange(other.agent, second);
    second.check(OURS);
    expect(second.answered).toBe(1);
    expect(other.agent.isConnected).toBe(false);
    second.send(OURS, media('whose?'));
    expect([got.length, other.got.length]).toEqual([1, 0]);
    agent.close();
    second.check(OURS);
    expect(other.agent.isConnected).toBe(true);
  });

  it('loses it when its consent ran out', () => {
    const net = new Net();
    const { agent, hub } = gateway(net);
    const first = new IceParty(net, '10.0.0.2:6000');
    exchange(agent, first);
    first.check(OURS);
    agent.tick(performance.now() + 31_000);
    expect(hub.size.paths).toBe(0);
  });
});

describe('consent', () => {
  /** Media every 20 ms, with the party still heard, as its checks are, but answering none. */
  function silence(seconds: number) {
    const net = new Net();
    const { agent } = gateway(net);
    const party = new IceParty(net, '10.0.0.2:6000');
    exchange(agent, party);
    party.check(OURS);
    party.answers = false;
    const real = performance.now.bind(performance);
    const start = real();
    let now = start;
    performance.now = () => now;
    try {
      for (; now < start + seconds * 1000; now += 20) {
        if (Math.round(now - start) % 2_000 < 20) {
          party.check(OURS);
        }
        agent.tick(now);
        agent.send(media('audio'));
      }
    } finally {
      performance.now = real;
    }
    return { net, agent, party };
  }

  it('ends 30 s after the last answered check, whatever else comes from there', () => {
    const { party } = silence(60);
    expect(party.got.length).toBeGreaterThan(1_400);
    expect(party.got.length).toBeLessThanOrEqual(1_501);
  });

  it('comes back with an answer', () => {
    const { agent, party } = silence(40);
    party.answers = true;
    const before = party.got.length;
    party.check(OURS);
    expect(agent.isConnected).toBe(true);
    agent.send(media('again'));
    expect(party.got.length).toBe(before + 1);
  });

  it('is asked for on paths in reserve too, so that the party can move to one', () => {
    const net = new Net();
    const { agent, hub } = gateway(net);
    const party = new IceParty(net, '10.0.0.2:6000');
    party.alsoAt('10.0.0.3:6000');
    exchange(agent, party);
    const real = performance.now.bind(performance);
    const start = real();
    let now = start;
    performance.now = () => now;
    try {
      for (; now < start + 60_000; now += 500) {
        party.check(OURS);
        party.check(OURS, '10.0.0.3:6000');
        agent.tick(now);
      }
    } finally {
      performance.now = real;
    }
    expect(hub.size.paths).toBe(2);
  });
});

describe('an address that answers nothing', () => {
  it('is sent at most three times what came from it', () => {
    const net = new Net();
    const { agent } = gateway(net);
    const attacker = new IceParty(net, '10.6.6.6:6666');
    exchange(agent, attacker);
    const victim = '10.0.0.99:53';
    const now = performance.now();
    for (let t = 0; t < 60_000; t += 20) {
      if (t % 5_000 === 0) {
        attacker.check(OURS, victim);
        net.deliver(victim, OURS, Buffer.concat([Buffer.from([22, 0xfe, 0xfd]), randomBytes(22)]));
      }
      agent.tick(now + t);
      agent.send(media('handshake'));
    }
    const [came, went] = [net.bytes({ from: victim }), net.bytes({ to: victim })];
    expect(came).toBeGreaterThan(0);
    expect(went / came).toBeLessThanOrEqual(3);
    expect(net.log.filter(({ to, data }) => to === victim && !isStun(data))).toEqual([]);
  });

  it.each(['127.0.0.1', '0.0.0.0', '255.255.255.255', '224.0.0.251', '239.1.2.3'])(
    'and is no host is sent nothing at all: %s',
    (address) => {
      const net = new Net();
      const { agent } = gateway(net);
      const attacker = new IceParty(net, '10.6.6.6:6666');
      exchange(agent, attacker);
      attacker.check(OURS, `${address}:5353`);
      expect(net.log.filter(({ from }) => from === OURS)).toEqual([]);
    },
  );

  it.each([
    ['127.0.0.1', true],
    ['::1', true],
    ['192.0.2.1', true],
    ['fe80::1%eth0', true],
    ['ff02::fb', false],
    ['::', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
  ])('is one that may be answered where the gateway is on loopback: %s %s', (address, may) => {
    expect(isReachable(address, 5000, true)).toBe(may);
    expect(isReachable(address, 0, true)).toBe(false);
  });
});
