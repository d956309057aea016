import { pino } from 'pino';
import { connect } from 'node:net';
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Guard } from '../../guard.ts';
import type { Flow } from '../core/flow.ts';
import { SipNetwork, type NetworkHandlers } from './network.ts';

const OPTIONS = [
  'OPTIONS sip:a@b SIP/2.0',
  'Via: SIP/2.0/UDP a.example;rport;branch=z9hG4bK1',
  'From: <sip:a@b>;tag=1',
  'To: <sip:a@b>',
  'Call-ID: x',
  'CSeq: 1 OPTIONS',
  'Content-Length: 0',
  '',
  '',
].join('\r\n');

async function listening(handlers: Partial<NetworkHandlers> = {}, address = '127.0.0.1') {
  const caught: string[] = [];
  const guard = new Guard(pino({ level: 'silent' }), (boundary) => caught.push(boundary));
  const network = new SipNetwork(guard, {
    message: () => undefined,
    sent: () => undefined,
    malformed: () => undefined,
    closed: () => undefined,
    unsent: () => undefined,
    admits: () => true,
    accepted: () => undefined,
    error: () => undefined,
    ...handlers,
  });
  await network.listen(address, 0);
  onTestFinished(() => network.close());
  return { network, caught };
}

const nowhere = { address: '127.0.0.1', port: 0 };

describe('what throws', () => {
  const broken = {
    message: () => {
      throw new Error('broken');
    },
  };

  it('in a datagram ends nothing but it', async () => {
    const { network, caught } = await listening(broken);
    const socket = createSocket('udp4');
    onTestFinished(() => {
      socket.close();
    });
    socket.send(OPTIONS, network.port, '127.0.0.1');
    socket.send(OPTIONS, network.port, '127.0.0.1');
    await expect.poll(() => caught).toEqual(['sip', 'sip']);
  });

  it('in a connection ends the connection', async () => {
    const { network, caught } = await listening(broken);
    const socket = connect(network.port, '127.0.0.1');
    socket.write(OPTIONS);
    await once(socket, 'close');
    expect(caught).toEqual(['sip']);
  });
});

it('a flow to port 0 or of the other family says that it cannot send, and does not throw', async () => {
  const { network } = await listening();
  expect(network.datagrams(nowhere, nowhere).send('x')).toBe(false);
  expect(network.datagrams({ address: '::1', port: 5060 }, nowhere).send('x')).toBe(false);
  expect([network.reaches('127.0.0.1'), network.reaches('::1')]).toEqual([true, false]);
});

it('a datagram that the system refuses is told of', async () => {
  const unsent: Flow[] = [];
  const { network } = await listening({ unsent: (flow) => unsent.push(flow) });
  const flow = network.datagrams({ address: '127.0.0.1', port: 5060 }, nowhere);
  expect(flow.send('x'.repeat(70_000))).toBe(true);
  await expect.poll(() => unsent).toEqual([flow]);
});

it('a peer of IPv4 on a socket of IPv6 has its plain address, and is answered', async () => {
  const from: string[] = [];
  const message: NetworkHandlers['message'] = (_, flow) => {
    from.push(flow.remote.address);
    flow.send('answer');
  };
  const { network } = await listening({ message }, '::');
  const socket = createSocket('udp4');
  onTestFinished(() => {
    socket.close();
  });
  const answered = once(socket, 'message');
  socket.send(OPTIONS, network.port, '127.0.0.1');
  await answered;
  expect(from).toEqual(['127.0.0.1']);
});

it.each([
  ['asks for the port that it sends from', (port: number) => `127.0.0.1:${String(port)};rport`, 0],
  ['names the port that it listens on', (port: number) => `127.0.0.1:${String(port)}`, 1],
  ['names an address that is not its own', (port: number) => `192.0.2.7:${String(port)}`, 0],
] as const)('an answer goes back to a peer that %s', async (_, via, hears) => {
  const { network } = await listening({ message: (__, flow) => flow.send('answer') });
  const sockets = [createSocket('udp4'), createSocket('udp4')] as const;
  const answered = sockets.map((socket) => once(socket, 'message'));
  for (const socket of sockets) {
    socket.bind(0, '127.0.0.1');
  }
  await Promise.all(sockets.map((socket) => once(socket, 'listening')));
  onTestFinished(() => {
    for (const socket of sockets) {
      socket.close();
    }
  });
  const sentBy = via(sockets[1].address().port);
  const text = OPTIONS.replace('a.example;rport', sentBy);
  sockets[0].send(text, network.port, '127.0.0.1');
  await answered[hears];
});
