import { expect, it } from 'vitest';
import { ManualClock } from '../../signaling/testing/manual-clock.ts';
import type { Flow } from './flow.ts';
import { InviteSession, type SessionEnd } from './invite-session.ts';
import { cseqOf, makeResponse, parseMessage, type SipRequest } from './message.ts';
import { UserAgent } from './user-agent.ts';

const SDP = 'v=0\r\n';

/** A session of ours towards a peer that the test plays, on a flow that it can take away. */
function called(isReliable = true) {
  const clock = new ManualClock();
  const sent: string[] = [];
  const end = { address: '127.0.0.1', port: 5060 };
  const flow: Flow = {
    protocol: isReliable ? 'TCP' : 'UDP',
    isReliable,
    local: end,
    remote: end,
    isClosed: false,
    send: (data) => sent.push(data) > 0,
    close: () => undefined,
  };
  const way = { current: flow as Flow | null };
  const agent = new UserAgent(clock, () => undefined);
  const ended: SessionEnd[] = [];
  const session = InviteSession.outbound(
    agent,
    {
      credentials: { username: 'ann', password: 'x' },
      contact: '<sip:us@127.0.0.1>',
      server: flow,
      flowTo: () => way.current,
    },
    clock,
    { callId: 'call', from: { name: '', uri: 'sip:a@b' }, to: 'sip:c@d' },
    {
      progress: () => undefined,
      answered: () => undefined,
      ended: (how) => ended.push(how),
      reoffered: () => Promise.resolve(SDP),
      digit: () => undefined,
      referred: () => 603,
    },
  );
  session.call(SDP, []);
  const requests = (): SipRequest[] =>
    sent.flatMap((text) => {
      const message = parseMessage(Buffer.from(text));
      return message.kind === 'request' ? [message] : [];
    });
  const methods = (): string[] => requests().map(({ method }) => method);
  const reply = (
    method: string,
    status: number,
    headers: readonly (readonly [string, string])[] = [],
  ): void => {
    const request = requests().findLast((each) => each.method === method);
    if (!request) throw new Error(`no ${method}`);
    const all = [['Contact', '<sip:peer@127.0.0.1>'] as const, ...headers];
    agent.receive(makeResponse(request, status, { toTag: 'peer', headers: all }), flow);
  };
  return { clock, flow, way, agent, session, ended, requests, methods, reply };
}

it('an INVITE that was cancelled is not sent again with credentials', () => {
  const { session, methods, reply } = called();
  reply('INVITE', 100);
  session.end(487);
  reply('INVITE', 407, [['Proxy-Authenticate', 'Digest realm="net", nonce="n"']]);
  expect(methods()).toEqual(['INVITE', 'CANCEL', 'ACK']);
});

it('a CANCEL that the INVITE is never answered after leaves nothing behind', () => {
  const { clock, session, methods, reply } = called();
  reply('INVITE', 180);
  session.end(487);
  reply('CANCEL', 200);
  expect(methods()).toEqual(['INVITE', 'CANCEL']);
  clock.advance(32_000);
  expect(clock.pending).toBe(0);
  reply('INVITE', 487);
  expect(methods()).toEqual(['INVITE', 'CANCEL']);
});

it('a BYE waits for the connection that is being opened again', () => {
  const { clock, flow, way, session, methods, reply } = called();
  reply('INVITE', 200);
  way.current = null;
  session.end(200);
  clock.advance(10_000);
  expect(methods()).toEqual(['INVITE', 'ACK']);
  way.current = flow;
  clock.advance(500);
  expect(methods()).toEqual(['INVITE', 'ACK', 'BYE']);
  reply('BYE', 200);
  clock.advance(64_000);
  expect(clock.pending).toBe(0);
});

it('a BYE that finds no connection within 32 seconds is given up', () => {
  const { clock, way, session, reply } = called();
  reply('INVITE', 200);
  way.current = null;
  session.end(200);
  clock.advance(64_000);
  expect(clock.pending).toBe(0);
});

it('a BYE whose connection closes is sent on the next', () => {
  const { clock, flow, agent, session, requests, methods, reply } = called();
  reply('INVITE', 200);
  session.end(200);
  agent.flowClosed(flow);
  clock.advance(500);
  expect(methods()).toEqual(['INVITE', 'ACK', 'BYE', 'BYE']);
  const [first, second] = requests().slice(-2);
  expect(first && second && cseqOf(second.headers).number >= cseqOf(first.headers).number).toBe(
    true,
  );
});
