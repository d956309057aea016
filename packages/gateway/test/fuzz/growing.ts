import { gzipSync } from 'node:zlib';
import { HANDSHAKE, writeHandshake } from '../../src/media/embedded/dtls/handshake.ts';
import { RECORD, writeRecord } from '../../src/media/embedded/dtls/record.ts';
import { joinPackets } from './mutate/packets.ts';

/** Inputs that a parser with a loop in a loop would be slow with, of any size. */
interface Growing {
  readonly target: string;
  readonly what: string;
  /** An input of at most about so many bytes. */
  readonly make: (bytes: number) => Buffer;
  /** The most that the target's door lets in, or nearly. */
  readonly bytes: number;
}

const SDP = 65_000;

const HEAD = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0'];
const AUDIO = [
  'a=ice-ufrag:aaaa',
  'a=ice-pwd:0123456789abcdef01234567',
  `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
  'a=mid:0',
  'a=rtpmap:111 opus/48000/2',
];

function sdp(parts: readonly string[]): Buffer {
  return Buffer.from([...HEAD, ...parts, ''].join('\r\n'));
}

/** As many as fit. */
function repeated(unit: string, bytes: number): string {
  return unit.repeat(Math.floor(bytes / unit.length));
}

function lines(unit: (at: number) => string, bytes: number): string[] {
  const made: string[] = [];
  let length = 0;
  // A description has no more lines.
  while (made.length < 1_900) {
    const line = unit(made.length);
    length += line.length + 2;
    if (length > bytes) {
      break;
    }
    made.push(line);
  }
  return made;
}

const media = (formats: string): string => `m=audio 9 UDP/TLS/RTP/SAVPF ${formats}`;

function formats(bytes: number): string {
  const list: string[] = [];
  for (let length = 0; length < bytes; length += 3) {
    list.push(String(list.length % 10));
  }
  return list.join(' ');
}

const inAudio = (what: string, unit: (at: number) => string) => ({
  target: 'sdp',
  what,
  bytes: SDP,
  make: (bytes: number) => sdp([media('111'), ...AUDIO, ...lines(unit, bytes - 600)]),
});

const SDP_CASES: readonly Growing[] = [
  {
    target: 'sdp',
    what: '1,900 lines of feedback for all formats, and 21,000 formats',
    bytes: SDP,
    make: (bytes) => {
      const feedback = lines(() => 'a=rtcp-fb:*', Math.min(bytes / 2, 24_700));
      const rest = bytes - 600 - feedback.length * 13;
      return sdp([
        media(
          Array(Math.floor(rest / 2))
            .fill('8')
            .join(' '),
        ),
        ...AUDIO,
        ...feedback,
      ]);
    },
  },
  {
    target: 'sdp',
    what: 'formats',
    bytes: SDP,
    make: (bytes) => sdp([media(`111 ${formats(bytes - 600)}`), ...AUDIO]),
  },
  {
    target: 'sdp',
    what: 'formats, each with its rtpmap',
    bytes: SDP,
    make: (bytes) =>
      sdp([
        media(formats(bytes / 4)),
        ...AUDIO,
        ...lines((at) => `a=rtpmap:${String(at % 128)} x/8000`, bytes * 0.7),
      ]),
  },
  inAudio('candidates', (at) => `a=candidate:${String(at)} 1 udp 1 192.0.2.1 9 typ host`),
  inAudio('fingerprints', () => 'a=fingerprint:sha-256 AB:CD'),
  inAudio('header extensions', (at) => `a=extmap:${String(at)} urn:x`),
  inAudio('groups', () => `a=group:BUNDLE ${repeated('0 ', 200)}`),
  inAudio('feedback for one format', () => 'a=rtcp-fb:111 nack'),
  inAudio('parameters', () => 'a=fmtp:111 minptime=10;useinbandfec=1'),
  {
    target: 'sdp',
    what: 'one very long parameter list',
    bytes: SDP,
    make: (bytes) => sdp([media('111'), ...AUDIO, `a=fmtp:111 ${repeated('cbr=1;', bytes - 600)}`]),
  },
  {
    target: 'sdp',
    what: 'one candidate of many words',
    bytes: SDP,
    make: (bytes) =>
      sdp([
        media('111'),
        ...AUDIO,
        `a=candidate:1 1 udp 1 192.0.2.1 9 typ host ${repeated('a ', bytes - 600)}`,
      ]),
  },
  {
    target: 'sdp',
    what: 'one fingerprint with very much space',
    bytes: SDP,
    make: (bytes) =>
      sdp([media('111'), ...AUDIO, `a=fingerprint:sha-256${repeated(' ', bytes - 600)}AB`]),
  },
  {
    target: 'sdp',
    what: 'spaces and digits where a media line should end',
    bytes: SDP,
    make: (bytes) => sdp([media(`${repeated('1 ', bytes - 600)}x`), ...AUDIO]),
  },
  {
    target: 'sdp',
    what: 'line ends',
    bytes: SDP,
    make: (bytes) => Buffer.from(`v=0${repeated('\r\n\r', bytes - 3)}`),
  },
  {
    target: 'sdp',
    what: 'sections that are refused',
    bytes: SDP,
    make: (bytes) =>
      sdp([
        media('111'),
        ...AUDIO,
        ...Array<string>(14).fill(`m=video 9 UDP/TLS/RTP/SAVPF ${formats(bytes / 15 - 100)}`),
      ]),
  },
];

const FRAME = 260_000;
const frame = (what: string, make: (bytes: number) => string): Growing[] =>
  ['client-frame', 'gateway-frame'].map((target) => ({
    target,
    what,
    bytes: FRAME,
    make: (bytes) => Buffer.from(make(bytes)),
  }));

const call = (params: string): string =>
  `{"jsonrpc":"2.0","id":1,"method":"telnyx_rtc.invite","params":${params}}`;

const FRAME_CASES: readonly Growing[] = [
  ...frame('backslashes', (bytes) => call(`{"sdp":"${repeated('\\\\', bytes / 2)}"}`)),
  ...frame('quotes that are escaped', (bytes) => call(`{"sdp":"${repeated('\\"', bytes / 2)}"}`)),
  ...frame('a string that does not end', (bytes) =>
    call(`{"sdp":"${repeated('\\\\\\"', bytes - 200)}`),
  ),
  ...frame('letters that are escaped', (bytes) =>
    call(`{"sdp":"${repeated('\\u005f', bytes - 200)}"}`),
  ),
  ...frame('members', (bytes) => {
    const count = Math.min(8_000, Math.floor(bytes / 32));
    return call(
      `{${Array.from({ length: count }, (_, at) => `"member number ${String(at)}":1`).join(',')}}`,
    );
  }),
  ...frame('lists in lists', (bytes) =>
    call(
      `{"a":[${Array(Math.min(4_000, Math.floor(bytes / 64)))
        .fill(`[[1]]${' '.repeat(58)}`)
        .join(',')}]}`,
    ),
  ),
  ...frame('letters of three bytes', (bytes) => call(`{"sdp":"${repeated('\u20ac', bytes / 6)}"}`)),
  ...frame('blocks of a speed test', (bytes) => `#SPB ${repeated('.', bytes - 10)}`),
];

const UPLOAD = 260_000;
const upload = (body: string): Buffer => Buffer.concat([Buffer.from([4]), Buffer.from(body)]);
const log = (message: string): string =>
  `{"summary":{"callId":"c"},"stats":[],"logs":[{"timestamp":"t","level":"info","message":${JSON.stringify(message)},"context":{}}]}`;

const report = (what: string, make: (bytes: number) => string): Growing => ({
  target: 'report',
  what,
  bytes: UPLOAD,
  make: (bytes) => upload(log(make(bytes))),
});

const UPLOAD_CASES: readonly Growing[] = [
  report(
    'backslashes in a log with a secret',
    (bytes) => `token ${repeated('\\', bytes / 2 - 400)}`,
  ),
  report('beginnings of tokens', (bytes) => repeated('-eyJ', bytes - 400)),
  report('tokens', (bytes) => repeated('eyJhbGciOi.eyJzdWIiOi.c2lnbmF0 ', bytes - 400)),
  report('keys of an SDP', (bytes) => repeated('a=ice-pwd:', bytes - 400)),
  report('members with secrets', (bytes) => repeated('"passwd":"', bytes / 2 - 400)),
  {
    target: 'report',
    what: 'entries',
    bytes: UPLOAD,
    make: (bytes) => {
      const entry =
        '{"intervalStartUtc":"a","audio":{"inbound":{"packetsLost":1,"packetsReceived":2}}}';
      const entries = Array(Math.floor((bytes - 200) / (entry.length + 1)))
        .fill(entry)
        .join(',');
      return upload(`{"summary":{"callId":"c"},"stats":[${entries}],"logs":[]}`);
    },
  },
  {
    target: 'report',
    what: 'a little that unpacks to much',
    bytes: 8_000,
    make: (bytes) => Buffer.concat([Buffer.from([1]), gzipSync(log(repeated('a', bytes * 900)))]),
  },
  {
    target: 'recording',
    what: 'packets',
    bytes: UPLOAD,
    make: (bytes) => {
      const packet = '{"rtp_seq":1,"rtp_ts":0,"rtp_ssrc":1,"payload_b64":"AAAAAA=="}';
      const packets = Array(Math.floor((bytes - 300) / (packet.length + 1)))
        .fill(packet)
        .join(',');
      return upload(
        `{"call_id":"c","recording_id":"r","segment":"final","track":"local","codec":"pcm-f32-le","sample_rate":8000,"channels":1,"packets":[${packets}]}`,
      );
    },
  },
];

const text = (what: string, make: (bytes: number) => string): Growing => ({
  target: 'text',
  what,
  bytes: 120_000,
  make: (bytes) => Buffer.from(make(bytes)),
});

const TEXT_CASES: readonly Growing[] = [
  text('backslashes beside a secret', (bytes) => `token ${repeated('\\', bytes - 10)}`),
  text('beginnings of tokens', (bytes) => repeated('-eyJ', bytes)),
  text('beginnings of tokens without an end', (bytes) => repeated('eyJaaaaaaaaaa.', bytes)),
  text('parts of tokens', (bytes) => repeated('abcdefghijkl-', bytes)),
  text('one name of secrets', (bytes) => `"${repeated('token', bytes - 10)}`),
  text('quoted names', (bytes) => repeated('"token" ', bytes)),
  text('digits of a version', (bytes) => `Version/${repeated('1', bytes - 10)}`),
  text('exclamation marks', (bytes) => `${repeated('!', bytes - 10)}x`),
  text('spaces', (bytes) => `"token"${repeated(' ', bytes - 10)}`),
];

const TOKEN = 8_100;
const TOKEN_CASES: readonly Growing[] = [
  {
    target: 'token',
    what: 'dots',
    bytes: TOKEN,
    make: (bytes) => Buffer.from(repeated('.', bytes)),
  },
  {
    target: 'token',
    what: 'a long header',
    bytes: TOKEN,
    make: (bytes) => Buffer.from(`${repeated('eyJh', bytes - 8)}.e30.e30`),
  },
  {
    target: 'token',
    what: 'a signed token with a long name',
    bytes: 5_000,
    make: (bytes) =>
      Buffer.from(
        `{"header":{"alg":"HS256"},"payload":{"sub":"1","exp":9999999999,"name":"${repeated('\\u0007', bytes - 100)}"}}`,
      ),
  },
  {
    target: 'ticket',
    what: 'dots',
    bytes: 8_000,
    make: (bytes) => Buffer.from(repeated('.', bytes)),
  },
  {
    target: 'ticket',
    what: 'parameters',
    bytes: 8_000,
    make: (bytes) => Buffer.from(repeated('a=&', bytes)),
  },
];

function attributes(bytes: number): Buffer {
  const body = Buffer.alloc(Math.floor(bytes / 4) * 4);
  for (let at = 0; at < body.length; at += 4) {
    body.writeUInt16BE(0x0024, at);
  }
  const head = Buffer.from('000100002112a442000102030405060708090a0b', 'hex');
  head.writeUInt16BE(body.length, 2);
  return Buffer.concat([head, body]);
}

/** One message in pieces of so many bytes, each piece as often as asked. */
function fragments(length: number, size: number, times: number): Buffer {
  const message = { type: HANDSHAKE.clientHello, sequence: 0, body: Buffer.alloc(length) };
  const datagrams: Buffer[] = [];
  for (let from = 0; from < length; from += size) {
    const body = writeHandshake(message, from, from + size);
    const one = writeRecord({ type: RECORD.handshake, epoch: 0, sequence: from, body });
    datagrams.push(...Array<Buffer>(times).fill(one));
  }
  const packed: Buffer[] = [];
  for (let at = 0; at < datagrams.length; at += 30) {
    packed.push(Buffer.concat(datagrams.slice(at, at + 30)));
  }
  return joinPackets(packed);
}

/** One message with so much of something, as a datagram. */
const sipMessage = (what: string, lines: (bytes: number) => readonly string[]): Growing => ({
  target: 'sip',
  what,
  // The most that headers may take.
  bytes: 16_000,
  make: (bytes) => {
    const head = [
      'INVITE sip:a@b SIP/2.0',
      'Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1',
      'From: <sip:c@d>;tag=1',
      'To: <sip:a@b>',
      'Call-ID: x',
      'CSeq: 1 INVITE',
      'Contact: <sip:c@192.0.2.2>',
    ];
    return joinPackets([Buffer.from([...head, ...lines(bytes - 300), '', ''].join('\r\n'))]);
  },
});

const SIP_CASES: readonly Growing[] = [
  sipMessage('parameters of an address', (bytes) => [
    `Record-Route: <sip:a>${repeated(';a', bytes)}`,
  ]),
  sipMessage('addresses in one line', (bytes) => [`Contact: ${repeated('<sip:a>,', bytes)}`]),
  sipMessage('quotes and backslashes', (bytes) => [`Contact: ${repeated('"\\', bytes)}`]),
  sipMessage('Vias', (bytes) => [`Via: ${repeated('SIP/2.0/UDP a,', bytes)}`]),
  sipMessage('white space', (bytes) => [`Via: SIP/2.0/UDP${repeated(' ', bytes)}x y`]),
  sipMessage('folded lines', (bytes) => [`Subject: a${repeated('\r\n b', bytes)}`]),
  sipMessage('folds of much white space', (bytes) => [
    `Subject: a${repeated('\r\n          ', bytes)}`,
  ]),
  sipMessage('tags of Require', (bytes) => [`Require: ${repeated('a,', bytes)}`]),
  sipMessage('tags of Supported', (bytes) => [`Supported: ${repeated('timer ', bytes)}`]),
  sipMessage('reasons', (bytes) => [`Reason: ${repeated('SIP ,', bytes)}`]),
  sipMessage('a reason of semicolons', (bytes) => [`Reason: Q.850${repeated('; ', bytes)}`]),
  sipMessage('parts of a challenge', (bytes) => [
    `WWW-Authenticate: Digest ${repeated('a=b,', bytes)}`,
  ]),
  sipMessage('quotes of a challenge', (bytes) => [
    `WWW-Authenticate: Digest realm="${repeated('\\"', bytes)}`,
  ]),
  sipMessage('names of a challenge', (bytes) => [
    `WWW-Authenticate: Digest ${repeated('a', bytes)}`,
  ]),
  sipMessage('spaces of a session timer', (bytes) => [
    `Session-Expires: 90${repeated(' ', bytes)}x`,
  ]),
  {
    target: 'sip-sdp',
    what: 'keys',
    bytes: SDP,
    make: (bytes) =>
      sdp([
        'c=IN IP4 192.0.2.1',
        'm=audio 9 RTP/SAVP 0',
        ...lines(() => 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA', bytes - 200),
      ]),
  },
  {
    target: 'sip-sdp',
    what: 'media lines',
    bytes: SDP,
    make: (bytes) =>
      sdp([
        'c=IN IP4 192.0.2.1',
        'm=audio 9 RTP/AVP 0',
        ...lines(() => 'm=a 9 RTP/AVP 0', bytes - 200),
      ]),
  },
];

const DATAGRAM_CASES: readonly Growing[] = [
  { target: 'stun', what: 'attributes', bytes: 4_000, make: attributes },
  {
    target: 'dtls-records',
    what: 'empty records',
    bytes: 65_000,
    make: (bytes) => {
      const record = writeRecord({
        type: RECORD.handshake,
        epoch: 0,
        sequence: 0,
        body: Buffer.alloc(0),
      });
      return joinPackets([Buffer.concat(Array<Buffer>(Math.floor(bytes / 13) - 1).fill(record))]);
    },
  },
  {
    target: 'dtls-records',
    what: 'pieces of one byte',
    bytes: 65_000,
    make: (bytes) => fragments(Math.floor(bytes / 27), 1, 1),
  },
  {
    target: 'dtls-records',
    what: 'large pieces that come again and again, but for the last byte',
    bytes: 65_000,
    make: (bytes) => fragments(1_001, 1_000, Math.floor(bytes / 1_100)),
  },
  {
    target: 'dtls-messages',
    what: 'extensions',
    bytes: 16_000,
    make: (bytes) => {
      const count = Math.floor((bytes - 60) / 4);
      const list = Buffer.alloc(count * 4);
      for (let at = 0; at < count; at += 1) {
        list.writeUInt16BE(at, at * 4);
      }
      const length = Buffer.alloc(2);
      length.writeUInt16BE(list.length);
      const head = Buffer.concat([
        Buffer.from('01fefd', 'hex'),
        Buffer.alloc(32),
        Buffer.from('00000002c02b0100', 'hex'),
      ]);
      return Buffer.concat([head, length, list]);
    },
  },
  {
    target: 'rtp',
    what: 'padding in a header extension',
    bytes: 2_000,
    make: (bytes) => {
      const words = Math.floor((bytes - 16) / 4);
      const head = Buffer.from('906f0001000000010000000abede0000', 'hex');
      head.writeUInt16BE(words, 14);
      return Buffer.concat([head, Buffer.alloc(words * 4)]);
    },
  },
  {
    target: 'rtcp',
    what: 'packets that are reported lost',
    bytes: 2_000,
    make: (bytes) => {
      const words = Math.floor((bytes - 12) / 4);
      const head = Buffer.from('81cd00000000000a0000000b', 'hex');
      head.writeUInt16BE(words + 2, 2);
      return Buffer.concat([head, Buffer.alloc(words * 4, 0xff)]);
    },
  },
  {
    target: 'rtcp',
    what: 'empty parts',
    bytes: 2_000,
    make: (bytes) =>
      Buffer.concat(Array<Buffer>(Math.floor(bytes / 4)).fill(Buffer.from('80c90000', 'hex'))),
  },
  {
    target: 'tcp-frames',
    what: 'packets of one byte',
    bytes: 16_000,
    make: (bytes) =>
      joinPackets([Buffer.from('000141'.repeat(Math.floor((bytes - 2) / 3)), 'hex')]),
  },
  {
    target: 'telephone-event',
    what: 'digits',
    bytes: 1_800,
    make: (bytes) =>
      joinPackets(
        Array.from({ length: Math.floor(bytes / 9) }, (_, at) => {
          const packet = Buffer.from('000014058a0320', 'hex');
          packet.writeUInt16BE(at, 0);
          return packet;
        }),
      ),
  },
];

export const GROWING: readonly Growing[] = [
  ...SDP_CASES,
  ...FRAME_CASES,
  ...UPLOAD_CASES,
  ...TEXT_CASES,
  ...TOKEN_CASES,
  ...DATAGRAM_CASES,
  ...SIP_CASES,
];
