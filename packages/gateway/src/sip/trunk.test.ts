import { once } from 'node:events';
import { createServer as createWeb } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { configFrom } from '../config.ts';
import { Guard } from '../guard.ts';
import { ManualClock } from '../signaling/testing/manual-clock.ts';
import {
  makeResponse,
  parseMessage,
  serializeMessage,
  type SipMessage,
  type SipRequest,
} from './core/message.ts';
import { UserAgent } from './core/user-agent.ts';
import { SipNetwork } from './net/network.ts';
import { resolveServer, systemResolver, type Resolver } from './net/resolve.ts';
import { SipPeer } from './testing/sip-peer.ts';
import { Trunk } from './trunk.ts';

async function started(
  trunkConfig: Record<string, unknown>,
  clock = new ManualClock(),
  resolver: Resolver = systemResolver,
) {
  const { sip } = configFrom({ sip: { trunks: [{ name: 'net', ...trunkConfig }] } });
  const config = sip?.trunks[0];
  if (!config) {
    throw new Error('no trunk');
  }
  const logger = pino({ level: 'silent' });
  const heard: SipMessage[] = [];
  const agent = new UserAgent(clock, () => undefined);
  const network: SipNetwork = new SipNetwork(new Guard(logger, () => undefined), {
    message: (message, flow) => {
      agent.receive(message, flow);
      heard.push(message);
    },
    sent: () => undefined,
    malformed: () => undefined,
    closed: (flow) => {
      agent.flowClosed(flow);
      trunk.flowClosed(flow);
    },
    unsent: () => undefined,
    admits: () => true,
    accepted: () => undefined,
    error: () => undefined,
  });
  await network.listen('127.0.0.1', 0);
  const trunk = new Trunk(config, {
    network,
    agent,
    clock,
    logger,
    resolver,
    publicAddress: undefined,
  });
  onTestFinished(async () => {
    const closing = trunk.close();
    clock.advance(1_000);
    await closing;
    agent.dispose();
    await network.close();
  });
  trunk.start();
  return { trunk, clock, network, heard };
}

async function portOf(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return String((server.address() as AddressInfo).port);
}

/** Answers every request on a connection with one status. */
async function answering(status: number, onSocket: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    onSocket(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      const message = parseMessage(data);
      if (message.kind === 'request') {
        socket.write(serializeMessage(makeResponse(message, status, { toTag: 'x' })));
      }
    });
  });
  return `127.0.0.1:${await portOf(server)}`;
}

it('leaves a server that fails: the connection is closed when what was begun on it is over', async () => {
  const left: Socket[] = [];
  const sick = await answering(503, (socket) => left.push(socket));
  const well = await answering(200, () => undefined);
  const { trunk, clock } = await started({ servers: [sick, well], transport: 'tcp' });
  clock.advance(1_000);
  await expect
    .poll(() => {
      clock.advance(0);
      return trunk.state;
    })
    .toMatchObject({ state: 'up', server: well });
  expect(left.map((socket) => socket.closed)).toEqual([false]);
  clock.advance(32_000);
  await expect.poll(() => left.map((socket) => socket.closed)).toEqual([true]);
  expect(trunk.isUp).toBe(true);
});

it('calls each server by its own name', async () => {
  const hosts: string[] = [];
  const refusing = async (): Promise<string> => {
    const web = createWeb();
    web.on('upgrade', ({ headers }, socket) => {
      hosts.push(headers.host ?? '');
      socket.destroy();
    });
    return portOf(web);
  };
  const [first, second] = [await refusing(), await refusing()];
  const servers = [`localhost:${first}`, `127.0.0.1:${second}`];
  const { clock } = await started({ servers, transport: 'ws' });
  await expect
    .poll(() => {
      clock.advance(1_000);
      return hosts;
    })
    .toEqual(expect.arrayContaining(servers));
});

/** A trunk that registers by UDP, and what its registrar gets and says. */
async function registering() {
  const peer = await SipPeer.open();
  onTestFinished(() => {
    peer.close();
  });
  peer.answersPings = false;
  const { trunk, clock, network, heard } = await started({
    servers: [peer.place],
    username: 'acct',
    password: 'x',
    register: true,
  });
  const next = async (before = peer.received.length): Promise<SipRequest> => {
    await expect
      .poll(() => {
        clock.advance(0);
        return peer.received.length;
      })
      .toBeGreaterThan(before);
    const message = peer.received.at(-1);
    if (message?.kind !== 'request') {
      throw new Error('no request');
    }
    return message;
  };
  /** `seen`: what its Via is told of where it came from. */
  const reply = (
    request: SipRequest,
    status: number,
    headers: readonly (readonly [string, string])[] = [],
    seen = '',
  ): void => {
    const text = serializeMessage(makeResponse(request, status, { toTag: 'x', headers }));
    peer.send(seen === '' ? text : text.replace(/;rport\b/, seen), network.port);
  };
  clock.advance(1_000);
  return { trunk, clock, network, heard, peer, next, reply, first: await next() };
}

const contacts = ({ headers }: SipRequest): readonly string[] => headers.all('Contact');

it('behind a NAT takes the old Contact back, and registers anew at once only the first time', async () => {
  const { clock, network, heard, peer, next, reply, first } = await registering();
  const own = `<sip:acct@127.0.0.1:${String(network.port)}>`;
  expect(contacts(first)).toEqual([own]);
  reply(first, 200, [], ';received=192.0.2.9;rport=7777');
  const second = await next();
  expect(contacts(second)).toEqual(['<sip:acct@192.0.2.9:7777>', `${own};expires=0`]);
  reply(second, 200, [], ';received=192.0.2.9;rport=8888');
  await expect.poll(() => heard.length).toBe(2);
  const count = peer.received.length;
  clock.advance(29_000);
  expect(peer.received).toHaveLength(count);
  clock.advance(1_000);
  const third = await next();
  expect(third.method).toBe('REGISTER');
  expect(contacts(third)).toEqual([
    '<sip:acct@192.0.2.9:8888>',
    '<sip:acct@192.0.2.9:7777>;expires=0',
  ]);
  reply(third, 200, [], ';received=192.0.2.9;rport=8888');
});

it('registers for as long as the registrar wants (423), and is pinged in between', async () => {
  const { trunk, clock, next, reply, first } = await registering();
  reply(first, 423, [['Min-Expires', '3600']]);
  const second = await next();
  expect(second.headers.get('Expires')).toBe('3600');
  // Another phone of the same account is about to expire; we are not.
  reply(second, 200, [
    ['Contact', `<sip:acct@192.0.2.77>;expires=25, ${contacts(second)[0] ?? ''};expires=3600`],
  ]);
  await expect.poll(() => trunk.isUp).toBe(true);
  clock.advance(30_000);
  const third = await next();
  expect(third.method).toBe('OPTIONS');
  reply(third, 200);
});

it('does not try the addresses that its socket cannot reach', async () => {
  const { trunk, clock } = await started({ servers: ['[::1]:5060'] });
  clock.advance(1_000);
  await expect.poll(() => trunk.state.reason).toBe('the name of no server leads anywhere');
});

const SRV: Resolver = {
  srv: () =>
    Promise.resolve([
      { name: 'c.example.', port: 5062, priority: 20, weight: 0 },
      { name: 'a.example.', port: 5060, priority: 10, weight: 30 },
      { name: 'b.example.', port: 5061, priority: 10, weight: 70 },
    ]),
  addresses: (name) =>
    Promise.resolve([{ 'a.example': '192.0.2.1', 'b.example': '192.0.2.2' }[name] ?? '192.0.2.3']),
};

it('draws among servers of one priority by their weights, and takes the next priority last', async () => {
  const server = { host: 'sip.example', port: undefined };
  const firsts = new Map<number, number>();
  for (let n = 0; n < 100; n++) {
    const random = (): number => (n + 0.5) / 100;
    const found = await resolveServer(server, 'udp', SRV, random);
    expect(found.at(-1)).toEqual({ address: '192.0.2.3', port: 5062 });
    const port = found[0]?.port ?? 0;
    firsts.set(port, (firsts.get(port) ?? 0) + 1);
  }
  expect([firsts.get(5060), firsts.get(5061)]).toEqual([30, 70]);
});

it('asks for the name itself where there are no records, and where the service is said not to be there', async () => {
  const server = { host: 'sip.example', port: undefined };
  const none: Resolver = { ...SRV, srv: () => Promise.reject(new Error('ENOTFOUND')) };
  const root = [{ name: '.', port: 5060, priority: 0, weight: 0 }];
  const away: Resolver = { ...SRV, srv: () => Promise.resolve(root) };
  for (const resolver of [none, away]) {
    expect(await resolveServer(server, 'tls', resolver)).toEqual([
      { address: '192.0.2.3', port: 5061 },
    ]);
  }
});

it('leaves a server alone for as long as it asks to be, and goes to the next one meanwhile', async () => {
  const asked = [0, 0];
  const server = async (at: number, retryAfter: string): Promise<string> => {
    const tcp = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        const message = parseMessage(data);
        if (message.kind !== 'request') {
          return;
        }
        asked[at] = (asked[at] ?? 0) + 1;
        const headers = [['Retry-After', retryAfter]] as const;
        socket.write(serializeMessage(makeResponse(message, 503, { toTag: 'x', headers })));
      });
    });
    return `127.0.0.1:${await portOf(tcp)}`;
  };
  const servers = [await server(0, '200 (maintenance)'), await server(1, '40;duration=60')];
  const { trunk, clock, heard } = await started({ servers, transport: 'tcp' });
  clock.advance(1_000);
  await expect.poll(() => (clock.advance(0), asked)).toEqual([1, 1]);
  // The waits are counted from the answers.
  await expect.poll(() => heard.length).toBe(2);
  expect(trunk.state.reason).toContain('refused with 503');
  clock.advance(39_000);
  expect(asked).toEqual([1, 1]);
  // The second one is ready first.
  clock.advance(6_000);
  await expect.poll(() => (clock.advance(0), asked)).toEqual([1, 2]);
});

it('tries again after waits that grow, spread so that many do not come at once', async () => {
  const { clock, heard, next, reply, peer, first } = await registering();
  let request = first;
  for (let tries = 0; tries < 8; tries++) {
    const before = peer.received.length;
    reply(request, 500);
    await expect.poll(() => heard.length).toBe(tries + 1);
    const most = Math.min(60_000, 1_000 * 2 ** tries);
    clock.advance(most / 2 - 1);
    // What was sent would be here with the next turns.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(peer.received).toHaveLength(before);
    clock.advance(most / 2 + 1);
    request = await next(before);
  }
  reply(request, 200);
});
