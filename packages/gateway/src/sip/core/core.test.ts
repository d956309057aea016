import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../signaling/testing/manual-clock.ts';
import {
  formatNameAddress,
  formatUri,
  parseNameAddress,
  parseUri,
  parseVia,
  tagOf,
} from './address.ts';
import { answerChallenge, chooseChallenge } from './digest.ts';
import type { Flow } from './flow.ts';
import {
  frameLength,
  makeResponse,
  parseMessage,
  serializeMessage,
  SipParseError,
  withReceived,
  type SipRequest,
  type SipResponse,
} from './message.ts';
import { parseReason } from './reason.ts';
import { Transactions } from './transactions.ts';
import { UserAgent } from './user-agent.ts';

const INVITE = [
  'INVITE sip:bob@b.example SIP/2.0',
  'v: SIP/2.0/UDP a.example;branch=z9hG4bK1, SIP/2.0/UDP c.example;branch=z9hG4bK2',
  'f: "A, B" <sip:ann@a.example>;tag=1',
  't: <sip:bob@b.example>',
  'i: call',
  'CSeq: 1 INVITE',
  'Subject: one',
  '  two',
  'l: 2',
  '',
  'hi',
].join('\r\n');

const parse = (text: string) => parseMessage(Buffer.from(text));

describe('a SIP message', () => {
  it('is read with compact names, folded lines and lists', () => {
    const { headers, body } = parse(INVITE);
    expect(headers.all('Via')).toHaveLength(2);
    expect(headers.get('Subject')).toBe('one two');
    expect(headers.get('From')).toContain('A, B');
    expect(body).toBe('hi');
  });

  it.each([
    ['no start line', INVITE.replace('SIP/2.0', 'SIP/3.0')],
    ['no Call-ID', INVITE.replace('i: call', 'Other: call')],
    ['a body that is cut', INVITE.replace('l: 2', 'l: 9')],
    ['another method in CSeq', INVITE.replace('1 INVITE', '1 BYE')],
    ['a number that is none', INVITE.replace('1 INVITE', '99999999999 INVITE')],
    ['a NUL', INVITE.replace('one', 'o\0e')],
    ['a header that is none', INVITE.replace('Subject:', 'Sub ject:')],
    ['too many headers', INVITE.replace('l: 2', Array(200).fill('X: 1').join('\r\n') + '\r\nl: 2')],
    ['headers without an end', 'INVITE '.repeat(9)],
  ])('is refused with %s', (_, text) => {
    expect(() => parse(text)).toThrow();
  });

  it.each([
    [
      'white space wherever the grammar has it',
      [
        'INVITE sip:bob@b.example;x=1 SIP/2.0',
        'TO :',
        ' sip:bob@b.example ;   tag    = 1918',
        'From   : "A \\\\\\""       <sip:ann@a.example>  ; tag = 98asjd8',
        'v:  SIP  / 2.0  / TCP     a.example ;',
        '  branch = z9hG4bK9ikj8 , SIP / 2.0 / UDP 192.0.2.1 ; branch=z9hG4bK30',
        'CSeq: 0009',
        '  INVITE',
        'cAlL-iD: x@y',
        's :',
        'Max-Forwards: 0068',
        'NewHeader: newfangled value',
        '\t more of it ;;,,;;,;',
        '',
        '',
      ],
      '98asjd8',
    ],
    [
      'a method of any characters of a token',
      [
        "!odd-Method01*_+`.%'~ sip:b@b.example SIP/2.0",
        'Via: SIP/2.0/UDP a.example;branch=z9hG4bK1',
        'To: "BEL:\\\\u0007 NUL DEL:" <sip:b@b.example>',
        'From: caller<sip:a@a.example>;tag=323',
        'Call-ID: !word%ZK-!.*_+\'@word`~)(><:\\\\/"][?}{',
        "CSeq: 139122385 !odd-Method01*_+`.%'~",
        '',
        '',
      ],
      '323',
    ],
    [
      'a datagram that goes on after the body',
      [...INVITE.split('\r\n'), 'INVITE sip:x@y SIP/2.0', ''],
      '1',
    ],
  ] as const)('is read with %s (RFC 4475)', (_, lines, tag) => {
    const { headers } = parse(lines.join('\r\n'));
    expect(tagOf(headers.get('From'))).toBe(tag);
    expect(parseVia(headers.get('Via') ?? '')?.parameters.get('branch')).toMatch(/^z9hG4bK/);
  });

  it.each([
    [400, 'two Call-IDs', INVITE.replace('i: call', 'i: call\r\nCall-ID: other')],
    [400, 'two tags of a caller', INVITE.replace('i: call', 'i: call\r\nFrom: <sip:m@a.example>')],
    [400, 'two lengths', INVITE.replace('l: 2', 'l: 2\r\nContent-Length: 0')],
    [400, 'a negative length', INVITE.replace('l: 2', 'l: -999')],
    [400, 'a length beyond its end', INVITE.replace('l: 2', 'l: 9999')],
    [400, 'another method in CSeq', INVITE.replace('1 INVITE', '1 OPTIONS')],
    [505, 'a later version of SIP', INVITE.replace('example SIP/2.0', 'example SIP/7.0')],
    [undefined, 'white space in the Request-URI', INVITE.replace('sip:bob@', 'sip:bob @')],
    [
      undefined,
      'a length beyond its end, of an ACK',
      INVITE.replaceAll('INVITE', 'ACK').replace('l: 2', 'l: 9'),
    ],
  ])('is answered with %s for %s', (status, _, text) => {
    let answer: SipResponse | undefined;
    try {
      parse(text);
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof SipParseError)) {
        throw error;
      }
      ({ answer } = error);
    }
    expect(answer?.status).toBe(status);
    if (answer) {
      expect(parse(serializeMessage(answer))).toMatchObject({ status });
    }
  });

  it('of a stream has the length that it says, and none is waited for without end', () => {
    const two = Buffer.from(INVITE + INVITE);
    expect(frameLength(two)).toBe(INVITE.length);
    expect(frameLength(two.subarray(0, 20))).toBeNull();
    expect(() => frameLength(Buffer.alloc(20_000, 0x41))).toThrow(/too long/);
    expect(() => frameLength(Buffer.from('A: 1\r\nContent-Length: 99999\r\n\r\n'))).toThrow();
  });
});

it.each([
  ['UDP a.example;branch=1', 'UDP a.example;branch=1;received=192.0.2.1'],
  ['UDP a.example;rport;branch=1', 'UDP a.example;branch=1;received=192.0.2.1;rport=99'],
  ['UDP a.example;branch=1;rport', 'UDP a.example;branch=1;received=192.0.2.1;rport=99'],
  ['UDP a.example;received=8.8.8.8;rport=7;b=1', 'UDP a.example;b=1;received=192.0.2.1;rport=99'],
])('a Via of %s is seen as %s', (via, seen) => {
  const message = parse(INVITE.replace('UDP a.example;branch=z9hG4bK1', via));
  if (message.kind !== 'request') {
    throw new Error('no request');
  }
  const { headers } = withReceived(message, { address: '192.0.2.1', port: 99 });
  expect(headers.all('Via')).toEqual([`SIP/2.0/${seen}`, 'SIP/2.0/UDP c.example;branch=z9hG4bK2']);
});

describe('addresses', () => {
  it('are read and written with what they may not hold escaped', () => {
    expect(parseUri('sip:+49%2330@[2001:DB8::1]:5070;transport=tcp?x=y')).toMatchObject({
      user: '+49#30',
      host: '2001:db8::1',
      port: 5070,
    });
    expect(parseUri('tel:+49-30-1')).toMatchObject({ scheme: 'tel', user: '+49301' });
    expect(parseUri('http://a')).toBeUndefined();
    expect(formatUri('a>b\r\n c', 'h')).toBe('sip:a%3Eb%0D%0A%20c@h');
    expect(formatNameAddress('A "B"\r\nX: y', 'sip:a@b')).toBe('"A \\"B\\" X: y" <sip:a@b>');
    expect(parseNameAddress('"A \\"B\\"" <sip:a@b>;tag=x')).toMatchObject({
      name: 'A "B"',
      uri: 'sip:a@b',
    });
  });
});

describe('digest', () => {
  it('answers as RFC 7616, 3.9.1 shows', () => {
    const challenge = chooseChallenge([
      'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
      'Digest realm="x", nonce="y", algorithm=MD5',
    ]);
    if (!challenge) {
      throw new Error('none');
    }
    const who = { username: 'Mufasa', password: 'Circle of Life' };
    const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';
    expect(answerChallenge(challenge, who, 'GET', '/dir/index.html', cnonce)).toContain(
      'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"',
    );
  });
});

it('a Reason header tells Q.850 and SIP apart', () => {
  expect(parseReason(['Q.850;cause=17;text="busy"', 'SIP ;cause=200'])).toEqual({
    q850: 17,
    sip: 200,
    text: 'busy',
  });
  expect(parseReason(['SIP;cause=600, Q.850;cause=16'])).toMatchObject({ q850: 16, sip: 600 });
  expect(parseReason(['nonsense'])).toMatchObject({ q850: undefined });
});

/** A flow that keeps what is sent. */
function flowOf(isReliable = false): Flow & { readonly sent: string[] } {
  const sent: string[] = [];
  const end = { address: '127.0.0.1', port: 5060 };
  const protocol = isReliable ? 'TCP' : 'UDP';
  return {
    sent,
    protocol,
    isReliable,
    local: end,
    remote: end,
    isClosed: false,
    send: (data) => sent.push(data) > 0,
    close: () => undefined,
  };
}

function transactions() {
  const clock = new ManualClock();
  const seen: string[] = [];
  const made = new Transactions(clock, {
    request: (transaction) => {
      seen.push(transaction.request.method);
      if (transaction.request.method === 'INVITE') {
        transaction.respond(486, { toTag: 'x' });
      }
    },
    acknowledgement: () => seen.push('ACK'),
    cancelled: () => seen.push('cancelled'),
    unacknowledged: () => seen.push('unacknowledged'),
  });
  return { clock, seen, made };
}

describe('transactions over datagrams', () => {
  const request = (method: string): SipRequest => {
    const message = parse(INVITE.replaceAll('INVITE', method));
    if (message.kind !== 'request') {
      throw new Error('no request');
    }
    return { ...message, headers: message.headers };
  };

  it('send an INVITE again at T1, 2 T1, 4 T1 ... for 64 T1, and give it up', () => {
    const { clock, made } = transactions();
    const flow = flowOf();
    const failed: string[] = [];
    made.request(request('INVITE'), flow, {
      response: () => undefined,
      failed: (why) => failed.push(why),
    });
    const start = clock.monotonic();
    const at = [500, 1_500, 3_500, 7_500, 15_500, 31_500].map((ms) => {
      clock.advance(start + ms - clock.monotonic());
      return flow.sent.length;
    });
    expect(at).toEqual([2, 3, 4, 5, 6, 7]);
    clock.advance(1_000);
    expect(failed).toEqual(['timeout']);
    expect(made.size).toBe(0);
  });

  it('send other requests again at most every T2, and never on a stream', () => {
    const { clock, made } = transactions();
    const [udp, tcp] = [flowOf(), flowOf(true)];
    const handlers = { response: () => undefined, failed: () => undefined };
    made.request(request('OPTIONS'), udp, handlers);
    made.request(request('OPTIONS'), tcp, handlers);
    for (let ms = 0; ms < 32_000; ms += 500) {
      clock.advance(500);
    }
    expect(udp.sent).toHaveLength(11);
    expect(tcp.sent).toHaveLength(1);
  });

  it('answer a repeated request with the same answer, and a refusal again until its ACK', () => {
    const { clock, seen, made } = transactions();
    const flow = flowOf();
    const invite = parse(INVITE);
    made.receive(invite, flow);
    made.receive(invite, flow);
    expect(seen).toEqual(['INVITE']);
    expect(flow.sent).toHaveLength(2);
    clock.advance(500);
    expect(flow.sent).toHaveLength(3);
    made.receive(parse(INVITE.replaceAll('INVITE', 'ACK')), flow);
    clock.advance(4_000);
    expect(flow.sent).toHaveLength(3);
    clock.advance(5_000);
    expect(made.size).toBe(0);
    expect(seen).toEqual(['INVITE']);
  });

  it('acknowledge a refusal themselves, each time that it comes', () => {
    const { made } = transactions();
    const flow = flowOf();
    const got: number[] = [];
    made.request(request('INVITE'), flow, {
      response: ({ status }) => got.push(status),
      failed: () => undefined,
    });
    const sent = parse(flow.sent[0] ?? '');
    if (sent.kind !== 'request') {
      throw new Error('no request');
    }
    for (let i = 0; i < 2; i++) {
      made.receive(makeResponse(sent, 486, { toTag: 'y' }), flow);
    }
    expect(got).toEqual([486]);
    expect(flow.sent.slice(1).map((text) => text.split(' ', 1)[0])).toEqual(['ACK', 'ACK']);
    made.dispose();
  });

  it('tell a copy of a request that came by another way that it is one (RFC 3261, 8.2.2.2)', () => {
    const { made, seen, clock } = transactions();
    const flow = flowOf();
    const options = INVITE.replaceAll('INVITE', 'OPTIONS').replace('z9hG4bK1', 'z9hG4bK3');
    made.receive(parse(INVITE), flow);
    made.receive(parse(INVITE.replace('z9hG4bK1', 'z9hG4bK3')), flow);
    made.receive(parse(options), flow);
    expect(seen).toEqual(['INVITE', 'OPTIONS']);
    expect(flow.sent[1]).toMatch(/^SIP\/2\.0 482 /);
    clock.advance(64_000);
    made.receive(parse(INVITE.replace('z9hG4bK1', 'z9hG4bK4')), flow);
    expect(seen.filter((method) => method === 'INVITE')).toHaveLength(2);
    made.dispose();
  });

  it('answer CANCEL at once, with 481 where there is nothing to cancel', () => {
    const { made, seen } = transactions();
    const flow = flowOf();
    made.receive(parse(INVITE.replaceAll('INVITE', 'CANCEL')), flow);
    expect(flow.sent[0]).toMatch(/^SIP\/2\.0 481 /);
    expect(seen).toEqual([]);
    expect(serializeMessage(parse(INVITE))).toContain('Content-Length: 2\r\n\r\nhi');
  });
});

describe('a user agent under a flood', () => {
  const ask = (method: string, id: number, to = '') => {
    const text = INVITE.replaceAll('INVITE', method)
      .replace('z9hG4bK1', `z9hG4bK${String(id)}`)
      .replace('i: call', `i: call${String(id)}`)
      .replace('t: <sip:bob@b.example>', `t: <sip:bob@b.example>${to}`);
    return parse(text);
  };
  const statusOf = (text: string | undefined) => Number(text?.split(' ')[1]);
  const at = (address: string) => ({ ...flowOf(), remote: { address, port: 5060 } });

  it('keeps nothing of requests for dialogs that are none, nor of those that are answered at once', () => {
    const agent = new UserAgent(
      new ManualClock(),
      () => undefined,
      ({ method }) => (method === 'OPTIONS' ? { status: 200 } : null),
    );
    const flow = flowOf();
    agent.receive(ask('BYE', 1, ';tag=x'), flow);
    agent.receive(ask('OPTIONS', 2), flow);
    agent.receive(ask('OPTIONS', 2), flow);
    expect(flow.sent.map(statusOf)).toEqual([481, 200, 200]);
    expect(flow.sent[1]).toBe(flow.sent[2]);
    expect(agent.transactions).toBe(0);
  });

  it('serves other addresses, and whoever is in a call, while one has more under way than its share', () => {
    const clock = new ManualClock();
    const agent = new UserAgent(clock, (transaction) => {
      transaction.respond(405, { toTag: 'x' });
    });
    agent.addDialog('call9999', 'ours', {
      request: (transaction) => {
        transaction.respond(200);
      },
      acknowledgement: () => undefined,
      unacknowledged: () => undefined,
    });
    const [flooding, other] = [at('192.0.2.1'), at('192.0.2.2')];
    for (let id = 0; id < 2_501; id++) {
      agent.receive(ask('MESSAGE', id), flooding);
    }
    expect(flooding.sent.slice(-2).map(statusOf)).toEqual([405, 503]);
    agent.receive(ask('BYE', 9999, ';tag=ours'), flooding);
    agent.receive(ask('MESSAGE', 5000), other);
    expect([flooding, other].map(({ sent }) => statusOf(sent.at(-1)))).toEqual([200, 405]);
    clock.advance(32_000);
    expect(agent.transactions).toBe(0);
    agent.receive(ask('MESSAGE', 5001), flooding);
    expect(statusOf(flooding.sent.at(-1))).toBe(405);
  });
});
