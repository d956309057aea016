import { expect, it } from 'vitest';
import { ManualClock } from '../../signaling/testing/manual-clock.ts';
import type { Flow } from './flow.ts';
import { InviteSession, type SessionEnd, type SessionHandlers } from './invite-session.ts';
import { Headers } from './headers.ts';
import {
  cseqOf,
  makeResponse,
  parseMessage,
  type SipRequest,
  type SipResponse,
} from './message.ts';
import { UserAgent } from './user-agent.ts';

const SDP = 'v=0\r\n';

/** A session of ours towards a peer that the test plays, on a flow that it can take away. */
function called(isReliable = true, own: Partial<SessionHandlers> = {}) {
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
      offerWanted: () => Promise.resolve(488),
      acknowledged: () => undefined,
      reoffered: () => Promise.resolve(SDP),
      digit: () => undefined,
      referred: () => 603,
      ...own,
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
    if (!request) {
      throw new Error(`no ${method}`);
    }
    const all = [['Contact', '<sip:peer@127.0.0.1>'] as const, ...headers];
    agent.receive(makeResponse(request, status, { toTag: 'peer', headers: all }), flow);
  };
  let sequence = 0;
  const ask = (
    method: string,
    headers: readonly (readonly [string, string])[] = [],
    body = '',
    number?: number,
  ): number => {
    const invite = requests()[0];
    if (!invite) {
      throw new Error('no INVITE');
    }
    const all = new Headers([
      ['Via', `SIP/2.0/TCP p;branch=z9hG4bK${String(++sequence)}`],
      ['From', `${invite.headers.get('To') ?? ''};tag=peer`],
      ['To', invite.headers.get('From') ?? ''],
      ['Call-ID', 'call'],
      ['CSeq', `${String(number ?? sequence)} ${method}`],
      ...headers,
    ]);
    if (body !== '' && !all.has('Content-Type')) {
      all.add('Content-Type', 'application/sdp');
    }
    const before = sent.length;
    agent.receive({ kind: 'request', method, uri: 'sip:us@x', headers: all, body }, flow);
    const answer = sent[before];
    const message = answer === undefined ? undefined : parseMessage(Buffer.from(answer));
    return message?.kind === 'response' ? message.status : 0;
  };
  const answers = (): SipResponse[] =>
    sent.flatMap((text) => {
      const message = parseMessage(Buffer.from(text));
      return message.kind === 'response' ? [message] : [];
    });
  return { answers, ask, clock, flow, way, agent, session, ended, requests, methods, reply };
}

it('an INVITE that was cancelled is not sent again with credentials', () => {
  const { session, methods, reply } = called();
  reply('INVITE', 100);
  session.end(487);
  reply('INVITE', 407, [['Proxy-Authenticate', 'Digest realm="net", nonce="n"']]);
  expect(methods()).toEqual(['INVITE', 'CANCEL', 'ACK']);
});

it('a nonce that went stale is answered anew, three times at most; wrong credentials once', () => {
  const challenge = (nonce: string, stale: string) =>
    [['Proxy-Authenticate', `Digest realm="net", nonce="${nonce}"${stale}`]] as const;
  const patient = called();
  for (const nonce of ['1', '2', '3', '4']) {
    patient.reply('INVITE', 407, challenge(nonce, ', stale=TRUE'));
  }
  expect(patient.methods().filter((method) => method === 'INVITE')).toHaveLength(4);
  expect(patient.ended).toMatchObject([{ status: 407 }]);
  const wrong = called();
  for (const nonce of ['1', '2']) {
    wrong.reply('INVITE', 407, challenge(nonce, ''));
  }
  expect(wrong.methods().filter((method) => method === 'INVITE')).toHaveLength(2);
  expect(wrong.ended).toMatchObject([{ status: 407 }]);
});

it('each request of a call is challenged with the nonce that the peer has by then', () => {
  const { session, requests, reply } = called();
  reply('INVITE', 407, [['Proxy-Authenticate', 'Digest realm="net", nonce="first"']]);
  reply('INVITE', 200, [['Authentication-Info', 'nextnonce="second"']]);
  session.end(200);
  reply('BYE', 407, [['Proxy-Authenticate', 'Digest realm="net", nonce="second"']]);
  const used = requests().map(
    ({ method, headers }) =>
      `${method} ${/nonce="(\w+)"/.exec(headers.get('Proxy-Authorization') ?? '')?.[1] ?? ''}`,
  );
  expect(used).toEqual(['INVITE ', 'ACK ', 'INVITE first', 'ACK first', 'BYE ', 'BYE second']);
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

it('goes by a strict router as RFC 3261, 12.2.1.1 says', () => {
  const { session, requests, reply } = called();
  reply('INVITE', 200, [['Record-Route', '<sip:second@r.example>, <sip:first@r.example>']]);
  session.end(200);
  const bye = requests().at(-1);
  expect(bye?.uri).toBe('sip:first@r.example');
  expect(bye?.headers.all('Route')).toEqual(['<sip:second@r.example>', '<sip:peer@127.0.0.1>']);
});

it('an offer that is no description is refused, and an early UPDATE is told when to come again', () => {
  const { ask, answers, reply } = called();
  reply('INVITE', 180);
  expect(ask('UPDATE', [['Content-Type', 'application/sdp']], SDP)).toBe(491);
  reply('INVITE', 200);
  expect(ask('INVITE', [['Content-Type', 'text/plain']], SDP)).toBe(415);
  const zipped = [
    ['Content-Type', 'application/sdp'],
    ['Content-Encoding', 'gzip'],
  ] as const;
  expect(ask('INVITE', zipped, SDP)).toBe(415);
  expect(answers().at(-1)?.headers.get('Accept')).toContain('application/sdp');
});

it('a peer that knows no timers is not asked to refresh, nor required to know them', () => {
  const { ask, answers, methods, reply, clock } = called();
  reply('INVITE', 200, [['Allow', 'UPDATE']]);
  expect(ask('UPDATE', [['Session-Expires', '120']])).toBe(200);
  const { headers } = answers().at(-1) ?? {};
  expect(headers?.get('Session-Expires')).toBe('120;refresher=uas');
  expect(headers?.has('Require')).toBe(false);
  clock.advance(60_000);
  expect(methods().at(-1)).toBe('UPDATE');
});

const TIMED = [['Session-Expires', '90;refresher=uac']] as const;

it('a re-INVITE without an offer is refused where there is none to make, and one that expires too soon', async () => {
  const { ask, answers, reply, session } = called();
  reply('INVITE', 200);
  ask('INVITE');
  await new Promise((resolve) => setImmediate(resolve));
  expect(answers().at(-1)?.status).toBe(488);
  const tooSoon = [
    ['Supported', 'timer'],
    ['Session-Expires', '20'],
  ] as const;
  expect(ask('INVITE', tooSoon, SDP)).toBe(422);
  expect(ask('UPDATE', tooSoon)).toBe(422);
  expect(session.isUp).toBe(true);
});

it('a session that is asked to last for months is given a day', () => {
  const { clock, ask, reply, ended } = called();
  reply('INVITE', 200);
  const months = [
    ['Supported', 'timer'],
    ['Session-Expires', '9999999;refresher=uac'],
  ] as const;
  expect(ask('UPDATE', months)).toBe(200);
  clock.advance(86_000_000);
  expect(ended).toEqual([]);
  clock.advance(400_000);
  expect(ended).toHaveLength(1);
});

it('a refresh is sent again after glare, and none once the peer wants no timer', () => {
  const { clock, methods, reply, ended } = called();
  reply('INVITE', 200, [...TIMED, ['Allow', 'UPDATE']]);
  clock.advance(45_000);
  reply('UPDATE', 491);
  clock.advance(4_000);
  expect(methods().slice(2)).toEqual(['UPDATE', 'UPDATE']);
  reply('UPDATE', 200);
  clock.advance(900_000);
  expect(methods().slice(2)).toEqual(['UPDATE', 'UPDATE']);
  expect(ended).toEqual([]);
});

it.each(['UPDATE', 'INVITE'])(
  'a refresh by %s waits for a connection that is opened again, and no longer than the session',
  (method) => {
    const { clock, way, reply, methods, ended } = called();
    reply('INVITE', 200, [...TIMED, ['Allow', method]]);
    const { current } = way;
    way.current = null;
    clock.advance(58_000);
    expect([methods(), ended]).toEqual([['INVITE', 'ACK'], []]);
    way.current = current;
    clock.advance(4_100);
    expect(methods().at(-1)).toBe(method);
    reply(method, 200, TIMED);
    way.current = null;
    clock.advance(44_000);
    expect(ended).toEqual([]);
    // Nor does it wait for ever.
    clock.advance(70_000);
    expect(ended).toHaveLength(1);
  },
);

it('a refresh by INVITE is sent again after 500', () => {
  const { clock, methods, reply } = called();
  reply('INVITE', 200, TIMED);
  clock.advance(45_000);
  reply('INVITE', 500);
  clock.advance(4_000);
  expect(methods().slice(2)).toEqual(['INVITE', 'ACK', 'INVITE']);
});

it('a call that rings goes on when a datagram cannot be sent; one that nothing was heard of fails', () => {
  const ringing = called(false);
  ringing.reply('INVITE', 180);
  ringing.agent.unsent(ringing.flow);
  expect(ringing.ended).toEqual([]);
  ringing.reply('INVITE', 200);
  expect(ringing.session.isUp).toBe(true);
  const unheard = called(false);
  unheard.agent.unsent(unheard.flow);
  expect(unheard.ended).toMatchObject([{ status: 503 }]);
});

it('a call outlives the connection that closes during a re-INVITE, which the next one takes', async () => {
  const { agent, clock, flow, session, ended, methods, reply } = called();
  reply('INVITE', 200);
  const answer = session.reoffer(SDP);
  agent.flowClosed(flow);
  expect(ended).toEqual([]);
  clock.advance(4_000);
  expect(methods().slice(2)).toEqual(['INVITE', 'INVITE']);
  reply('INVITE', 200);
  await expect(answer).resolves.toBeNull();
  expect(session.isUp).toBe(true);
});

it('a re-INVITE that no connection takes is given up, and the call goes on', async () => {
  const { agent, clock, flow, way, session, ended, reply } = called();
  reply('INVITE', 200);
  const answer = session.reoffer(SDP);
  way.current = null;
  agent.flowClosed(flow);
  clock.advance(20_000);
  await expect(answer).resolves.toBeNull();
  expect(ended).toEqual([]);
});

it('a late copy of an earlier ACK is not taken for the answer to an offer of ours', async () => {
  const heard: (string | undefined)[] = [];
  const { ask, answers, ended, reply } = called(true, {
    offerWanted: () => Promise.resolve(SDP),
    acknowledged: (sdp) => heard.push(sdp),
  });
  reply('INVITE', 200);
  ask('INVITE', [], SDP, 10);
  await new Promise((resolve) => setImmediate(resolve));
  ask('ACK', [], '', 10);
  ask('INVITE', [], '', 11);
  await new Promise((resolve) => setImmediate(resolve));
  expect(answers().at(-1)?.status).toBe(200);
  ask('ACK', [], '', 10);
  expect(heard).toEqual([]);
  ask('ACK', [], SDP, 11);
  expect(heard).toEqual([SDP]);
  expect(ended).toEqual([]);
});

it('offers of ours within the call are made one after the other, and each hears its own answer', async () => {
  const { session, requests, reply } = called();
  reply('INVITE', 200);
  const settled: string[] = [];
  const wait = () => new Promise((resolve) => setImmediate(resolve));
  const first = session.reoffer('v=1\r\n').then((answer) => settled.push(`first ${answer}`));
  const none = session.reoffer(() => Promise.resolve(null));
  const broken = session.reoffer(() => Promise.reject(new Error('no codec')));
  const second = session.reoffer('v=2\r\n').then((answer) => settled.push(`second ${answer}`));
  const refused = expect(broken).rejects.toThrow('no codec');
  await wait();
  const bodies = () =>
    requests()
      .filter(({ method }) => method === 'INVITE')
      .map(({ body }) => body);
  expect(bodies()).toEqual([SDP, 'v=1\r\n']);
  reply('INVITE', 488);
  await wait();
  expect(bodies()).toEqual([SDP, 'v=1\r\n', 'v=2\r\n']);
  session.end(200);
  await Promise.all([first, second, refused]);
  expect(settled).toEqual(['first null', 'second null']);
  await expect(none).resolves.toBeNull();
});

it('a REFER that fails by a fault of ours leaves the next one its way', () => {
  let isBroken = true;
  const { ask, reply } = called(true, {
    referred: () => {
      if (isBroken) {
        throw new Error('a fault');
      }
      return 603;
    },
  });
  reply('INVITE', 200);
  const refer = [['Refer-To', '<sip:b@c>']] as const;
  expect(() => ask('REFER', refer)).toThrow('a fault');
  isBroken = false;
  expect(ask('REFER', refer)).toBe(603);
});
