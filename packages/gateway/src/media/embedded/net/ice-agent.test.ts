import type { RemoteInfo } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { IceAgent } from './ice-agent.ts';
import { IceHub } from './ice-hub.ts';
import type { IcePath } from './ice-path.ts';
import { candidatePriority, ofGeneration, parseCandidate } from './ice-path.ts';
import { writeRequest } from './stun.ts';
import type { LocalSocket } from './udp-socket.ts';

/** Two agents, each with a hub of its own, on a network that delivers at once unless told otherwise. */
class Net {
  readonly log: { from: string; to: string; data: Buffer }[] = [];
  drop: (from: string, to: string) => boolean = () => false;
  readonly #ends = new Map<string, { hub: IceHub; socket: LocalSocket }>();

  attach(hub: IceHub, address: string, port: number): LocalSocket {
    const socket: LocalSocket = {
      address,
      port,
      ipv6: false,
      send: (data, toPort, toAddress) => {
        this.deliver(`${address}:${String(port)}`, `${toAddress}:${String(toPort)}`, data);
      },
    };
    this.#ends.set(`${address}:${String(port)}`, { hub, socket });
    return socket;
  }

  deliver(from: string, to: string, data: Buffer): void {
    this.log.push({ from, to, data });
    const end = this.#ends.get(to);
    if (!end || this.drop(from, to)) return;
    const [address = '', port] = from.split(':');
    const info: RemoteInfo = { address, port: Number(port), family: 'IPv4', size: data.length };
    end.hub.datagram(end.socket, data, info, from);
  }
}

interface Side {
  readonly hub: IceHub;
  readonly agent: IceAgent;
  readonly got: string[];
  readonly selected: IcePath[];
}

const open: IceAgent[] = [];

afterEach(() => {
  for (const agent of open.splice(0)) agent.close();
});

function side(net: Net, controlling: boolean, ...addresses: string[]): Side {
  const hub = new IceHub();
  hub.open(addresses.map((address) => net.attach(hub, address, 5000)));
  const got: string[] = [];
  const selected: IcePath[] = [];
  const agent = new IceAgent(hub, controlling, {
    datagram: (_path, data) => got.push(data.toString('latin1')),
    selected: (path) => selected.push(path),
  });
  open.push(agent);
  return { hub, agent, got, selected };
}

const candidate = (address: string, port = 5000) => {
  const parsed = parseCandidate(`candidate:1 1 udp 1 ${address} ${String(port)} typ host`);
  if (!parsed) throw new Error('no candidate');
  return parsed;
};

function exchange(a: Side, b: Side): void {
  const now = performance.now();
  a.agent.setRemote(b.agent.local, now);
  b.agent.setRemote(a.agent.local, now);
}

/** Application data starts with a byte that is not STUN. */
const media = (text: string): Buffer => Buffer.from(`\u0080${text}`, 'latin1');

describe('an ICE agent', () => {
  it('connects to a party that it has no candidate of, by the party’s checks', () => {
    const net = new Net();
    const a = side(net, true, '10.0.0.1');
    const b = side(net, false, '10.0.0.2');
    exchange(a, b);
    a.agent.addCandidate(candidate('10.0.0.2'), performance.now());
    a.agent.tick(performance.now());
    expect(a.agent.isConnected).toBe(true);
    expect(b.agent.isConnected).toBe(true);
    a.agent.send(media('hello'));
    b.agent.send(media('you'));
    expect([a.got, b.got]).toEqual([['\u0080you'], ['\u0080hello']]);
  });

  it.each([true, false])('settles the roles when both sides say controlling = %s', (role) => {
    const net = new Net();
    const a = side(net, role, '10.0.0.1');
    const b = side(net, role, '10.0.0.2');
    exchange(a, b);
    const now = performance.now();
    a.agent.addCandidate(candidate('10.0.0.2'), now);
    b.agent.addCandidate(candidate('10.0.0.1'), now);
    for (let t = 0; t < 1_000; t += 20) {
      a.agent.tick(now + t);
      b.agent.tick(now + t);
    }
    expect([a.agent.isConnected, b.agent.isConnected]).toEqual([true, true]);
  });

  it('answers a check that comes before the party’s description, and uses it later', () => {
    const net = new Net();
    const a = side(net, true, '10.0.0.1');
    const b = side(net, false, '10.0.0.2');
    const now = performance.now();
    a.agent.setRemote(b.agent.local, now);
    a.agent.addCandidate(candidate('10.0.0.2'), now);
    a.agent.tick(now);
    expect(a.agent.isConnected).toBe(true);
    expect(b.agent.isConnected).toBe(false);
    b.agent.setRemote(a.agent.local, now);
    expect(b.agent.isConnected).toBe(true);
  });

  it('ignores checks that are unsigned, signed by a stranger or for another party', () => {
    const net = new Net();
    const a = side(net, false, '10.0.0.1');
    const b = side(net, true, '10.0.0.2');
    a.agent.setRemote(b.agent.local, performance.now());
    const { ufrag, password } = a.agent.local;
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
    net.deliver(from, '10.0.0.1:5000', check(`${ufrag}:${b.agent.local.ufrag}`, 'guessed'));
    net.deliver(from, '10.0.0.1:5000', check(`zzzz:${b.agent.local.ufrag}`, password));
    net.deliver(from, '10.0.0.1:5000', check(`${ufrag}:zzzz`, password));
    net.deliver(from, '10.0.0.1:5000', media('injected'));
    expect(net.log.filter(({ to }) => to === from)).toEqual([]);
    expect(a.got).toEqual([]);
    expect(a.hub.size.paths).toBe(0);
  });

  it('takes no answer from elsewhere and none that is not signed', () => {
    const net = new Net();
    const a = side(net, true, '10.0.0.1');
    const b = side(net, false, '10.0.0.2');
    exchange(a, b);
    net.drop = (from) => from === '10.0.0.2:5000';
    a.agent.addCandidate(candidate('10.0.0.2'), performance.now());
    a.agent.tick(performance.now());
    const answer = net.log.find(({ from }) => from === '10.0.0.2:5000')?.data;
    if (!answer) throw new Error('no answer was sent');
    net.drop = () => false;
    net.deliver('10.6.6.6:6666', '10.0.0.1:5000', answer);
    const damaged = Buffer.from(answer);
    damaged.writeUInt8(damaged.readUInt8(45) ^ 1, 45);
    net.deliver('10.0.0.2:5000', '10.0.0.1:5000', damaged);
    expect(a.agent.isConnected).toBe(false);
    net.deliver('10.0.0.2:5000', '10.0.0.1:5000', answer);
    expect(a.agent.isConnected).toBe(true);
  });

  it('repeats checks that are lost', () => {
    const net = new Net();
    const a = side(net, true, '10.0.0.1');
    const b = side(net, false, '10.0.0.2');
    exchange(a, b);
    let count = 0;
    net.drop = () => (count += 1) <= 4;
    const now = performance.now();
    a.agent.addCandidate(candidate('10.0.0.2'), now);
    for (let t = 0; t < 2_000; t += 20) a.agent.tick(now + t);
    expect(a.agent.isConnected).toBe(true);
  });

  it('keeps its path through a restart until the new generation has one', () => {
    const net = new Net();
    const a = side(net, false, '10.0.0.1');
    const b = side(net, true, '10.0.0.2', '10.0.0.3');
    exchange(a, b);
    const now = performance.now();
    b.agent.addCandidate(candidate('10.0.0.1'), now);
    net.drop = (from, to) => from.startsWith('10.0.0.3') || to.startsWith('10.0.0.3');
    b.agent.tick(now);
    expect(a.agent.isConnected).toBe(true);

    b.agent.restart(true);
    a.agent.restart(false);
    exchange(a, b);
    expect(a.agent.isConnected).toBe(false);
    a.agent.send(media('old path'));
    expect(b.got).toEqual(['\u0080old path']);

    // Now only the other address works.
    net.drop = (from, to) => from.startsWith('10.0.0.2') || to.startsWith('10.0.0.2');
    b.agent.addCandidate(candidate('10.0.0.1'), now);
    for (let t = 0; t < 500; t += 20) b.agent.tick(now + t);
    expect(a.agent.isConnected).toBe(true);
    a.agent.send(media('new path'));
    expect(b.got).toEqual(['\u0080old path', '\u0080new path']);
    expect(a.selected.at(-1)?.address).toBe('10.0.0.3');
  });

  it('follows the party’s media to another path that was nominated', () => {
    const net = new Net();
    const a = side(net, false, '10.0.0.1');
    const b = side(net, true, '10.0.0.2', '10.0.0.3');
    exchange(a, b);
    const now = performance.now();
    b.agent.addCandidate(candidate('10.0.0.1'), now);
    b.agent.tick(now);
    expect(a.selected.map(({ address }) => address)).toEqual(['10.0.0.2']);
    const check = writeRequest({
      transaction: Buffer.from('bbbbbbbbbbbb'),
      username: `${a.agent.local.ufrag}:${b.agent.local.ufrag}`,
      password: a.agent.local.password,
      priority: 1,
      controlling: true,
      tieBreaker: 1n,
    });
    net.deliver('10.0.0.3:5000', '10.0.0.1:5000', check);
    expect(a.selected).toHaveLength(1);
    const other = pathTo(net, a, '10.0.0.3');
    a.agent.media(other, now);
    expect(a.selected.at(-1)?.address).toBe('10.0.0.3');
  });

  it('passes over candidates that it cannot use, and bounds those that it can', () => {
    const net = new Net();
    const a = side(net, true, '10.0.0.1');
    const b = side(net, false, '10.0.0.2');
    exchange(a, b);
    const now = performance.now();
    for (const text of [
      'candidate:1 1 udp 1 abc.local 5000 typ host',
      'candidate:1 1 tcp 1 10.0.0.2 9 typ host tcptype active',
      'candidate:1 2 udp 1 10.0.0.2 5001 typ host',
      'candidate:1 1 udp 1 fd00::2 5000 typ host',
      'candidate:1 1 udp 1 10.0.0.2 0 typ host',
    ]) {
      const parsed = parseCandidate(text);
      if (parsed) a.agent.addCandidate(parsed, now);
    }
    a.agent.tick(now);
    expect(net.log).toEqual([]);
    for (let port = 1000; port < 1100; port += 1) {
      a.agent.addCandidate(candidate('10.9.9.9', port), now);
    }
    for (let t = 0; t < 40_000; t += 20) a.agent.tick(now + t);
    const targets = new Set(net.log.map(({ to }) => to));
    // The IPv6 address counts too: it is one that we could have used.
    expect(targets.size).toBe(31);
    expect(net.log.length).toBeLessThanOrEqual(32 * 20);
  });

  it('leaves nothing in the hub when it is closed', () => {
    const net = new Net();
    const a = side(net, true, '10.0.0.1');
    const b = side(net, false, '10.0.0.2');
    exchange(a, b);
    a.agent.addCandidate(candidate('10.0.0.2'), performance.now());
    a.agent.addCandidate(candidate('10.0.0.9'), performance.now());
    a.agent.tick(performance.now());
    a.agent.restart(true);
    expect(a.hub.size.agents).toBe(2);
    a.agent.close();
    b.agent.close();
    expect(a.hub.size).toEqual({ agents: 0, checks: 0, paths: 0 });
    expect(b.hub.size).toEqual({ agents: 0, checks: 0, paths: 0 });
  });
});

/** The path of a side to an address, found by sending from there. */
function pathTo(net: Net, { hub, agent }: Side, address: string): IcePath {
  const found: IcePath[] = [];
  const original = agent.datagram.bind(agent);
  agent.datagram = (path) => found.push(path);
  const [socket] = hub.sockets;
  if (socket) net.deliver(`${address}:5000`, `${socket.address}:5000`, media('probe'));
  agent.datagram = original;
  const [path] = found;
  if (!path) throw new Error('no such path');
  return path;
}

describe('a candidate line', () => {
  it('is read with and without its prefix', () => {
    const text =
      'candidate:1 1 UDP 2122 192.0.2.1 4000 typ srflx raddr 10.0.0.1 rport 9 ufrag ab+/';
    const expected = {
      foundation: '1',
      component: 1,
      transport: 'udp',
      priority: 2122,
      address: '192.0.2.1',
      port: 4000,
      type: 'srflx',
      ufrag: 'ab+/',
    };
    expect(parseCandidate(text)).toEqual(expected);
    expect(parseCandidate(`a=${text}`)).toEqual(expected);
  });

  it('of ours ranks higher after each restart, and never above a browser’s own address', () => {
    const priority = candidatePriority('host', 65_535);
    const line = `candidate:1 1 udp ${String(priority)} 192.0.2.1 4000 typ host`;
    const priorityOf = (generation: number) =>
      parseCandidate(ofGeneration(line, generation))?.priority ?? 0;
    expect(priorityOf(0)).toBe(priority);
    expect(priorityOf(1)).toBeGreaterThan(priorityOf(0));
    // RFC 8445, 5.1.2.2: 100 for server-reflexive candidates.
    expect(priorityOf(1000)).toBeLessThan(100 * 2 ** 24);
  });

  it.each([
    '',
    'candidate:',
    'candidate:1 1 udp x 1.2.3.4 5 typ host',
    'candidate:1 1 udp 1 1.2.3.4 5 typ odd',
  ])('that is none is passed over: "%s"', (text) => {
    expect(parseCandidate(text)).toBeUndefined();
  });
});
