import { describe, expect, it } from 'vitest';
import { fakeSdp } from '../testing/fake-peer-connection.ts';
import { holdsCandidate, ufragOf, ufragsOf } from './sdp.ts';
import { tuneSdp } from './sdp-tuning.ts';

const sdp = fakeSdp('uf', ['audio', 'video']);

describe('Tuning a description', () => {
  it('asks for Opus in stereo, keeps its other parameters and touches nothing else', () => {
    const tuned = tuneSdp(sdp, { stereo: true });
    expect(tuned).toContain('a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1\r\n');
    expect(tuned.replace(';stereo=1;sprop-stereo=1', '')).toBe(sdp);
  });

  it('adds the parameters where there were none, and replaces an old value', () => {
    const bare = sdp.replace(/a=fmtp:111.*\r\n/, '');
    expect(tuneSdp(bare, { stereo: true })).toContain(
      'a=rtpmap:111 opus/48000/2\r\na=fmtp:111 stereo=1;sprop-stereo=1\r\n',
    );
    const mono = sdp.replace('minptime=10', 'stereo=0;minptime=10');
    expect(tuneSdp(mono, { stereo: true })).not.toContain('stereo=0');
  });

  it('limits every media section, once, where the order of lines wants it', () => {
    const tuned = tuneSdp(tuneSdp(sdp, { asKbps: 64 }), { asKbps: 40 });
    expect(tuned.match(/c=IN IP4 0\.0\.0\.0\r\nb=AS:40\r\n/g)).toHaveLength(2);
    expect(tuned.match(/b=AS/g)).toHaveLength(2);
  });

  it('gives video codecs their bitrates', () => {
    const tuned = tuneSdp(sdp, { googleBitrate: { max: 900, min: undefined, start: 300 } });
    expect(tuned).toContain('a=fmtp:96 x-google-max-bitrate=900;x-google-start-bitrate=300\r\n');
  });

  it('doing it twice changes nothing', () => {
    const all = { stereo: true, asKbps: 40, googleBitrate: { max: 9, min: 1, start: 2 } };
    expect(tuneSdp(tuneSdp(sdp, all), all)).toBe(tuneSdp(sdp, all));
  });
});

describe('Reading a description', () => {
  it('finds the ICE generation of a description and of a candidate', () => {
    expect(ufragsOf(sdp)).toEqual(['uf', 'uf']);
    expect(
      ufragOf({ candidate: 'candidate:1 1 udp 1 192.0.2.1 1 typ host ufrag abc network-id 1' }),
    ).toBe('abc');
    expect(
      ufragOf({ candidate: 'candidate:1 1 udp 1 192.0.2.1 1 typ host', usernameFragment: 'x' }),
    ).toBe('x');
    expect(ufragOf({ candidate: 'candidate:1 1 udp 1 192.0.2.1 1 typ host' })).toBeUndefined();
  });

  it('knows a candidate that it holds, whatever extensions the event added', () => {
    const held = `${sdp}a=candidate:7 1 udp 9 192.0.2.7 5007 typ host generation 0\r\n`;
    expect(
      holdsCandidate(held, 'candidate:7 1 udp 9 192.0.2.7 5007 typ host generation 0 ufrag uf'),
    ).toBe(true);
    expect(holdsCandidate(held, 'candidate:7 1 udp 9 192.0.2.7 5008 typ host')).toBe(false);
  });
});
