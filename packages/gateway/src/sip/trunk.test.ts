import { once } from 'node:events';
import { createServer as createWeb } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { configFrom } from '../config.ts';
import { Guard } from '../guard.ts';
import { ManualClock } from '../signaling/testing/manual-clock.ts';
import { makeResponse, parseMessage, serializeMessage } from './core/message.ts';
import { UserAgent } from './core/user-agent.ts';
import { SipNetwork } from './net/network.ts';
import { Trunk } from './trunk.ts';

async function started(trunkConfig: Record<string, unknown>, clock = new ManualClock()) {
  const { sip } = configFrom({ sip: { trunks: [{ name: 'net', ...trunkConfig }] } });
  const config = sip?.trunks[0];
  if (!config) throw new Error('no trunk');
  const logger = pino({ level: 'silent' });
  const agent = new UserAgent(clock, () => undefined);
  const network: SipNetwork = new SipNetwork(new Guard(logger, () => undefined), {
    message: (message, flow) => {
      agent.receive(message, flow);
    },
    malformed: () => undefined,
    closed: (flow) => {
      agent.flowClosed(flow);
      trunk.flowClosed(flow);
    },
    unsent: () => undefined,
    admits: () => true,
    error: () => undefined,
  });
  await network.listen('127.0.0.1', 0);
  const trunk = new Trunk(config, { network, agent, clock, logger, publicAddress: undefined });
  onTestFinished(async () => {
    await trunk.close();
    agent.dispose();
    await network.close();
  });
  trunk.start();
  return { trunk, clock };
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
