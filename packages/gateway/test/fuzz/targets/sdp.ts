import { offeredCodecs } from '../../../src/calls/sdp.ts';
import { chooseFormat, readRemote } from '../../../src/media/embedded/sdp/negotiate.ts';
import { passableOpusParameters, writeAnswer } from '../../../src/media/embedded/sdp/write.ts';
import { MediaError } from '../../../src/media/media-plane.ts';
import { lineMutations } from '../mutate/lines.ts';
import type { FuzzTarget } from '../target.ts';

const LINES = [
  'v=0',
  's=-',
  't=0 0',
  'c=IN IP4 0.0.0.0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 0 8 126',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'm=audio 0 RTP/AVP 0',
  'a=group:BUNDLE 0 1',
  'a=ice-lite',
  'a=ice-options:trickle',
  'a=ice-ufrag:aaaa',
  'a=ice-pwd:0123456789abcdef01234567',
  `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
  'a=fingerprint:sha-1 AB',
  'a=setup:actpass',
  'a=setup:passive',
  'a=mid:0',
  'a=rtcp-mux',
  'a=rtcp-rsize',
  'a=bundle-only',
  'a=sendrecv',
  'a=inactive',
  'a=rtpmap:111 opus/48000/2',
  'a=rtpmap:126 telephone-event/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtcp-fb:* nack',
  'a=rtcp-fb:111 transport-cc',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'a=extmap:15/sendonly urn:x',
  'a=candidate:1 1 udp 2122260223 192.0.2.1 54400 typ host generation 0 ufrag aaaa',
  'a=candidate:2 1 tcp 1518280447 2001:db8::1 9 typ host tcptype active',
  'a=candidate:3 1 udp 1686052607 198.51.100.1 54400 typ srflx raddr 0.0.0.0 rport 0',
  'a=candidate:4 1 udp 1 x.local 9 typ host',
  'a=end-of-candidates',
];

const side = {
  sessionId: '1',
  version: 1,
  ice: { ufrag: 'u', password: 'p' },
  fingerprint: 'AB',
  candidates: [],
  streamId: 's',
  trackId: 't',
  ssrc: 1,
  cname: 'c',
};

/** What an offer goes through: signalling's first look, the media plane's parser, and the answer. */
export const sdp: FuzzTarget = {
  name: 'sdp',
  maxLength: 65_536,
  mutations: lineMutations(LINES),
  dictionary: [...LINES, ' ', '/', ':', '\r\n', 'a=', 'm=', '*', '127'],
  run: (input) => {
    const text = input.toString('utf8');
    const codecs = offeredCodecs(text);
    const remote = readRemote(text);
    const format = chooseFormat(remote, ['opus', 'PCMU', 'PCMA']);
    const fmtp = passableOpusParameters(format.fmtp);
    return [codecs, remote, format, writeAnswer({ ...side, fmtp }, remote, format)];
  },
  isExpected: (error) => error instanceof MediaError,
  budget: { cpuRatio: 30, floor: 2_048, heapBase: 65_536, heapPerByte: 4 },
};
