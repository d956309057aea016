import { afterEach, describe, expect, it } from 'vitest';
import { closeAgents, exchange, gateway, media, OURS, texts } from '../testing/ice-ends.ts';
import { IceParty, Net } from '../testing/ice-party.ts';
import { candidatePriority, ofGeneration } from './candidates.ts';
import type { IcePath } from './ice-path.ts';
import { readStun, writeRequest } from './stun.ts';

afterEach(closeAgents);

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
    for (let t = 0; t < 40_000; t += 20) {
      agent.tick(now + t);
    }
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

  it('forgets the paths of a socket that is closed, in use or not, and goes on by another', () => {
    const net = new Net();
    const { agent, hub } = gateway(net, false, '10.0.0.9');
    const party = new IceParty(net, '10.0.0.2:6000');
    exchange(agent, party);
    party.answers = false;
    party.check(OURS);
    const [ours] = hub.sockets;
    if (!ours) {
      throw new Error('There is no socket');
    }
    hub.remove(ours);
    expect(hub.size).toMatchObject({ checks: 0, paths: 0 });
    const sent = net.log.length;
    const now = performance.now();
    for (let t = 0; t < 10_000; t += 20) {
      agent.tick(now + t);
    }
    expect(net.log).toHaveLength(sent);
    party.answers = true;
    party.check('10.0.0.9:5000');
    expect(agent.isConnected).toBe(true);
  });

  it('tells of a fault of ours in what it is handed, and the socket that all share goes on', () => {
    const net = new Net();
    const { agent, hub } = gateway(net);
    const party = new IceParty(net, '10.0.0.2:6000');
    exchange(agent, party);
    const errors: unknown[] = [];
    agent.failed = (error) => errors.push(error);
    agent.request = () => {
      throw new Error('broken');
    };
    party.check(OURS);
    expect(errors).toMatchObject([{ message: 'broken' }]);
    expect(hub.size.agents).toBe(1);
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

  it('ignores checks that are unsigned or signed by a stranger; one that names another party leads to nothing', () => {
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
    expect(net.log.filter(({ to }) => to === from)).toEqual([]);
    net.deliver(from, OURS, check(`${ufrag}:zzzz`, password));
    net.deliver(from, OURS, media('injected'));
    agent.tick(performance.now() + 100);
    const answers = net.log.filter(({ to }) => to === from);
    expect(answers.map(({ data }) => readStun(data)?.kind)).toEqual(['success']);
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
    if (!answer || readStun(answer)?.kind !== 'success') {
      throw new Error('no answer was sent');
    }
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

  it('takes a new path whose checks name our former user name, as Chromium’s do after its restart', () => {
    const net = new Net();
    const { agent, got } = gateway(net);
    const party = new IceParty(net, '10.0.0.2:6000');
    exchange(agent, party);
    party.check(OURS);
    const former = agent.local;
    // It restarts: new credentials of its own on a new port, and ours as it knows them. Its offer is on its way.
    const again = new IceParty(net, '10.0.0.2:6001');
    again.remote = former;
    again.check(OURS);
    expect(again.answered).toBe(1);
    agent.restart(false);
    // On that path it knows us by the former name only, also when it checks us.
    agent.setRemote(again.local, performance.now());
    expect(agent.isConnected).toBe(true);
    again.check(OURS);
    expect(again.answered).toBe(2);
    again.send(OURS, media('new path'));
    expect(got).toEqual(['\u0080new path']);
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
    if (!path) {
      throw new Error('the path is nobody’s');
    }
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
