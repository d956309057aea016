import { chooseFormat } from '../../../src/media/embedded/sdp/negotiate.ts';
import { readRtpRemote, writeRtpAnswer } from '../../../src/media/embedded/rtp-leg/rtp-sdp.ts';
import { MediaError } from '../../../src/media/media-plane.ts';
import { ManualClock } from '../../../src/signaling/testing/manual-clock.ts';
import { answerChallenge, chooseChallenge } from '../../../src/sip/core/digest.ts';
import { parseNameAddress, parseUri, parseVia } from '../../../src/sip/core/address.ts';
import type { Flow } from '../../../src/sip/core/flow.ts';
import { InviteSession } from '../../../src/sip/core/invite-session.ts';
import {
  frameLength,
  parseMessage,
  SipParseError,
  withReceived,
  type SipMessage,
} from '../../../src/sip/core/message.ts';
import { parseReason } from '../../../src/sip/core/reason.ts';
import { parseSessionExpires } from '../../../src/sip/core/session-timer.ts';
import { UserAgent } from '../../../src/sip/core/user-agent.ts';
import { readCustomHeaders, writeCustomHeaders } from '../../../src/sip/custom-headers.ts';
import { lineMutations } from '../mutate/lines.ts';
import {
  inGroups,
  inPackets,
  joinPackets,
  PACKET_MUTATIONS,
  splitPackets,
} from '../mutate/packets.ts';
import { COMMITTED, readCorpus } from '../corpus.ts';
import type { FuzzTarget } from '../target.ts';

const LINES = [
  'INVITE sip:+4930100@192.0.2.1:5060;transport=tcp SIP/2.0',
  'BYE sip:x@192.0.2.1 SIP/2.0',
  'UPDATE tel:+49-30-100;phone-context=+49 SIP/2.0',
  'OPTIONS sips:user;par=u%40e@[2001:db8::1]:5061?Route=%3Csip:x%3E SIP/2.0',
  'SIP/2.0 200 OK',
  'SIP/2.0 407 Proxy Authentication Required',
  'SIP/2.0 302',
  'Via: SIP/2.0/UDP 192.0.2.2:5060;rport=5060;received=192.0.2.3;branch=z9hG4bK1',
  'v: SIP / 2.0 / TCP [2001:db8::2]:5060 ; branch = z9hG4bK2, SIP/2.0/UDP b.example;branch=z9hG4bK3',
  'From: "A \\"B\\", C" <sip:a@a.example;x=1>;tag=1',
  'f: sip:a@a.example;tag=2',
  'To: <sip:b@b.example>;tag=3',
  'Contact: <sip:a@192.0.2.2;transport=ws>;expires=60;q=0.5, "x" <sip:b@c>',
  'm: *',
  'Record-Route: <sip:r1.example;lr>, <sip:r2.example>',
  'Call-ID: call@a.example',
  'CSeq: 1 INVITE',
  'CSeq: 2147483647 BYE',
  'Max-Forwards: 70',
  'Session-Expires: 90;refresher=uas',
  'Min-SE: 90',
  'Supported: timer, 100rel, replaces',
  'Require: 100rel',
  'Allow: INVITE, ACK, BYE, CANCEL, UPDATE',
  'Reason: Q.850;cause=16;text="Normal", SIP;cause=200',
  'WWW-Authenticate: Digest realm="a\\"b", nonce="n", qop="auth,auth-int", algorithm=SHA-256, opaque="o", stale=true',
  'Proxy-Authenticate: Digest realm="net", nonce="n"',
  'P-Asserted-Identity: "A" <sip:+4940111@net.example>, <tel:+4940111>',
  'Privacy: id;critical',
  'Refer-To: <sip:x@y?Replaces=call%3Bto-tag%3D1%3Bfrom-tag%3D2>',
  'Replaces: call;to-tag=1;from-tag=2;early-only',
  'Content-Type: application/sdp',
  'Content-Type: application/dtmf-relay',
  'Content-Length: 0',
  'l: 5',
  'X-Room: 7',
  ' folded',
  '',
  'Signal=5',
  'v=0',
  'm=audio 40000 RTP/AVP 0 8 101',
  'c=IN IP4 192.0.2.2',
  'a=rtpmap:101 telephone-event/8000',
  'a=sendonly',
];

const DIALOG_CALL = 'fuzz-call';
const DIALOG_TAG = 'fuzz-tag';
const NAMES_OF_OURS =
  /^(?:via|from|to|call-id|cseq|max-forwards|route|record-route|contact|allow|supported|require|unsupported|accept|content-type|content-length|session-expires|min-se|retry-after|reason|(?:proxy-)?authorization|x-[a-z0-9\-_.]+)$/i;

/** A flow that nothing passes; each text must be one whole message of ours, whatever the peer's message held. */
function flowOf(sent: string[]): Flow {
  const end = { address: '192.0.2.1', port: 5060 };
  return {
    protocol: 'UDP',
    isReliable: false,
    local: end,
    remote: { address: '192.0.2.2', port: 5060 },
    isClosed: false,
    send: (text) => {
      const data = Buffer.from(text);
      const message = parseMessage(data);
      if (frameLength(data) !== data.length) {
        throw new Error('ours is not one message');
      }
      for (const [name] of message.headers) {
        if (!NAMES_OF_OURS.test(name)) {
          throw new Error(`a header ${name} that is not ours`);
        }
      }
      sent.push(text);
      return true;
    },
    close: () => undefined,
  };
}

/** What is read of a message beside the transactions. Nobody keeps the addresses. */
function look(message: SipMessage): unknown[] {
  const { headers } = message;
  const addresses = ['From', 'To', 'Contact', 'Refer-To', 'P-Asserted-Identity', 'Record-Route'];
  const found = addresses
    .flatMap((name) => headers.all(name))
    .map((value) => parseNameAddress(value));
  const custom = readCustomHeaders(headers);
  const challenge = chooseChallenge(headers.all('WWW-Authenticate'));
  return [
    found.map((each) => each && parseUri(each.uri)).length,
    headers.all('Via').map((value) => parseVia(value)).length,
    parseReason(headers.all('Reason')),
    parseSessionExpires(headers),
    custom,
    writeCustomHeaders(custom),
    challenge && answerChallenge(challenge, { username: 'a', password: 'b' }, 'INVITE', 'sip:x@y'),
  ];
}

/** Two calls of one agent with a peer who says anything: one that we placed, and those that the peer does. */
function agentOf(flow: Flow, clock: ManualClock): UserAgent {
  const way = {
    credentials: { username: 'ann', password: 'secret' },
    contact: '<sip:us@192.0.2.1>',
    server: flow,
    flowTo: () => flow,
  };
  const handlers = {
    progress: () => undefined,
    answered: () => undefined,
    ended: () => undefined,
    reoffered: () => Promise.resolve('v=0\r\n'),
    offerWanted: () => Promise.resolve('v=0\r\n'),
    acknowledged: () => undefined,
    digit: () => undefined,
    referred: () => 603,
    redirected: (uri: string) => (parseUri(uri) ? 'sip:other@192.0.2.2' : null),
  };
  const agent: UserAgent = new UserAgent(clock, (transaction) => {
    if (transaction.request.method !== 'INVITE') {
      transaction.respond(405, { toTag: 'x' });
      return;
    }
    const session = InviteSession.inbound(agent, way, clock, transaction, handlers);
    session?.ring();
    session?.answer('v=0\r\n');
  });
  const call = InviteSession.outbound(
    agent,
    way,
    clock,
    { callId: DIALOG_CALL, from: { name: 'A', uri: 'sip:a@b' }, to: 'sip:c@d' },
    handlers,
  );
  call.call('v=0\r\n', []);
  return agent;
}

/** Puts our branch and tag where the input says so, so that what it holds is taken for a peer's answer. */
function addressed(packet: Buffer, ours: string | undefined): Buffer {
  if (ours === undefined) {
    return packet;
  }
  const branch = /branch=([^;\r\n]+)/.exec(ours)?.[1] ?? '';
  const tag = /^From:.*;tag=([^;\r\n]+)/m.exec(ours)?.[1] ?? '';
  const text = packet.toString('latin1');
  return Buffer.from(text.replaceAll('OURBRANCH', branch).replaceAll(DIALOG_TAG, tag), 'latin1');
}

/** Datagrams of a peer: each is read, and comes to an agent in the middle of calls. */
export const sip: FuzzTarget = {
  name: 'sip',
  maxLength: 65_535,
  mutations: [...PACKET_MUTATIONS, ...inPackets(lineMutations(LINES))],
  dictionary: [
    ...LINES,
    'OURBRANCH',
    DIALOG_TAG,
    DIALOG_CALL,
    '<',
    '>',
    '"',
    '\\',
    ';',
    ',',
    '%00',
  ],
  seeds: () => {
    const each = readCorpus(COMMITTED, 'sip-message').map(({ input }) => input);
    return inGroups(each, 6).map((group) => joinPackets(group));
  },
  run: async (input) => {
    const sent: string[] = [];
    const flow = flowOf(sent);
    const clock = new ManualClock();
    const agent = agentOf(flow, clock);
    const kept: unknown[] = [];
    try {
      for (const packet of splitPackets(input).slice(0, 12)) {
        const data = addressed(packet, sent.at(-1));
        let message: SipMessage;
        try {
          message = parseMessage(data);
        } catch (error) {
          if (!(error instanceof SipParseError)) {
            throw error;
          }
          continue;
        }
        kept.push(look(message));
        const seen = message.kind === 'request' ? withReceived(message, flow.remote) : message;
        agent.receive(seen, flow);
        await Promise.resolve();
        clock.advance(500);
      }
      clock.advance(200_000_000);
    } finally {
      agent.dispose();
    }
    return kept;
  },
  isExpected: (error) => error instanceof SipParseError,
  budget: { cpuRatio: 400, floor: 4_096, heapBase: 131_072, heapPerByte: 48 },
};

/** What a party of a trunk offers, and our answer. */
export const sipSdp: FuzzTarget = {
  name: 'sip-sdp',
  maxLength: 65_535,
  mutations: lineMutations([
    ...LINES.slice(-5),
    'o=- 1 1 IN IP6 2001:db8::1',
    'c=IN IP6 2001:db8::1',
    'c=IN IP4 0.0.0.0',
    'm=audio 0 RTP/AVP 0',
    'm=audio 40000 RTP/SAVP 0',
    'm=audio 40000 RTP/SAVPF 111 9 0 8 18 101',
    'm=video 40002 RTP/AVP 97',
    'm=image 40004 udptl t38',
    'a=rtpmap:111 opus/48000/2',
    'a=fmtp:101 0-15',
    'a=fmtp:111 useinbandfec=1;maxplaybackrate=16000',
    'a=ptime:20',
    'a=inactive',
    'a=rtcp:40001 IN IP4 192.0.2.9',
    'a=rtcp-mux',
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4',
    'a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz',
  ]),
  dictionary: [...LINES.slice(-5), '\r\n', 'a=', 'm=', '65535', '0.0.0.0', '::'],
  run: (input) => {
    const remote = readRtpRemote(input.toString('utf8'));
    const format = chooseFormat(remote, ['opus', 'PCMU', 'PCMA']);
    const local = {
      address: '192.0.2.1',
      port: 30_000,
      rtcpPort: 30_001,
      sessionId: '1',
      version: 1,
      sdes: remote.sdes,
      fmtp: 'minptime=10',
      events: true,
    };
    const answer = writeRtpAnswer(local, remote, format);
    // As many lines as there are, each at its place (RFC 3264, 6).
    if (answer.match(/^m=/gm)?.length !== remote.sections.length) {
      throw new Error('a line is lost');
    }
    return [remote, format, answer];
  },
  isExpected: (error) => error instanceof MediaError,
  budget: { cpuRatio: 60, floor: 2_048, heapBase: 65_536, heapPerByte: 8 },
};
