import { createHash, randomBytes } from 'node:crypto';

/** Who answers is told by what is offered: Chromium's list of formats, in its order. */
const FORMATS: readonly (readonly [type: number, map: string, fmtp?: string])[] = [
  [111, 'opus/48000/2', 'minptime=10;useinbandfec=1'],
  [63, 'red/48000/2', '111/111'],
  [9, 'G722/8000'],
  [0, 'PCMU/8000'],
  [8, 'PCMA/8000'],
  [13, 'CN/8000'],
  [110, 'telephone-event/48000'],
  [126, 'telephone-event/8000'],
];

const EXTENSIONS = [
  'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'urn:ietf:params:rtp-hdrext:sdes:mid',
];

/**
 * A description as a browser makes it, in size and content, with fresh ICE credentials and a fingerprint of nobody: what a
 * load of signalling alone sends. No media ever flows for it.
 */
export function makeOffer(): string {
  return describe('actpass', FORMATS);
}

/** The answer of the same browser: takes the codec that the gateway offers. */
export function makeAnswer(offer: string): string {
  const offered = new Set([...offer.matchAll(/^a=rtpmap:(\d+)/gm)].map(([, type]) => Number(type)));
  return describe(
    'active',
    FORMATS.filter(([type]) => offered.has(type)),
  );
}

function describe(setup: string, formats: typeof FORMATS): string {
  const session = BigInt(`0x${randomBytes(7).toString('hex')}`);
  const digest = createHash('sha256').update(randomBytes(16)).digest('hex').toUpperCase();
  const ssrc = randomBytes(4).readUInt32BE();
  const stream = randomBytes(8).toString('hex');
  const track = randomBytes(8).toString('hex');
  const name = randomBytes(8).toString('hex');
  return [
    'v=0',
    `o=- ${session} 2 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'a=extmap-allow-mixed',
    `a=msid-semantic: WMS ${stream}`,
    `m=audio 9 UDP/TLS/RTP/SAVPF ${formats.map(([type]) => type).join(' ')}`,
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    `a=candidate:1 1 udp 2113937151 ${name}.local 49203 typ host generation 0 network-cost 999`,
    `a=ice-ufrag:${randomBytes(3).toString('base64url')}`,
    `a=ice-pwd:${randomBytes(18).toString('base64url')}`,
    'a=ice-options:trickle',
    `a=fingerprint:sha-256 ${digest.match(/../g)?.join(':') ?? ''}`,
    `a=setup:${setup}`,
    'a=mid:0',
    ...EXTENSIONS.map((uri, index) => `a=extmap:${index + 1} ${uri}`),
    'a=sendrecv',
    `a=msid:${stream} ${track}`,
    'a=rtcp-mux',
    'a=rtcp-rsize',
    ...formats.flatMap(([type, map, fmtp]) => [
      `a=rtpmap:${type} ${map}`,
      ...(fmtp === undefined ? [] : [`a=fmtp:${type} ${fmtp}`]),
    ]),
    `a=ssrc:${ssrc} cname:${name}`,
    `a=ssrc:${ssrc} msid:${stream} ${track}`,
    '',
  ].join('\r\n');
}
