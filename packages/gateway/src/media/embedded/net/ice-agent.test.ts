import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { IceParty, Net } from '../testing/ice-party.ts';
import { candidatePriority, ofGeneration } from './candidates.ts';
import { isReachable } from './destination.ts';
import { IceAgent } from './ice-agent.ts';
import { IceHub } from './ice-hub.ts';
import type { IcePath } from './ice-path.ts';
import { isStun, readStun, writeRequest } from './stun.ts';

const open: IceAgent[] = [];
afterEach(() => {
  for (const agent of open.splice(0)) agent.close();
});

const OURS = '10.0.0.1:5000';

/** Our end of ICE at {@link OURS}, and at more addresses where given. */
function gateway(net: Net, controlling = false, ...more: string[]) {
  const hub = new IceHub();
  hub.open(['10.0.0.1', ...more].map((address) => net.attach(hub, address, 5000)));
  return { hub, ...leg(hub, controlling) };
}

/** One leg behind a hub. */
function leg(hub: IceHub, controlling = false) {
  const got: string[] = [];
  const selected: IcePath[] = [];
  const agent = new IceAgent(hub, controlling, {
    datagram: (_path, data) => got.push(data.toString('latin1')),
    selected: (path) => selected.push(path),
  });
  open.push(agent);
  return { agent, got, selected };
}

function exchange(agent: IceAgent, party: IceParty, now = performance.now()): void {
  party.remote = agent.local;
  agent.setRemote(party.local, now);
}

/** Application data starts with a byte that is not STUN. */
const media = (text: string): Buffer => Buffer.from(`\u0080${text}`, 'latin1');
const texts = (party: IceParty): string[] => party.got.map((data) => data.toString('latin1'));

describe('an ICE agent', () => {
  it.each([false, true])('connects to a party that checks it; we control: %s', (controlling) => {
    const net = new Net();
    const { agent, got } = gateway(net, controlling);
    const party = new IceParty(net, '10.0.0.2:6000', { controlling: !controlling });
    exchange(agent, party);
    party.check(OURS);
    expect(party.answered).toBe(1);
    expect(agent.isConnected).toBe(true);
    agent.send(media('hello'));
    party.send(OURS, media('you'));
    expect([got, texts(party)]).toEqual([['\u0080you'], ['\u0080hello']]);
  });

  it('sends nothing to anyone that it has not heard of', () => {
    const net = new Net();
    const { agent } = gateway(net, true);
    exchange(agent, new IceParty(net, '10.0.0.2:6000'));
    const now = performance.now();
    for (let t = 0; t < 40_000; t += 20) agent.tick(now + t);
    agent.send(media('anyone?'));
    expect(net.log).toEqual([]);
  });

  it.each([
    [true, 0n],
    [true, 2n ** 64n - 1n],
    [false, 0n],
    [false, 2n ** 64n - 1n],
  ])('settles the roles when both sides say controlling = %s (tie-breaker %s)', (role, breaker) => {
    const net = new Net();
    const { agent } = gateway(net, role);
    const party = new IceParty(net, '10.0.0.2:6000', { controlling: role, tieBreaker: breaker });
    exchange(agent, party);
    const now = performance.now();
    for (let t = 0; t < 1_000; t += 100) {
      party.check(OURS);
      agent.tick(now + t);
    }
    expect(agent.isConnected).toBe(true);
  });

  it('answers a check that comes before the party’s description, and returns it later', () => {
    const net = new Net();
    const { agent } = gateway(net);
    const party = new IceParty(net, '10.0.0.2:6000');
    party.remote = agent.local;
    party.check(OURS);
    expect(party.answered).toBe(1);
    expect(agent.isConnected).toBe(false);
    agent.setRemote(party.local, performance.now());
    expect(agent.isConnected).toBe(true);
  });

  it('checks in return before it answers, so that DTLS does not come too early', () => {
    const net = new Net();
    const { agent } = gateway(net);
    const party = new IceParty(net, '10.0.0.2:6000');
    exchange(agent, party);
    party.check(OURS);
    const kinds = net.log
      .filter(({ from }) => from === OURS)
      .map(({ data }) => readStun(data)?.kind);
    expect(kinds).toEqual(['request', 'success']);
  });

  it('ignores checks that are unsigned, signed by a stranger or for another party', () => {
    const net = new Net();
    const { agent, hub, got } = gateway(net);
    const party = new IceParty(net, '10.0.0.2:6000');
    exchange(agent, party);
    const { ufrag, password } = agent.local;
    const from = '10.6.6.6:6666';
    const check = (username: string, secret: string): Buffer =>
      writeRequest({
        transaction: Buffer.from('aaaaaaaaaaaa'),
        username,
        password: secret,
        priority: 1,
        controlling: true,
        tieBreaker: 1n,
      });
    net.deliver(from, OURS, check(`${ufrag}:${party.local.ufrag}`, 'guessed'));
    net.deliver(from, OURS, check(`zzzz:${party.local.ufrag}`, password));
    net.deliver(from, OURS, check(`${ufrag}:zzzz`, password));
    net.deliver(from, OURS, media('injected'));
    expect(net.log.filter(({ to }) => to === from)).toEqual([]);
    expect(got).toEqual([]);
    expect(hub.size.paths).toBe(0);
  });

  it('takes no answer from elsewhere and none that is not signed', () => {
    const net = new Net();
    const { agent } = gateway(net);
    const party = new IceParty(net, '10.0.0.2:6000');
    exchange(agent, party);
    // The party's answer is lost; it is delivered below in other ways.
    let checks = 0;
    net.drop = (from) => from === party.address && (checks += 1) > 1;
    party.check(OURS);
    const answer = net.log.findLast(({ from }) => from === party.address)?.data;
    if (!answer || readStun(answer)?.kind !== 'success') throw new Error('no answer was sent');
    net.drop = () => false;
    net.deliver('10.6.6.6:6666', OURS, answer);
    const damaged = Buffer.from(answer);
    damaged.writeUInt8(damaged.readUInt8(45) ^ 1, 45);
    net.deliver(party.address, OURS, damaged);
    expect(agent.isConnected).toBe(false);
    net.deliver(party.address, OURS, answer);
    expect(agent.isConnected).toBe(true);
  });

  it('repeats checks that are lost', () => {
    const net = new Net();
    const { agent } = gateway(net);
    const party = new IceParty(net, '10.0.0.2:6000');
    exchange(agent, party);
    let lost = 0;
    net.drop = (from) => from === OURS && (lost += 1) <= 2;
    party.check(OURS);
    expect(agent.isConnected).toBe(false);
    agent.tick(performance.now() + 100);
    expect(agent.isConnected).toBe(true);
  });

  it('keeps its path through a restart until the new generation has one', () => {
    const net = new Net();
    const { agent, selected } = gateway(net);
    const party = new IceParty(net, '10.0.0.2:6000');
    exchange(agent, party);
    party.check(OURS);
    expect(agent.isConnected).toBe(true);

    agent.restart(false);
    const later = new IceParty(net, '10.0.0.3:6000');
    exchange(agent, later);
    expect(agent.isConnected).toBe(false);
    agent.send(media('old path'));
    expect(texts(party)).toEqual(['\u0080old path']);

    later.check(OURS);
    expect(agent.isConnected).toBe(true);
    agent.send(media('new path'));
    expect(texts(later)).toEqual(['\u0080new path']);
    expect(selected.at(-1)?.address).toBe('10.0.0.3');
  });

  it('restarts on the path that it has, and checks it again', () => {
    const net = new Net();
    const { agent } = gateway(net);
    const party = new IceParty(net, '10.0.0.2:6000');
    exchange(agent, party);
    party.check(OURS);
    agent.restart(false);
    const again = new IceParty(net, '10.0.0.2:6000');
    exchange(agent, again);
    let lost = 0;
    net.drop = (from) => from === OURS && (lost += 1) <= 1;
    again.check(OURS);
    expect(agent.isConnected).toBe(false);
    agent.tick(performance.now() + 100);
    expect(agent.isConnected).toBe(true);
  });

  it('follows the party’s media to another path that was nominated', () => {
    const net = new Net();
    const { agent, selected, hub } = gateway(net);
    const party = new IceParty(net, '10.0.0.2:6000');
    party.alsoAt('10.0.0.3:6000');
    exchange(agent, party);
    party.check(OURS);
    party.check(OURS, '10.0.0.3:6000');
    expect(selected.map(({ address }) => address)).toEqual(['10.0.0.2']);
    const used: IcePath[] = [];
    const original = agent.datagram.bind(agent);
    agent.datagram = (path) => used.push(path);
    party.send(OURS, media('probe'), '10.0.0.3:6000');
    agent.datagram = original;
    const [path] = used;
    if (!path) throw new Error('the path is nobody’s');
    agent.media(path, performance.now());
    expect(selected.at(-1)?.address).toBe('10.0.0.3');
    expect(hub.size.paths).toBe(2);
  });

  it('answers every signed check, from however many addresses, and connects on the last one', () => {
    const net = new Net();
    const { agent, selected } = gateway(net, false, '10.0.0.8', '10.0.0.9');
    const party = new IceParty(net, '10.0.0.2:6000');
    exchange(agent, party);
    party.answers = false;
    for (let port = 1; port <= 500; port += 1) {
      const from = `10.0.1.1:${String(port)}`;
      party.alsoAt(from);
      party.check('10.0.0.8:5000', from);
    }
    expect(party.answered).toBe(500);
    party.answers = true;
    party.check('10.0.0.9:5000');
    expect(agent.isConnected).toBe(true);
    expect(selected.at(-1)?.socket.address).toBe('10.0.0.9');
  });

  it('leaves nothing in the hub when it is closed', () => {
    const net = new Net();
    const { agent, hub } = gateway(net);
    const party = new IceParty(net, '10.0.0.2:6000');
    exchange(agent, party);
    party.check(OURS);
    party.answers = false;
    party.check(OURS, '10.0.0.9:6000');
    agent.restart(true);
    expect(hub.size).toEqual({ agents: 2, checks: 1, paths: 1 });
    agent.close();
    expect(hub.size).toEqual({ agents: 0, checks: 0, paths: 0 });
  });
});

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
    for (let i = 0; i < 50; i += 1) party.send(OURS, media(String(i)));
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
        if (Math.round(now - start) % 2_000 < 20) party.check(OURS);
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

describe('a candidate of ours', () => {
  it('ranks higher after each restart, and never above a browser’s own address', () => {
    const priority = candidatePriority('host', 65_535);
    const line = `candidate:1 1 udp ${String(priority)} 192.0.2.1 4000 typ host`;
    const priorityOf = (generation: number) => Number(ofGeneration(line, generation).split(' ')[3]);
    expect(priorityOf(0)).toBe(priority);
    expect(priorityOf(1)).toBeGreaterThan(priorityOf(0));
    // RFC 8445, 5.1.2.2: 100 for server-reflexive candidates.
    expect(priorityOf(1000)).toBeLessThan(100 * 2 ** 24);
  });
});
